"""The scores that one run holds of one task: a column for each layer, a value for each sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import nan
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.boards._records import LayerKind
from ecg_bench.evaluation import Run
from ecg_bench.label_metrics import OVERALL, RANKED
from ecg_bench.metrics import METRICS
from ecg_bench.runs import (
    BoundsRecord,
    EstimateRecord,
    ScoreTable,
)

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Column:
    """One run's scores of one task by one metric.

    Attributes
    ----------
    kind : LayerKind
        The layer of evaluation.
    main : bool
        Whether it is a column of the first table.
    domain : (float, float) or None
        Least and greatest value that there can be.
    index : array of int, shape (samples,)
        Positions of the samples in the task's data, ascending; samples without a score are left out.
    totals, answers : array of float, shape (samples,)
        Sum of the scores of each sample's answers, and their number. Empty where single answers have no score.
    estimate : EstimateRecord
        Of the run.
    recipe : str
        What must be equal for two systems' scores to be comparable: judge, model and prompt, or the metric's options.
    bounds : BoundsRecord or None
        Where the value would lie if what is missing were all wrong, or all right.
    levels : mapping of str to int
        How often a judge gave each level.
    words : float
        Mean length of the answers in words; NaN where nobody counted.
    judge : str
        The judging model; empty for others.
    """

    kind: LayerKind
    main: bool
    domain: tuple[float, float] | None
    index: Codes
    totals: Floats
    answers: Floats
    estimate: EstimateRecord
    recipe: str
    bounds: BoundsRecord | None = None
    levels: Mapping[str, int] | None = None
    words: float = nan
    judge: str = ""

    @cached_property
    def values(self) -> Floats:
        """The mean score of each sample, shape (samples,)."""
        means: Floats = self.totals / np.maximum(self.answers, 1)
        return means


def own_columns(run: Run, task: str) -> Iterator[tuple[str, Column]]:
    """Yield the scores that a run gave its answers itself, by their metric."""
    result, table = run.results.tasks[task], run.scores[task]
    record = next(one for one in run.header.tasks if one.name == task)
    kind: LayerKind = "open answers"
    if record.type == "multiple_choice":
        kind = "multiple choice"
    elif result.main_metric != "answered":
        kind = "ECG"
    for name in dict.fromkeys([result.main_metric, *table.scores]):
        if name not in METRICS or name not in result.metrics:
            continue
        statistics = METRICS[name].statistics(table)
        main = name == result.main_metric
        yield (
            name,
            Column(
                kind=kind,
                main=main and kind != "open answers",
                domain=(0.0, 1.0),
                **by_sample(table.index, statistics.numerator, statistics.denominator),
                estimate=result.metrics[name],
                recipe="",
                bounds=result.bounds if main else None,
            ),
        )

    # Of all answers together, so that no test can be made of them.
    nothing = np.empty(0)
    for name in (*OVERALL, *RANKED):
        if name in result.metrics:
            yield (
                name,
                Column(
                    kind=kind,
                    main=False,
                    domain=(0.0, 1.0),
                    index=nothing.astype(np.int64),
                    totals=nothing,
                    answers=nothing,
                    estimate=result.metrics[name],
                    recipe="",
                ),
            )


def by_sample(index: Codes, totals: Floats, answers: Floats) -> dict[str, Any]:
    """Return the scores of answers summed up by sample, as a `Column` takes them."""
    places, units = np.unique(index, return_inverse=True)
    sums = np.bincount(units, totals, len(places)), np.bincount(units, answers, len(places))
    there = sums[1] > 0
    return {"index": places[there], "totals": sums[0][there], "answers": sums[1][there]}


def clusters_of(tables: Iterable[ScoreTable], index: Codes) -> Codes:
    """Return the cluster of each of some samples, numbered from 0 without gaps.

    Parameters
    ----------
    tables : iterable of ScoreTable
        Of one task's data: a sample's group is that of the first table that holds it.
    index : array of int, shape (samples,)
        Positions in the data. A sample without a group, or in none of the tables, is a cluster of its own.
    """
    names = np.array([f"\0{place}" for place in index.tolist()], dtype=object)
    known = np.zeros(len(index), dtype=np.bool_)
    for table in tables:
        places, first = np.unique(table.index, return_index=True)
        at = np.minimum(np.searchsorted(places, index), len(places) - 1)
        new = (places[at] == index) & ~known
        group = table.labels["group"]
        own = np.array(group.values, dtype=object)[group.codes[first][at]]
        names = np.where(new & (own != ""), own, names)
        known |= new
        if known.all():
            break
    return np.unique(names.astype(str), return_inverse=True)[1]
