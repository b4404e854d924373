"""A coefficient of agreement with its interval."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.statistics._binary import Proportion
from ecg_bench.statistics._coefficient import Coefficient, Floats
from ecg_bench.statistics._intervals import Interval, wilson
from ecg_bench.statistics._jackknife import Estimate, effective_clusters, jackknife_estimate

Codes = npt.NDArray[np.integer[Any]]

CHUNK = 25_000  # resampled clusters held at a time: few enough for the processor to keep near
OFTEN = 30  # clusters of a kind


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
    without = coefficient.value(sums.sum(axis=0) - sums)
    effective = None
    if coefficient.weighs_rare:
        effective = effective_clusters(ratings[coefficient.counted(ratings)], coefficient.q, groups)
    return jackknife_estimate(
        value, without, n=n, confidence=confidence, lowest=coefficient.lowest, effective=effective
    )


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
    values = coefficient.value(_resampled(sums, draws, seed))
    low, high = np.quantile(values[~np.isnan(values)], [0.5 - confidence / 2, 0.5 + confidence / 2])
    return Interval(float(low), float(high))


def _resampled(sums: Floats, draws: int, seed: int) -> Floats:
    """Return the sums of resampled clusters, shape (draws, k).

    Clusters of a kind that there is often are drawn together, by how many of them; the others one by one, in integers
    as small as will do. Either alone takes longer: a binomial number costs as much as some tens of single ones.
    """
    n, rng = len(sums), np.random.default_rng(seed)
    often, copies, rare = _kinds(sums)
    counts = rng.multinomial(n, np.append(copies, len(rare)) / n, size=draws)
    found = counts[:, :-1].astype(np.float64) @ often
    m = len(rare)
    block = max(1, CHUNK // max(m, 1))
    small = np.min_scalar_type(block * max(m, 1) - 1)
    for start in range(0, draws if m else 0, block):
        left = counts[start : start + block, -1]
        places = rng.integers(0, m, left.sum(), dtype=small)
        places += np.repeat(m * np.arange(len(left), dtype=small), left)
        times = np.bincount(places.astype(np.intp), minlength=len(left) * m).reshape(len(left), m)
        found[start : start + block] += times.astype(np.float64) @ rare
    return found


def _kinds(sums: Floats) -> tuple[Floats, Codes, Floats]:
    """Return the kinds of rows that there are often, how often, and the other rows as they are."""
    # Equal rows have the same number, and others another; finding them by sorting whole rows takes ten times longer.
    key = sums @ np.random.default_rng(0).random(sums.shape[1])
    _, first, codes, copies = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
    often = copies >= OFTEN
    return sums[first[often]], copies[often], sums[~often[codes]]


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
