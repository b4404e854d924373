"""What a reader must know before using the numbers: each warning with the finding that triggers it.

Thresholds without a source are this project's own choices; they are named here and nowhere else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from ecg_bench.agreement._compare import Side, find, passes
from ecg_bench.agreement._design import SKEWED_P, Skew, skew
from ecg_bench.agreement._gold import Gold
from ecg_bench.agreement._panel import Column, Panel
from ecg_bench.agreement._records import (
    CorrectionRecord,
    HumansRecord,
    JudgeRecord,
    Sampling,
    WarningRecord,
)
from ecg_bench.judging import families_of

FEW_ITEMS = 30
FEW_PER_CLASS = 20
FEW_PER_VERDICT = 5
FEW_CLUSTERS = 30
LOW_OVERLAP = 0.5
DOMINANT = 0.85
PARADOX = 0.2
WEAK_YOUDEN = 0.3
HOMOGENEITY_P = 0.05
SIGNIFICANT = 0.05
SHOWN = 10  # of a list of answers

Severity = Literal["note", "caution", "serious"]


def _warn(code: str, severity: Severity, message: str, **data: Any) -> WarningRecord:
    return WarningRecord(code=code, severity=severity, message=message, data=data)


def _listed(names: Collection[str]) -> str:
    shown = list(names)[:SHOWN]
    return ", ".join(shown) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def of_ratings(panel: Panel, gold: Gold, humans: HumansRecord, sampling: Sampling) -> Iterator[WarningRecord]:
    """Yield what the human ratings themselves leave open."""
    rated = ~np.isnan(gold.levels)
    n, groups = int(rated.sum()), len(np.unique(panel.clusters[rated]))
    if n < FEW_ITEMS:
        yield _warn(
            "FEW_ITEMS",
            "serious",
            f"only {n} answers are rated: intervals are wide, and may be too narrow all the same",
            n=n,
        )
    if groups < FEW_CLUSTERS:
        message = f"the rated answers belong to {groups} independent questions or passages: few for any interval"
        yield _warn("FEW_CLUSTERS", "caution", message, clusters=groups)
    if len(panel.humans) == 1:
        name = panel.humans[0].name
        message = f"agreement is with one person, {name}: how far humans agree, which is the ceiling, is not known"
        yield _warn("SINGLE_RATER", "caution", message, rater=name)
    if not humans.repeats:
        message = "no answer was rated twice by one rater, so it is not known how far a rater agrees with themselves"
        yield _warn("NO_REPEATS", "note", message)
    if sampling == "unknown":
        message = (
            "it is not known how the rated answers were chosen: sensitivity, specificity and the coefficients speak of "
            "the rated answers only; corrected scores allow for a choice by verdict, and for no other"
        )
        yield _warn("UNKNOWN_SAMPLING", "caution", message)
    if panel.response_sets:
        message = (
            f"{len(panel.response_sets)} ratings name more than one level and are in no statistic of single levels"
        )
        yield _warn(
            "DOUBLE_MARKS", "note", f"{message}: {_listed(panel.response_sets)}", answers=[*panel.response_sets]
        )
    if panel.misaligned:
        message = "the text of an answer differs between ratings and verdicts, which may be about different answers"
        yield _warn("MISALIGNED_IDS", "serious", f"{message}: {_listed(panel.misaligned)}", answers=[*panel.misaligned])
    same = [item for item, count in _items(panel, rated).items() if count > 1]
    if same:
        message = f"{len(same)} texts were given by several systems as the answer to one question"
        message += " and count once for each: they are no independent evidence"
        yield _warn("DUP_ITEMS", "note", message, items=same)
    if len(np.unique(gold.levels[rated])) == 1:
        level = panel.scale.levels[int(gold.levels[rated][0])]
        message = f"all {n} rated answers have the level {level!r}: no coefficient is defined"
        yield _warn("ONE_CLASS", "serious", message, who="human", level=level, n=n)
    elif unused := [name for place, name in enumerate(panel.scale.levels) if not (gold.levels == place).any()]:
        message = f"no rated answer has the level {_listed(unused)}: weights are those of the whole scale all the same"
        yield _warn("UNUSED_LEVEL", "note", message, levels=unused)


def _items(panel: Panel, rated: np.ndarray[Any, np.dtype[np.bool_]]) -> Counter[str]:
    """Count how many systems gave each text."""
    pairs = {(panel.items[n], panel.units[n].system) for n in np.flatnonzero(rated) if panel.items[n]}
    return Counter(item for item, _ in pairs)


def of_judge(
    panel: Panel, gold: Gold, column: Column, record: JudgeRecord, sampling: Sampling
) -> Iterator[WarningRecord]:
    """Yield what limits a comparison of a judge with humans."""
    name = column.name
    rated, judged = ~np.isnan(gold.levels), ~np.isnan(column.scores)
    both = rated & judged
    n = int(both.sum())
    yield from _overlap(panel, name, rated, judged)
    if column.unread:
        share = column.unread / int(column.shown.sum())
        total = float(np.nansum(column.scores))
        worst, best = total / int(column.shown.sum()), (total + column.unread) / int(column.shown.sum())
        message = (
            f"{column.unread} verdicts of {name} ({share:.1%}) could not be read and are in no statistic; its mean "
            f"score lies between {worst:.3f} and {best:.3f}"
        )
        severity: Severity = "serious" if share > 0.05 else "caution"
        yield _warn("JUDGE_PARSE_FAIL", severity, message, judge=name, n=column.unread, worst=worst, best=best)
    if not n:
        return
    if len(np.unique(column.scores[both])) == 1:
        message = f"{name} gives all {n} rated answers the same level: no coefficient is defined"
        yield _warn("ONE_CLASS", "serious", message, who=name, n=n)
    yield from _at_top(panel, gold, column, record, both)
    if sampling != "stratified":  # whose probabilities are known, and allowed for
        yield from _skewed(name, skew(panel, gold, column))


def _overlap(panel: Panel, name: str, rated: Any, judged: Any) -> Iterator[WarningRecord]:
    there = int(rated.sum())
    both = int((rated & judged).sum())
    missing = [f"{panel.units[n].system}: {panel.units[n].question}" for n in np.flatnonzero(rated & ~judged)]
    if there and not both:
        systems = {panel.units[n].system for n in np.flatnonzero(rated)}
        others = {panel.units[n].system for n in np.flatnonzero(judged)}
        message = (
            f"no rated answer was judged by {name}: ratings are of {_listed(sorted(systems))}, verdicts of "
            f"{_listed(sorted(others))}; where one system has two names, rename one (ratings import --system-map)"
        )
        yield _warn("NO_OVERLAP", "serious", message, judge=name)
    elif both < LOW_OVERLAP * there:
        message = f"{name} judged only {both} of {there} rated answers; without a verdict: {_listed(missing)}"
        yield _warn("LOW_OVERLAP", "caution", message, judge=name, rated=there, judged=both, missing=missing)


def _at_top(panel: Panel, gold: Gold, column: Column, record: JudgeRecord, both: Any) -> Iterator[WarningRecord]:
    """Yield what is seen at the highest threshold, that of an answer which is right."""
    name, q, n = column.name, len(panel.scale), int(both.sum())
    human = gold.levels[both] >= q - 1
    verdict = passes(Side.of(column), panel, q - 1)
    judge = verdict[both] == 1
    right, wrong = int(human.sum()), int((~human).sum())
    top = panel.scale.levels[-1]
    if min(right, wrong) < FEW_PER_CLASS:
        message = (
            f"humans rated {right} answers {top!r} and {wrong} lower: below {FEW_PER_CLASS} of either, error rates of "
            f"{name} are hardly known"
        )
        yield _warn("FEW_ITEMS", "caution", message, judge=name, positive=right, negative=wrong)
    if 0 < min(int(judge.sum()), int((~judge).sum())) < FEW_PER_VERDICT:
        message = f"{int(judge.sum())} rated answers passed {name} and {int((~judge).sum())} failed: too few of a kind"
        yield _warn("FEW_ITEMS", "caution", message, judge=name, passed=int(judge.sum()), failed=int((~judge).sum()))
    share = max(right, wrong) / n
    stats = record.with_gold.thresholds[-1].stats
    kappa, ac1 = find(stats, "kappa").value, find(stats, "ac1").value
    apart = abs(kappa - ac1) if kappa is not None and ac1 is not None else 0.0
    if share > DOMINANT or apart > PARADOX:
        message = (
            f"{share:.0%} of the rated answers fall on one side of {top!r}: kappa and AC1 answer different questions "
            "there (whether the rare side is recognised; how often both agree), so read both"
        )
        yield _warn("PREVALENCE", "caution", message, judge=name, share=share, kappa=kappa, ac1=ac1)
    youden = find(stats, "youden")
    if youden.value is not None and (youden.value < WEAK_YOUDEN or (youden.low is not None and youden.low <= 0)):
        message = (
            f"{name} hardly tells right from wrong answers (Youden's J {youden.value:.2f}): its verdicts can't be "
            "corrected by sensitivity and specificity"
        )
        yield _warn("WEAK_JUDGE", "serious", message, judge=name, youden=youden.value)
    if record.homogeneity is not None:
        yield from _heterogeneous(name, record.homogeneity)


def _heterogeneous(name: str, found: Mapping[str, Any]) -> Iterator[WarningRecord]:
    if found["p"] < HOMOGENEITY_P:
        message = (
            f"the error rates of {name} differ between systems (p = {found['p']:.3f}): its raw scores can order "
            "systems wrongly"
        )
        yield _warn("DELTA_J", "serious", message, judge=name, **found)
    if min(found["p_sensitivity"], found["p_specificity"]) <= found["floor"]:
        message = (
            f"the test of the error rates of {name} gave the least p that its draws can give, {found['floor']:.2g}: "
            "the true one is smaller, and must not be adjusted for many tests"
        )
        yield _warn("MC_RESOLUTION", "note", message, judge=name, floor=found["floor"])


def _skewed(name: str, found: Skew | None) -> Iterator[WarningRecord]:
    if found is not None and found.p < SKEWED_P:
        message = (
            f"{name} passes {found.rated:.0%} of the rated answers and {found.judged:.0%} of all (p = {found.p:.2g}): "
            "the rated answers are no random sample, and scores are corrected within each verdict"
        )
        yield _warn("SKEWED_SAMPLE", "caution", message, judge=name, rated=found.rated, all=found.judged, p=found.p)


def of_models(
    judges: Sequence[str], systems: Sequence[str], models: Mapping[str, str], listwise: Collection[str]
) -> Iterator[WarningRecord]:
    """Yield what the names of the models give away."""
    for judge in judges:
        if judge in listwise:
            message = f"{judge} saw all answers to a question in one call: a verdict depends on the others shown"
            yield _warn("LISTWISE_JUDGE", "caution", message, judge=judge)
        own = families_of(models.get(judge, judge))
        same = [name for name in systems if own & families_of(f"{models.get(name, '')} {name}")]
        if same:
            message = (
                f"{judge} and {_listed(same)} look like one family of models: judges are known to prefer their own"
            )
            yield _warn("SAME_FAMILY", "caution", message, judge=judge, systems=same)


def of_tuning(panel: Panel, gold: Gold, tuned_on: Collection[str]) -> Iterator[WarningRecord]:
    """Yield whether rated answers were used in making the judge."""
    rated = np.flatnonzero(~np.isnan(gold.levels))
    seen = sorted({panel.units[n].question for n in rated} & set(tuned_on))
    if seen:
        message = f"the judge was made with {len(seen)} of the rated questions, on which it looks better than it is"
        yield _warn("TUNED_ON_TEST", "serious", f"{message}: {_listed(seen)}", questions=seen)


def of_corrections(records: Sequence[CorrectionRecord]) -> Iterator[WarningRecord]:
    """Yield what limits the corrected leaderboards of all judges."""
    unresolved: dict[str, list[str]] = {}
    for one in records:
        borrowed = [system.system for system in one.systems if system.corrected.method == "rogan_gladen_lee"]
        if borrowed:
            message = (
                f"{one.judge}, {one.target}: nobody rated answers of {_listed(borrowed)}, whose scores are corrected "
                "by error rates found on other systems; if theirs differ, these are wrong"
            )
            yield _warn("BORROWED_CALIBRATION", "serious", message, judge=one.judge, systems=borrowed)
        if _unresolved(one):
            unresolved.setdefault(one.judge, []).append(one.target)
    for judge, targets in unresolved.items():
        message = f"{judge}: no two neighbours can be told apart by {_listed(targets)}; read the groups (letters)"
        yield _warn("RANK_UNRESOLVED", "note", message, judge=judge, targets=targets)


def _unresolved(record: CorrectionRecord) -> bool:
    """Whether no system can be told from the next one."""
    ranked = [one for one in record.systems if one.rank_low is not None]
    p = {frozenset((one.first, one.second)): one.p_holm for one in record.comparisons}
    neighbours = [frozenset((a.system, b.system)) for a, b in pairwise(ranked)]
    return bool(neighbours) and all(p.get(pair, 1.0) >= SIGNIFICANT for pair in neighbours)
