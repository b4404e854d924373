"""Metrics as sufficient statistics, and their intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ecg_bench.runs import ScoreTable
from ecg_bench.statistics import bootstrap_ratio, bootstrap_sums, wilson, with_width

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
        Whether the statistics of every row are 0 or 1, and rows of different samples are independent evidence.
    version : int
        Raised when the definition changes.
    over : str
        A column of labels that divides the rows into classes: the value is the mean of the ratios of all classes, each
        counting the same however many rows it has. Empty for one ratio over all rows.
    """

    name: str
    statistics: Callable[[ScoreTable], Statistics]
    binary: bool = True
    version: int = 1
    over: str = ""


@dataclass(frozen=True)
class Estimate:
    """A value with its interval.

    Attributes
    ----------
    value, low, high : float
        The ratio and the ends of its interval.
    method : str
        ``wilson``, ``cluster bootstrap``, or `ecg_bench.statistics.ALL_EQUAL` where a bootstrap would see no spread.
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
    which the sums are kept (for a metric over classes the sums of each class); where all clusters are equal, Wilson's
    on their number.

    Parameters
    ----------
    metric : Metric
        What is summed.
    repeats : int
        How many rows each sample makes.
    """

    def __init__(self, metric: Metric, repeats: int) -> None:
        self.metric = metric
        resampled = repeats > 1 or not metric.binary or metric.over
        # Of each cluster: class to the sums of numerator and denominator.
        self._clusters: dict[str, dict[str, list[float]]] | None = {} if resampled else None
        self.numerator = 0.0
        self.denominator = 0.0

    def add(self, table: ScoreTable) -> None:
        """Add a part; all rows of one sample are in the same part."""
        stats = self.metric.statistics(table)
        self.numerator += float(stats.numerator.sum())
        self.denominator += float(stats.denominator.sum())
        if self._clusters is None or not len(table):
            return
        classes, codes = _classes(table, self.metric.over)
        cells, places = np.unique(np.column_stack([table.clusters, codes]), axis=0, return_inverse=True)
        sums = [np.bincount(places.reshape(-1), weights=part) for part in (stats.numerator, stats.denominator)]
        keys = table.cluster_keys
        for (cluster, code), numerator, denominator in zip(cells.tolist(), *sums, strict=True):
            sums_of = self._clusters.setdefault(keys[cluster], {}).setdefault(classes[code], [0.0, 0.0])
            sums_of[0] += numerator
            sums_of[1] += denominator

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
        value = total / n
        if self._clusters is None:
            interval, method = wilson(total, n, CONFIDENCE), "wilson"
            return Estimate(value, interval.low, interval.high, method, CONFIDENCE, n)
        if self.metric.over:
            value, low, high = self._over_classes(self._clusters, seed)
        else:
            sums = np.array([one for cluster in self._clusters.values() for one in cluster.values()])
            numbers = np.arange(len(sums))
            interval = bootstrap_ratio(sums[:, 0], sums[:, 1], numbers, confidence=CONFIDENCE, draws=DRAWS, seed=seed)
            low, high = interval.low, interval.high
        asked = sum(any(part[1] for part in one.values()) for one in self._clusters.values())
        return Estimate(value, *with_width(value, low, high, asked, confidence=CONFIDENCE), CONFIDENCE, n)

    def _over_classes(self, clusters: dict[str, dict[str, list[float]]], seed: int) -> tuple[float, float, float]:
        """Return the mean of the classes' ratios with its interval.

        A class of which a resample has no row counts in the others only.
        """
        classes = {name: i for i, name in enumerate(sorted({name for one in clusters.values() for name in one}))}
        sums = np.zeros((len(clusters), 2, len(classes)))
        for row, cluster in enumerate(clusters.values()):
            for name, parts in cluster.items():
                sums[row, :, classes[name]] = parts
        flat = sums.reshape(len(clusters), -1)
        drawn = bootstrap_sums(flat, np.arange(len(flat)), draws=DRAWS, seed=seed)
        means = _mean_of_ratios(np.vstack([flat.sum(axis=0), drawn]).reshape(-1, 2, len(classes)))
        low, high = np.quantile(means[1:], [0.5 - CONFIDENCE / 2, 0.5 + CONFIDENCE / 2])
        return float(means[0]), float(low), float(high)


def _classes(table: ScoreTable, over: str) -> tuple[tuple[str, ...], npt.NDArray[np.intp]]:
    """Return the names of the classes and the number of each row's; one class where no label divides them."""
    if not over:
        return ("",), np.zeros(len(table), dtype=np.intp)
    column = table.labels[over]
    return column.values, column.codes.astype(np.intp)


def _mean_of_ratios(sums: Floats) -> Floats:
    """Return the mean over classes of numerator by denominator; shape (rows, 2, classes) to (rows,)."""
    numerator, denominator = sums[:, 0], sums[:, 1]
    there = denominator > 0
    ratios = np.divide(numerator, denominator, out=np.zeros_like(numerator), where=there)
    means: Floats = ratios.sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    return means
