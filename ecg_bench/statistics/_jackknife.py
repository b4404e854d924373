"""A value with its interval, and the interval of whatever can be computed without each cluster in turn."""

from __future__ import annotations

from dataclasses import dataclass
from math import atanh, sqrt, tanh
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MIN_CLUSTERS = 3
BY_CHANCE = 0.5  # of a cluster; chosen by benchmarks/coverage_agreement.py


@dataclass(frozen=True)
class Estimate:
    """A value with its interval.

    Attributes
    ----------
    value : float or None
        None where it is undefined; `reason` says why.
    low, high : float or None
        Ends of the interval, which holds the value; None where there is none.
    method : str
        Of the interval: ``wilson``, ``jackknife_z``, or ``none``.
    n : int
        Units that count.
    clusters : int
        Clusters of units, which are the independent evidence.
    reason : str or None
        Why the value or the interval is missing: ``no_overlap`` (no unit has two ratings), ``no_cases`` (none of the
        class that a share is of), ``one_class`` (all ratings are of one level, or those of a rater), ``few_clusters``
        (a value, but fewer than three clusters), ``no_variance`` (a value below 1 that is the same without any of the
        clusters, as where a single unit differs from all others: no interval can be had of them).
    """

    value: float | None
    low: float | None
    high: float | None
    method: str
    n: int
    clusters: int
    reason: str | None = None


def t_quantile(freedom: float, confidence: float) -> float:
    """Return the two-sided quantile of Student's distribution."""
    from scipy.special import stdtrit  # not scipy.stats, which takes most of a second to import

    return float(stdtrit(freedom, 0.5 + confidence / 2))


def effective_clusters(levels: Floats, q: int, clusters: int) -> float:
    """Return how many clusters carry the evidence of a coefficient that weighs rare levels, at least 2.

    Parameters
    ----------
    levels : array of float, shape (units, raters)
        NaN where a rater did not rate a unit.
    q : int
        The number of levels of the scale.
    clusters : int
        Of these units.

    Notes
    -----
    Where 197 of 200 answers are rated right by all, agreement on the wrong ones has been seen three times and not 200
    times. A cluster counts by the chance that something in it would be disagreed on if it was rated at random, relative
    to that of a unit whose levels are equally likely, and as 1 at most.
    """
    _, counts = np.unique(levels[~np.isnan(levels)], return_counts=True)
    alike = float(((counts / counts.sum()) ** 2).sum())
    disputed: float = 1 - alike ** (len(levels) / clusters)
    return max(2.0, clusters * min(1.0, disputed / (1 - 1 / q)))


def jackknife_interval(
    value: float,
    without: Floats,
    *,
    confidence: float = 0.95,
    lowest: float = -1.0,
    effective: float | None = None,
    by_chance: float = BY_CHANCE,
) -> tuple[float, float]:
    """Return the interval of a coefficient by leaving out each cluster in turn, on Fisher's z scale.

    Parameters
    ----------
    value : float
        The coefficient of all clusters, from `lowest` to 1.
    without : array of float, shape (clusters,)
        Its value without each cluster, of three or more. Where that is undefined, it counts as chance.
    confidence : float
        Between 0 and 1.
    lowest : float
        The value at the other end from 1. Values are moved to -1 … 1 first, which makes z half a logit for shares.
    effective : float, optional
        How many clusters carry the evidence, where that is fewer than there are: `effective_clusters`.
    by_chance : float
        How many clusters that agree only by chance are taken to be there besides; 0 for the plain jackknife.

    Returns
    -------
    (float, float)
        The ends; the value lies between them.

    Notes
    -----
    The plain jackknife is far too short where nearly all agree, and of no width where all do. As in the interval of
    Agresti and Coull for a share, something is added that would be there sooner or later: half a cluster rated by
    chance, whose coefficient is 0. Added to a chance-corrected coefficient with the same margins, it multiplies it by
    ``G / (G + 1/2)`` exactly, so that nothing needs to be known about the coefficient. The quantile is Student's with
    ``G - 1`` degrees of freedom. G is the effective number of clusters.

    References
    ----------
    R. G. Miller, Biometrika 61 (1974) 1-15; A. Agresti and B. A. Coull, Am. Stat. 52 (1998) 119-126. The combination is
    this project's own, chosen by measured coverage: docs/agreement-coverage.md.
    """
    groups = len(without)
    effective = groups if effective is None else effective
    whole, parts = _moved(value, lowest), np.nan_to_num(_moved(without, lowest))
    whole = min(1.0, max(-1.0, float(whole)))
    shrink = effective / (effective + by_chance)
    centre, parts = whole * shrink, parts * shrink
    variance = (groups - 1) * float(parts.var())
    if by_chance:  # leaving out what was added gives the value again
        variance += (whole - centre) ** 2 / by_chance
    if abs(centre) >= 1:
        return value, value
    half = t_quantile(effective - 1, confidence) * sqrt(variance) / (1 - centre**2)
    low, high = (_back(tanh(atanh(centre) + side * half), lowest) for side in (-1, 1))
    return min(low, value), max(high, value)


def _moved(values: Any, lowest: float) -> Any:
    return (2 * values - 1 - lowest) / (1 - lowest)


def _back(value: float, lowest: float) -> float:
    return (value * (1 - lowest) + 1 + lowest) / 2


def jackknife_estimate(
    value: float,
    without: Floats,
    *,
    n: int,
    confidence: float,
    lowest: float,
    effective: float | None = None,
) -> Estimate:
    """Return a value of `n` units with its `jackknife_interval`, or with the reason why there is none."""
    clusters = len(without)
    if clusters < MIN_CLUSTERS:
        return Estimate(value, None, None, "none", n, clusters, "few_clusters")
    low, high = jackknife_interval(value, without, confidence=confidence, lowest=lowest, effective=effective)
    if high - low < 1e-9:
        return Estimate(value, None, None, "none", n, clusters, "no_variance")
    return Estimate(value, low, high, "jackknife_z", n, clusters)
