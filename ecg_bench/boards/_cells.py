"""One system on one layer: its value, interval and outcomes, and how they were computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from statistics import stdev

import numpy as np

from ecg_bench.boards._columns import Codes, Column, Floats
from ecg_bench.boards._records import CellRecord, ReplicatesRecord
from ecg_bench.boards._rows import Row
from ecg_bench.runs import EstimateRecord
from ecg_bench.statistics import ALL_EQUAL, bootstrap_ratio, clustered_mean

DRAWS = 10_000
INTERVALS = {
    "wilson": "Wilson's score interval",
    "cluster bootstrap": "percentile bootstrap over groups of samples",
    ALL_EQUAL: "Wilson's score interval on the number of groups, since all of them are equal",
}


def cell(
    row: Row,
    task: str,
    metric: str,
    columns: Sequence[Column],
    scores: tuple[Codes, Floats],
    clusters: Codes,
    *,
    outcomes: Mapping[str, int],
    ranks: tuple[int, int] | None,
    letters: Sequence[str],
    mean: float | None,
    marks: Sequence[str],
) -> CellRecord:
    """Return a cell.

    Parameters
    ----------
    row : Row
        The system.
    task, metric : str
        The layer.
    columns : sequence of Column
        The scores of each of its runs on this task.
    scores : (array of int, array of float)
        Its samples, and the mean score of each over all runs.
    clusters : array of int, shape (samples,)
        Of these samples.
    outcomes : mapping
        How its answers ended.
    ranks, letters
        What the tests leave open; none where it is not ranked.
    mean : float or None
        Its mean on the common samples.
    marks : sequence of str
        Codes of what must be known.
    """
    first = columns[0]
    repeated = len(columns) > 1
    estimate = _over_runs(columns, scores[1], clusters) if repeated else first.estimate
    runs = row.on(task)
    values = [one.estimate.value for one in columns]
    levels: dict[str, int] = {}
    for one in columns:
        for level, n in (one.levels or {}).items():
            levels[level] = levels.get(level, 0) + n
    return CellRecord(
        system=row.name,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        method=estimate.method,
        n=round(estimate.n),
        samples=len(scores[0]) or runs[0].results.tasks[task].samples,
        clusters=len(np.unique(clusters)),
        signature=estimate.signature,
        how=_how(first, metric, estimate, len(columns), mean),
        outcomes=dict(outcomes),
        parsed=None if repeated else runs[0].results.tasks[task].metrics.get(f"{metric}_parsed"),
        bounds=None if repeated else first.bounds,
        replicates=ReplicatesRecord(
            runs=len(columns),
            seeds=[int(run.header.settings["seed"]) for run in runs],
            values=values,
            spread=stdev(values) if repeated else None,
        )
        if repeated
        else None,
        levels=levels,
        rank_low=None if ranks is None else ranks[0],
        rank_high=None if ranks is None else ranks[1],
        letters=list(letters),
        marks=list(dict.fromkeys(marks)),
    )


def _over_runs(columns: Sequence[Column], values: Floats, clusters: Codes) -> EstimateRecord:
    """Return the mean over several runs, with the spread between samples of their mean scores.

    What the runs differ by is part of each sample's mean score, and so of its spread: repetitions lower the variance
    within samples and add no sample (Miller 2024, section 3.1).
    """
    first = columns[0]
    if not len(values):
        return first.estimate
    mean = float(values.mean())
    low, high, method = None, None, ""
    if first.domain is not None:
        least, most = first.domain
        one = clustered_mean((values - least) / (most - least), clusters)
        if one.low is not None and one.high is not None:
            low, high, method = least + one.low * (most - least), least + one.high * (most - least), one.method
    if low is None or high is None:
        low, high = bootstrap_ratio(values, np.ones(len(values)), clusters, draws=DRAWS, seed=0)
        method = "cluster bootstrap"
    answers = sum(float(one.answers.sum()) for one in columns)
    signatures = " + ".join(one.estimate.signature for one in columns)
    return EstimateRecord(
        value=mean, low=low, high=high, method=method, confidence=0.95, n=answers, signature=signatures
    )


def _how(column: Column, metric: str, estimate: EstimateRecord, runs: int, mean: float | None) -> str:
    interval = INTERVALS.get(estimate.method, estimate.method)
    what = {
        "multiple choice": "Right answers among all that were asked for; what can't be read counts as wrong.",
        "ECG": "What was read in ECGs, against the labels or answers of the data; what can't be read counts as wrong.",
        "open answers": "Share of the requests that brought an answer.",
        "retrieval": "Share of the answers that rest on the passage which the question stems from.",
        "text metric": "Overlap with the reference answer; it rewards style too, and says nothing of correctness.",
        "judge": "Mean of what the judge said of each answer, its errors included.",
    }.get(column.kind, "")
    if ":" in metric:
        what = "Share of answers at the judge's highest level, its errors included."
    parts = [what, f"95 % interval: {interval}."]
    if runs > 1:
        parts.append(f"Mean over {runs} runs under different seeds, averaged by sample first.")
    if mean is not None and abs(mean - estimate.value) > 5e-7:
        parts.append(f"On the samples common to all ranked systems: {mean:.3f}.")
    if column.kind == "text metric" and not isnan(column.words):
        parts.append(f"Answers have {column.words:.0f} words on average.")
    return " ".join(part for part in parts if part)
