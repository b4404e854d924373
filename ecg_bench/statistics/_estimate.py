"""A coefficient of agreement with its interval."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.statistics._binary import Proportion
from ecg_bench.statistics._bootstrap import bootstrap_sums
from ecg_bench.statistics._coefficient import Coefficient, Floats
from ecg_bench.statistics._intervals import Interval, wilson
from ecg_bench.statistics._jackknife import Estimate, jackknife_estimate

Codes = npt.NDArray[np.integer[Any]]


def estimate(
    coefficient: Coefficient,
    ratings: Floats,
    clusters: Codes,
    *,
    weights: Floats | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Return a coefficient of some ratings, with the interval that covers best.

    Parameters
    ----------
    coefficient : Coefficient
        Such as ``cohen_kappa(4, "linear")``.
    ratings : array of float, shape (units, raters)
        Places of levels, 0 to q - 1; NaN where a rater did not rate a unit.
    clusters : array of int, shape (units,)
        The cluster of each unit, in any numbering. Units of one cluster, such as answers to one question, are no
        independent evidence.
    weights : array of float, shape (units,), optional
        How many units each stands for: the inverse of the probability with which it was drawn.
    confidence : float
        Between 0 and 1.

    Raises
    ------
    ValueError
        If the ratings don't fit the coefficient.

    Notes
    -----
    Shares of independent, unweighted units have Wilson's interval, and all else that of `jackknife_interval`, which has
    some width even where all agree. Its measured coverage is in docs/agreement-coverage.md.
    """
    sums, n, alone = _sums(coefficient, ratings, clusters, weights)
    groups = len(sums)
    if not n:
        reason = "no_cases" if isinstance(coefficient, Proportion) and _overlap(ratings) else "no_overlap"
        return Estimate(None, None, None, "none", 0, 0, reason)
    value = float(coefficient.value(sums.sum(axis=0)))
    if np.isnan(value):
        return Estimate(None, None, None, "none", n, groups, "one_class")
    if alone and isinstance(coefficient, Proportion) and coefficient.whole(ratings):
        low, high = wilson(round(value * n), n, confidence)
        return Estimate(value, low, high, "wilson", n, groups)
    kinds, copies = np.unique(sums, axis=0, return_counts=True)
    without = coefficient.value(sums.sum(axis=0) - kinds)
    return jackknife_estimate(value, without, copies, n=n, confidence=confidence, lowest=coefficient.lowest)


def bootstrap_coefficient(
    coefficient: Coefficient,
    ratings: Floats,
    clusters: Codes,
    *,
    confidence: float = 0.95,
    draws: int = 2_000,
    seed: int,
) -> Interval | None:
    """Return the percentile interval of a coefficient when whole clusters are resampled.

    Parameters
    ----------
    coefficient, ratings, clusters
        As of `estimate`.
    confidence : float
        Between 0 and 1.
    draws : int
        Number of resamples. Those in which the coefficient is undefined are left out.
    seed : int
        Of the resampling.

    Returns
    -------
    Interval or None
        None where the coefficient is undefined. It is a check: `estimate` covers better in small samples.
    """
    sums, n, _ = _sums(coefficient, ratings, clusters, None)
    if not n or np.isnan(coefficient.value(sums.sum(axis=0))):
        return None
    values = coefficient.value(bootstrap_sums(sums, np.arange(len(sums)), draws=draws, seed=seed))
    low, high = np.quantile(values[~np.isnan(values)], [0.5 - confidence / 2, 0.5 + confidence / 2])
    return Interval(float(low), float(high))


def _overlap(ratings: Floats) -> bool:
    return bool(((~np.isnan(ratings)).sum(axis=1) > 1).any())


def _sums(
    coefficient: Coefficient, ratings: Floats, clusters: Codes, weights: Floats | None
) -> tuple[Floats, int, bool]:
    """Return the sums of each cluster that says something, n, and whether the units are independent and unweighted."""
    statistics = coefficient.statistics(ratings)
    n = int(coefficient.counted(ratings).sum())
    if weights is not None:
        statistics = statistics * weights[:, None]
    counts = statistics.any(axis=1)
    found, codes = np.unique(clusters[counts], return_inverse=True)
    alone = len(found) == int(counts.sum())
    sums = statistics[counts]
    if not alone:
        sums = np.zeros((len(found), statistics.shape[1]))
        np.add.at(sums, codes, statistics[counts])
    return sums, n, alone and (weights is None or bool((weights[counts] == 1).all()))
