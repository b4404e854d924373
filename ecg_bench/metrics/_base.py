"""Metrics as sufficient statistics, and their intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ecg_bench.runs import ScoreTable
from ecg_bench.statistics import bootstrap_ratio, wilson

Floats = npt.NDArray[np.float64]

CONFIDENCE = 0.95
DRAWS = 10_000
FEW_CLUSTERS = 30  # with fewer, the percentile bootstrap gives intervals that are too narrow


@dataclass(frozen=True)
class Statistics:
    """Numerator and denominator of each row, shape (rows,)."""

    numerator: Floats
    denominator: Floats


@dataclass(frozen=True)
class Metric:
    """A ratio over the rows of a table.

    Parameters
    ----------
    name : str
        As in ``results.json``.
    statistics : callable
        Reduces a table to its statistics.
    binary : bool
        Whether the statistics of every row are 0 or 1.
    version : int
        Raised when the definition changes.
    """

    name: str
    statistics: Callable[[ScoreTable], Statistics]
    binary: bool = True
    version: int = 1


@dataclass(frozen=True)
class Estimate:
    """A value with its interval.

    Attributes
    ----------
    value, low, high : float
        The ratio and the ends of its interval.
    method : str
        ``wilson`` or ``cluster bootstrap``.
    confidence : float
        Of the interval.
    n : float
        The denominator.
    """

    value: float
    low: float
    high: float
    method: str
    confidence: float
    n: float


def few_clusters(what: str, clusters: int) -> list[str]:
    """Return a warning if an interval rests on few independent answers, else nothing."""
    if clusters >= FEW_CLUSTERS:
        return []
    return [f"{what}: {clusters} independent groups of answers are few: the bootstrap's intervals are too narrow"]


class Tally:
    """Sums a metric over the parts of a table, so that memory doesn't grow with its rows.

    The interval is Wilson's where each sample makes one row of 0 or 1, else the percentile bootstrap over clusters, of
    which the sums are kept.

    Parameters
    ----------
    metric : Metric
        What is summed.
    repeats : int
        How many rows each sample makes.
    """

    def __init__(self, metric: Metric, repeats: int) -> None:
        self.metric = metric
        self._clusters: dict[str, list[float]] | None = {} if repeats > 1 or not metric.binary else None
        self.numerator = 0.0
        self.denominator = 0.0

    def add(self, table: ScoreTable) -> None:
        """Add a part; all rows of one sample are in the same part."""
        stats = self.metric.statistics(table)
        self.numerator += float(stats.numerator.sum())
        self.denominator += float(stats.denominator.sum())
        if self._clusters is None or not len(table):
            return
        sums = (np.bincount(table.clusters, weights=part) for part in (stats.numerator, stats.denominator))
        for key, numerator, denominator in zip(table.cluster_keys, *sums, strict=True):
            cluster = self._clusters.setdefault(key, [0.0, 0.0])
            cluster[0] += numerator
            cluster[1] += denominator

    def estimate(self, seed: int) -> Estimate | None:
        """Return the value over all parts, or None where its denominator is 0.

        Parameters
        ----------
        seed : int
            Of the resampling.
        """
        n, total = self.denominator, self.numerator
        if n <= 0:
            return None
        if self._clusters is None:
            interval, method = wilson(total, n, CONFIDENCE), "wilson"
        else:
            sums = np.array(list(self._clusters.values()))
            numbers = np.arange(len(sums))
            interval = bootstrap_ratio(sums[:, 0], sums[:, 1], numbers, confidence=CONFIDENCE, draws=DRAWS, seed=seed)
            method = "cluster bootstrap"
        return Estimate(total / n, interval.low, interval.high, method, CONFIDENCE, n)
