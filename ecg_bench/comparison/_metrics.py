"""One metric on one task: values, difference, test, changes, slices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecg_bench.comparison._changes import Scored, changed_samples, count_changes
from ecg_bench.comparison._pairs import Pairs
from ecg_bench.comparison._reading import Side
from ecg_bench.comparison._records import DifferenceRecord, Direction, MetricRecord, Verdict
from ecg_bench.comparison._slices import drivers, slices
from ecg_bench.comparison._test import ALPHA, PairedTest, paired_test
from ecg_bench.comparison._words import ends, p_value, signed
from ecg_bench.metrics import METRICS, STATEMENT_SCORES
from ecg_bench.runs import BoundsRecord
from ecg_bench.text_metrics import TEXT_METRICS

# Metrics to which a request that ended in an error adds 0 and not 1.
BOUNDED = ("acc", "acc_norm", "answered", "set_f1", "acc_ecgqa_official", *STATEMENT_SCORES)


@dataclass(frozen=True)
class Measured:
    """A metric on a task before p-values are adjusted.

    Attributes
    ----------
    metric : str
        Its name.
    main, tested : bool
        Whether it is the task's main metric, and whether it is tested; it isn't where only a condition asks for it.
    scored : Scored
        The scores of the samples that have one in both runs.
    unscored : int
        Common samples that have none in one of them.
    test : PairedTest
        What was found.
    """

    metric: str
    main: bool
    tested: bool
    scored: Scored
    unscored: int
    test: PairedTest


def measure(
    metric: str, task: str, sides: tuple[Side, Side], pairs: Pairs, *, main: bool, tested: bool, seed: int
) -> Measured | None:
    """Compare the scores of a metric on a task; None where a run has none of single samples."""
    old, new = sides[0].scores(task, metric, pairs.before), sides[1].scores(task, metric, pairs.after)
    if old is None or new is None:
        return None
    places = np.flatnonzero(~np.isnan(old) & ~np.isnan(new))
    if not len(places):
        return None
    direction, binary = _kind(metric, sides[1])
    scored = Scored(places, old[places], new[places], direction, binary)
    test = paired_test(scored.before, scored.after, pairs.clusters[places], seed)
    return Measured(metric, main, tested, scored, len(pairs) - len(places), test)


def _kind(metric: str, side: Side) -> tuple[Direction, bool]:
    """Return which way is better, and whether each answer is right or wrong by a metric."""
    if metric in METRICS:
        return "lower" if metric.startswith("rate_") else "higher", METRICS[metric].binary
    scoring = side.added[metric].scoring
    if scoring.kind == "judge":
        levels = scoring.source.get("levels", {}).get(side.added[metric].column, {})
        return "higher", bool(levels) and set(levels.values()) <= {0, 1}
    describes = scoring.name in TEXT_METRICS.targets() and TEXT_METRICS.get(scoring.name).diagnostic
    return "none" if describes else "higher", False


def metric_record(
    one: Measured, task: str, sides: tuple[Side, Side], pairs: Pairs, p_holm: float | None
) -> MetricRecord:
    """Return what is said about a metric on a task.

    Parameters
    ----------
    one : Measured
        What was measured.
    task : str
        On which task.
    sides, pairs
        The runs and their common samples.
    p_holm : float or None
        The adjusted p-value; None where it was not tested.
    """
    scored, test = one.scored, one.test
    difference = DifferenceRecord(
        value=test.value,
        low=test.low,
        high=test.high,
        interval=test.interval,
        p=test.p if one.tested else None,
        p_holm=p_holm,
        test=test.test if one.tested else "",
        floor=test.floor if one.tested else None,
        detectable=test.detectable,
        n=test.n,
        clusters=test.clusters,
    )
    changes = count_changes(scored)
    moved = bool(changes.rose or changes.fell)
    verdict = _verdict(difference, scored.direction, moved=moved)
    results = [side.results.tasks[task] for side in sides]
    found = slices(scored, pairs) if one.tested else []
    return MetricRecord(
        metric=one.metric,
        main=one.main,
        direction=scored.direction,
        before=results[0].metrics[one.metric],
        after=results[1].metrics[one.metric],
        common_before=float(scored.before.mean()),
        common_after=float(scored.after.mean()),
        difference=difference,
        bounds=_bounds(one, task, sides, pairs),
        changes=changes,
        repeated=max(result.repeats for result in results) > 1,
        unscored=one.unscored,
        verdict=verdict,
        sentence=_sentence(one, difference, verdict),
        slices=found,
        drivers=drivers(found, test.value),
        samples=changed_samples(one.metric, scored, pairs, (sides[0].tables[task], sides[1].tables[task])),
    )


def _verdict(difference: DifferenceRecord, direction: Direction, *, moved: bool) -> Verdict:
    if not moved:
        return "nothing changed"
    if difference.p_holm is None:
        return "not tested"
    if difference.p_holm >= ALPHA:
        return "not separable"
    rises = difference.value > 0
    if direction == "none":
        return "higher" if rises else "lower"
    return "better" if rises == (direction == "higher") else "worse"


def _sentence(one: Measured, difference: DifferenceRecord, verdict: Verdict) -> str:
    before, after = float(one.scored.before.mean()), float(one.scored.after.mean())
    if verdict == "nothing changed":
        return f"{one.metric} {after:.3f}, and no sample has another score than before"
    by = f"{signed(difference.value)}, 95 % interval {ends(difference.low, difference.high)}"
    p = "" if difference.p_holm is None else f", p (Holm) {p_value(difference.p_holm)}"
    said = f"{one.metric} from {before:.3f} to {after:.3f}: {verdict} ({by}{p})"
    if verdict != "not separable":
        return said
    if difference.floor is not None and difference.floor >= ALPHA:
        return f"{said}; so few samples changed that no test could tell"
    if difference.detectable is None:
        return said
    return f"{said}; the least true difference that these samples show with 80 % power is {difference.detectable:.3f}"


def _bounds(one: Measured, task: str, sides: tuple[Side, Side], pairs: Pairs) -> BoundsRecord | None:
    """Return where the difference would lie had all requests that ended in errors been wrong, or right."""
    if one.metric not in BOUNDED:
        return None
    rates = [
        side.scores(task, "rate_error", positions)
        for side, positions in zip(sides, (pairs.before, pairs.after), strict=True)
    ]
    before, after = (0.0 if rate is None else float(rate[one.scored.places].mean()) for rate in rates)
    if not before and not after:
        return None
    return BoundsRecord(worst=one.test.value - before, best=one.test.value + after)
