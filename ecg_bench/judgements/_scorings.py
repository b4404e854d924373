"""From the verdicts of a judge to the scores of a run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import fsum, nan
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench._version import VERSION
from ecg_bench.evaluation import Run
from ecg_bench.judgements._answers import StoredAnswer, StoredAnswers
from ecg_bench.judgements._rubric import Rubric
from ecg_bench.judging import Judge
from ecg_bench.metrics import DRAWS, few_clusters
from ecg_bench.runs import BoundsRecord, EstimateRecord, ScoredTaskRecord, ScoringRecord, Scorings, now
from ecg_bench.samples import Outcome
from ecg_bench.statistics import bootstrap_sums, wilson, with_width

CONFIDENCE = 0.95
NO_ANSWER = "no_answer"
NOT_ASKED = "not_asked"
UNVALIDATED = (
    "no human rating was compared with these verdicts: how far this judge can be trusted is not known, and where its "
    "errors differ between systems it can order them wrongly"
)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Opinion:
    """What a judge said of one answer, in all its repetitions.

    Attributes
    ----------
    scores : mapping of str to float
        The mean over the verdicts that could be read; empty if there are none.
    levels : mapping of str to str
        The most frequent level; none where two are as frequent.
    state : str
        ``ok``, ``no_answer``, or what became of the last verdict: ``judge_unparsed``, ``judge_error`` and so on.
    """

    scores: Mapping[str, float]
    levels: Mapping[str, str]
    state: str


Opinions = Mapping[str, Sequence[tuple[StoredAnswer, Opinion]]]  # by task


def opinions_of(judge: Judge, judgement: Run, answers: StoredAnswers) -> Opinions:
    """Return what a judge said of each answer of a run; answers that were not drawn under a limit are left out."""
    rubric = Rubric.of(judge)
    verdicts = _verdicts(judgement)
    drawn = judgement.header.settings["limit"] is not None
    found: dict[str, list[tuple[StoredAnswer, Opinion]]] = {}
    for task, some in answers.by_task.items():
        pairs = [(one, _opinion(rubric, one, verdicts.get((task, one.case)), answers.system)) for one in some]
        found[task] = [pair for pair in pairs if not drawn or pair[1].state != NOT_ASKED]
    return found


def write_scoring(
    judge: Judge,
    answers: StoredAnswers,
    opinions: Opinions,
    *,
    name: str,
    source: Mapping[str, Any],
    seed: int,
    notices: Sequence[str] = (),
) -> ScoringRecord:
    """Add opinions to the run whose answers they are about.

    Parameters
    ----------
    judge : Judge
        By which rubric.
    answers : StoredAnswers
        The run.
    opinions : mapping
        As `opinions_of` returns them.
    name : str
        What the scoring is called.
    source : mapping
        Who judged, and how; its signature among it.
    seed : int
        Of the resampling.
    notices : sequence of str
        What should be known before the numbers are used.
    """
    rubric = Rubric.of(judge)
    record = ScoringRecord(
        name=name,
        kind="judge",
        ecg_bench=VERSION,
        fingerprint=answers.run.header.fingerprint,
        samples_sha256=answers.sha256,
        made=now(),
        source={
            "judge": judge.name,
            "version": judge.card.version,
            "protocol": judge.card.protocol,
            "levels": rubric.levels,
            **source,
        },
        tasks={task: _summary(rubric, name, some, seed, source["signature"]) for task, some in opinions.items()},
        notices=[UNVALIDATED, *_few(opinions), *notices],
    )
    columns = ["state", *rubric.scores, *(f"{criterion}_level" for criterion in rubric.levels)]
    Scorings(answers.run).write(record, columns, _rows(rubric, opinions))
    return record


def _few(opinions: Opinions) -> list[str]:
    return [
        notice
        for task, some in opinions.items()
        for notice in few_clusters(task, len({one.group or one.place[1] for one, _ in some}))
    ]


def _rows(rubric: Rubric, opinions: Opinions) -> Iterator[list[Any]]:
    for some in opinions.values():
        for answer, one in some:
            scores = [f"{one.scores[name]:.9g}" if name in one.scores else "" for name in rubric.scores]
            yield [*answer.place, one.state, *scores, *(one.levels.get(name, "") for name in rubric.levels)]


def _verdicts(judgement: Run) -> dict[tuple[str, str], list[dict[str, Any]]]:
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for sample in judgement.samples():
        verdict = json.loads(sample["parsed"]) if sample["outcome"] == Outcome.OK else None
        found.setdefault((sample["task"], sample["id"]), []).append({"outcome": sample["outcome"], "verdict": verdict})
    return found


def _opinion(rubric: Rubric, answer: StoredAnswer, found: Sequence[dict[str, Any]] | None, system: str) -> Opinion:
    if not answer.judged:
        return Opinion(rubric.without_answer, rubric.levels_without_answer, NO_ANSWER)
    if found is None:
        return Opinion({}, {}, NOT_ASKED)
    read = [one["verdict"][system] for one in found if one["verdict"] is not None]
    if not read:
        return Opinion({}, {}, f"judge_{found[-1]['outcome']}")
    scores = {name: fsum(one["scores"][name] for one in read) / len(read) for name in rubric.scores}
    levels = {}
    for name in rubric.levels:
        (first, n), *others = Counter(one["levels"][name] for one in read).most_common()
        if not others or others[0][1] < n:
            levels[name] = first
    return Opinion(scores, levels, "ok")


def _summary(
    rubric: Rubric, scoring: str, judged: Sequence[tuple[StoredAnswer, Opinion]], seed: int, signature: str
) -> ScoredTaskRecord:
    opinions = [one for _, one in judged]
    clusters = np.unique([one.group or f"\0{one.place[1]}" for one, _ in judged], return_inverse=True)[1]
    columns = dict(_columns(rubric, scoring, opinions))
    repeated = len({one.place[1] for one, _ in judged}) < len(judged)
    metrics, bounds = {}, {}
    for name, values in columns.items():
        there = ~np.isnan(values)
        if not there.any():
            continue
        statistics = np.column_stack([np.where(there, values, 0.0), there])
        share = ":" in name and not repeated
        metrics[name] = _estimate(name, statistics, clusters, seed, signature, wilson_s=share)
        missing = int((~there).sum())
        if missing:
            total, n = float(statistics[:, 0].sum()), len(values)
            bounds[name] = BoundsRecord(worst=total / n, best=(total + missing) / n)
    states = Counter(one.state for one in opinions if one.state != "ok")
    return ScoredTaskRecord(n=len(judged), metrics=metrics, flags=dict(sorted(states.items())), bounds=bounds)


def _columns(rubric: Rubric, scoring: str, opinions: Sequence[Opinion]) -> Iterator[tuple[str, Floats]]:
    """Yield each score, and the share of each level, with NaN where there is no readable verdict."""
    for name in rubric.scores:
        own = metric_name(rubric, scoring, name)
        yield own, np.array([one.scores.get(name, nan) for one in opinions])
        for level in rubric.levels.get(name, ()):
            yield (
                f"{own}:{level}",
                np.array([float(one.levels[name] == level) if name in one.levels else nan for one in opinions]),
            )


def metric_name(rubric: Rubric, scoring: str, criterion: str) -> str:
    """Return what a judge's score is called in the results."""
    return scoring if len(rubric.scores) == 1 else f"{scoring}.{criterion}"


