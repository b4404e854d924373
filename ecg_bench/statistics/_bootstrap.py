"""The cluster bootstrap of ratios, alone and for paired systems."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.statistics._intervals import Interval

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer[Any]]

CHUNK = 4_000_000  # resampling weights held at a time, so that memory stays flat in the number of clusters
MANY = 500  # kinds of clusters, above which drawing how many there are of each may cost more than drawing clusters
CACHED = 20_000  # clusters drawn at a time: their counts fit into the processor's cache
COST = 10  # a kind's count costs about as much as so many clusters


def cluster_sums(values: Floats, clusters: Codes) -> Floats:
    """Sum the rows of `values`, shape (rows, columns), by cluster: shape (clusters, columns)."""
    sums = np.zeros((int(clusters.max()) + 1, values.shape[1]))
    np.add.at(sums, clusters, values)
    return sums


def _resampled_sums(sums: Floats, draws: int, seed: int) -> Iterator[Floats]:
    """Yield blocks of resampled column sums, `draws` rows in all: as many clusters drawn as there are, with return.

    Clusters with the same sums are alike, so it is drawn how many of each kind there are: thousands of clusters make
    some dozens of kinds. Where hardly two are alike, clusters are drawn.
    """
    n = len(sums)
    kinds, counts = np.unique(sums, axis=0, return_counts=True)
    rng = np.random.default_rng(seed)
    if len(kinds) > max(MANY, n / COST):
        for drawn in drawn_clusters(n, draws, rng):
            yield drawn @ sums
        return
    block = max(1, CHUNK // len(kinds))
    for start in range(0, draws, block):
        weights = rng.multinomial(n, counts / n, size=min(block, draws - start))
        yield weights @ kinds


def drawn_clusters(n: int, draws: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Yield blocks, `draws` rows in all, of how often each of `n` clusters is drawn when `n` are drawn with return."""
    block, together = max(1, CHUNK // n), max(1, CACHED // n)
    for start in range(0, draws, block):
        weights = np.empty((min(block, draws - start), n))
        for row in range(0, len(weights), together):
            some = weights[row : row + together]
            drawn = rng.integers(0, n, some.shape) + n * np.arange(len(some))[:, None]
            some[:] = np.bincount(drawn.ravel(), minlength=some.size).reshape(some.shape)
        yield weights


def bootstrap_ratio(
    numerator: Floats, denominator: Floats, clusters: Codes, *, confidence: float = 0.95, draws: int = 10_000, seed: int
) -> Interval:
    """Return the percentile bootstrap interval of sum(numerator) / sum(denominator), resampling whole clusters.

    Parameters
    ----------
    numerator, denominator : array of float, shape (rows,)
        The sufficient statistics of each row; `denominator` is not negative and not all 0.
    clusters : array of int, shape (rows,)
        The cluster of each row, 0 to the number of clusters less 1. Rows of one cluster are no independent evidence.
    confidence : float
        Between 0 and 1.
    draws : int
        Number of resamples.
    seed : int
        Of the resampling.

    References
    ----------
    A. C. Davison and D. V. Hinkley, Bootstrap Methods and their Application (1997), sections 2.4, 3.8 and 5.3.
    """
    sums = cluster_sums(np.column_stack([numerator, denominator]), clusters)
    totals = np.concatenate(list(_resampled_sums(sums, draws, seed)))
    totals = totals[totals[:, 1] > 0]  # a resample without a single counted row has no ratio
    low, high = np.quantile(totals[:, 0] / totals[:, 1], [0.5 - confidence / 2, 0.5 + confidence / 2])
    return Interval(float(low), float(high))


def bootstrap_sums(values: Floats, clusters: Codes, *, draws: int = 10_000, seed: int) -> Floats:
    """Return resampled column sums, resampling whole clusters: for intervals of whatever is computed from sums.

    Parameters
    ----------
    values : array of float, shape (rows, columns)
        The sufficient statistics of each row.
    clusters : array of int, shape (rows,)
        The cluster of each row, 0 to the number of clusters less 1.
    draws : int
        Number of resamples.
    seed : int
        Of the resampling.

    Returns
    -------
    array of float, shape (draws, columns)
        The same resamples serve all columns.
    """
    return np.concatenate(list(_resampled_sums(cluster_sums(values, clusters), draws, seed)))


@dataclass(frozen=True)
class Differences:
    """Pairwise differences between systems asked the same samples.

    Attributes
    ----------
    value : array, shape (systems, systems)
        Mean of the row's system minus mean of the column's.
    low, high : array, shape (systems, systems)
        Ends of the percentile intervals.
    p : array, shape (systems, systems)
        Two-sided bootstrap p-values of no difference, not adjusted; 1 on the diagonal.
    draws, n, clusters : int
        Number of resamples, samples and clusters.
    """

    value: Floats
    low: Floats
    high: Floats
    p: Floats
    draws: int
    n: int
    clusters: int


def paired_differences(
    scores: Floats, clusters: Codes, *, confidence: float = 0.95, draws: int = 10_000, seed: int
) -> Differences:
    """Compare all pairs of systems by the paired cluster bootstrap.

    Parameters
    ----------
    scores : array of float, shape (samples, systems)
        The score of each system on each sample.
    clusters : array of int, shape (samples,)
        The cluster of each sample, 0 to the number of clusters less 1.
    confidence : float
        Between 0 and 1.
    draws : int
        Number of resamples; the smallest p-value is 2 / (draws + 1).
    seed : int
        Of the resampling.

    Notes
    -----
    One set of resamples serves all pairs, so that the comparisons agree with each other. The p-value is twice the
    smaller share of resampled differences on either side of 0, each share with one added above and below (Davison and
    Hinkley 1997, section 4.2); resamples without any difference count on both sides, so that equal systems have p = 1.
    """
    systems = scores.shape[1]
    sums = cluster_sums(np.column_stack([scores, np.ones(len(scores))]), clusters)
    totals = np.concatenate(list(_resampled_sums(sums, draws, seed)))
    means = totals[:, :systems] / totals[:, systems:]
    observed = scores.mean(axis=0)
    value = observed[:, None] - observed[None, :]
    low, high = percentile_differences(means, confidence)
    p = np.ones_like(value)
    for a in range(systems):
        for b in range(a + 1, systems):
            difference = means[:, a] - means[:, b]
            below, above = int((difference <= 1e-12).sum()), int((difference >= -1e-12).sum())
            p[a, b] = p[b, a] = min(1.0, 2 * (min(below, above) + 1) / (draws + 1))
    return Differences(value, low, high, p, draws, len(scores), len(sums))


def percentile_differences(means: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Return the ends of the intervals of all pairs' differences, from resampled means of shape (draws, systems)."""
    systems = means.shape[1]
    columns = np.ascontiguousarray(means.T)
    low, high = np.zeros((systems, systems)), np.zeros((systems, systems))
    for a in range(systems - 1):
        ends = np.quantile(columns[a] - columns[a + 1 :], [0.5 - confidence / 2, 0.5 + confidence / 2], axis=1)
        low[a, a + 1 :], high[a, a + 1 :] = ends
        low[a + 1 :, a], high[a + 1 :, a] = -ends[1], -ends[0]
    return low, high


def mean_resamples(scores: Floats, clusters: Codes, draws: int, seed: int) -> Floats:
    """Return the columns' means over rows of resampled clusters, shape (draws, columns).

    Clusters are drawn, not kinds of them: what is drawn does not depend on which columns there are.
    """
    sums = cluster_sums(np.column_stack([scores, np.ones(len(scores))]), clusters)
    rng = np.random.default_rng(seed)
    totals = np.concatenate([weights @ sums for weights in drawn_clusters(len(sums), draws, rng)])
    means: Floats = totals[:, :-1] / totals[:, -1:]
    return means
