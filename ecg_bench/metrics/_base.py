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
    version : int
        Raised when the definition changes.
    """

    name: str
    statistics: Callable[[ScoreTable], Statistics]
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


def estimate(metric: Metric, table: ScoreTable, seed: int) -> Estimate | None:
    """Return a metric's value over a table, or None where its denominator is 0.

    The interval is Wilson's where each sample makes one row of 0 or 1, else the percentile bootstrap over clusters.
    """
    stats = metric.statistics(table)
    n, total = float(stats.denominator.sum()), float(stats.numerator.sum())
    if n <= 0:
        return None
    binary = bool(np.isin(stats.numerator, (0, 1)).all() and np.isin(stats.denominator, (0, 1)).all())
    if binary and len(np.unique(table.index)) == len(table):
        interval, method = wilson(total, n, CONFIDENCE), "wilson"
    else:
        interval = bootstrap_ratio(
            stats.numerator, stats.denominator, table.clusters, confidence=CONFIDENCE, draws=DRAWS, seed=seed
        )
        method = "cluster bootstrap"
    return Estimate(total / n, interval.low, interval.high, method, CONFIDENCE, n)