def _estimate(
    name: str, statistics: Floats, clusters: npt.NDArray[np.integer[Any]], seed: int, signature: str, *, wilson_s: bool
) -> EstimateRecord:
    """Return a mean with its interval: Wilson's for the share of a level where each answer was judged for itself."""
    total, n = (float(one) for one in statistics.sum(axis=0))
    if wilson_s:
        low, high = wilson(total, n, CONFIDENCE)
        method, resampling = "wilson", ""
    else:
        sums = bootstrap_sums(statistics, clusters, draws=DRAWS, seed=seed)
        sums = sums[sums[:, 1] > 0]  # a resample without a single verdict has no mean
        low, high = np.quantile(sums[:, 0] / sums[:, 1], [0.5 - CONFIDENCE / 2, 0.5 + CONFIDENCE / 2]).tolist()
        groups = len(np.unique(clusters[statistics[:, 1] > 0]))
        low, high, method = with_width(total / n, low, high, groups, confidence=CONFIDENCE)
        resampling = f"|draws:{DRAWS}|draw_seed:{seed}|numpy:{np.__version__}"
    return EstimateRecord(
        value=total / n,
        low=low,
        high=high,
        method=method,
        confidence=CONFIDENCE,
        n=n,
        signature=f"{name}|{signature}{resampling}",
    )
