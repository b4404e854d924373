"""Planning: how many to rate of each stratum, how wide the interval will be, and which difference can be seen."""

from __future__ import annotations

from math import ceil, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.integer[Any]]

UNKNOWN = 0.25  # variance of a share of which nothing is known: the largest there is


def allocate(
    shares: npt.ArrayLike,
    sds: npt.ArrayLike,
    budget: int,
    *,
    at_least: int = 10,
    sizes: npt.ArrayLike | None = None,
) -> Counts:
    """Return how many to rate in each stratum so that the post-stratified estimate varies least.

    Parameters
    ----------
    shares : array-like of float, shape (strata,)
        Share of each stratum among all that is judged, not negative.
    sds : array-like of float, shape (strata,)
        Standard deviation of the human rating within each stratum, not negative; ``sqrt(mu (1 - mu))`` for a rating of
        0 or 1 with the mean mu.
    budget : int
        How many ratings there are to give.
    at_least : int
        So many are taken of each stratum before any is favoured; where the budget is too small for that, it is spread
        evenly.
    sizes : array-like of int, shape (strata,), optional
        How many there are in each stratum: no more are taken.

    Returns
    -------
    array of int, shape (strata,)
        Its sum is `budget`, or that of `sizes` where this is less.

    Raises
    ------
    ValueError
        If an argument is negative or the shapes differ.

    Notes
    -----
    The optimum is proportional to share times standard deviation (Neyman 1934). Whole numbers that are exactly best are
    found by giving each next rating to where it lessens the variance most.

    References
    ----------
    J. Neyman, J. R. Stat. Soc. 97 (1934) 558-625; T. Wright, Am. Stat. 66 (2012) 217-224.

    Examples
    --------
    >>> allocate([0.5, 0.5], [0.1, 0.4], 100).tolist()
    [20, 80]
    """
    p, sd = np.asarray(shares, dtype=np.float64), np.asarray(sds, dtype=np.float64)
    most = np.full(len(p), budget) if sizes is None else np.minimum(np.asarray(sizes, dtype=np.int64), budget)
    if not p.shape == sd.shape == most.shape:
        raise ValueError("shares, sds and sizes must have one value for each stratum")
    if min(budget, at_least, *p, *sd, *most) < 0:
        raise ValueError("shares, sds, sizes, the budget and what is taken at least must not be negative")
    weights = p * sd
    stratum = np.repeat(np.arange(len(weights)), most)
    taken = np.arange(len(stratum)) - np.repeat(np.cumsum(most) - most, most)  # 0 for the first rating of a stratum
    gain = weights[stratum] / np.sqrt(np.maximum(taken, 1) * (taken + 1.0))
    early = taken < at_least
    order = np.lexsort((stratum, taken, np.where(early, 0.0, -gain), ~early))
    return np.bincount(stratum[order[:budget]], minlength=len(weights))


def planned_width(
    shares: npt.ArrayLike, means: npt.ArrayLike, rated: npt.ArrayLike, judged: int, *, confidence: float = 0.95
) -> float:
    """Return the width to expect of the interval of the post-stratified estimate of a pass rate.

    Parameters
    ----------
    shares : array-like of float, shape (strata,)
        Share of each verdict of the judge; their sum is 1.
    means : array-like of float, shape (strata,)
        The share, from 0 to 1, that the human will accept of each verdict, as it is guessed or was seen before.
    rated : array-like of int, shape (strata,)
        How many of each verdict will be rated. Of a verdict without any, nothing is known.
    judged : int
        How many answers are judged, more than 0.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    float
        At most 1.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Notes
    -----
    The variance is ``sum p_k (mu_k - mu)^2 / N + sum p_k^2 mu_k (1 - mu_k) / m_k``. A guess of exactly 0 or 1 promises
    that its verdict adds nothing to the width: guess something less sure.

    References
    ----------
    W. G. Cochran, Sampling Techniques, 3rd ed. (1977), section 5A.9 and 12.2.

    Examples
    --------
    >>> round(planned_width([0.5, 0.5], [0.98, 0.5], [20, 20], 500), 2)
    0.23
    """
    p, mu, m = (np.asarray(values, dtype=np.float64) for values in (shares, means, rated))
    if not (p.shape == mu.shape == m.shape and np.all((p >= 0) & (mu >= 0) & (mu <= 1) & (m >= 0))):
        raise ValueError("each stratum needs a share, a mean from 0 to 1 and a count that is not negative")
    if not (judged > 0 and 0 < confidence < 1 and abs(p.sum() - 1) < 1e-6):
        raise ValueError("the shares must sum to 1, the number judged must be positive, the confidence between 0 and 1")
    between = float(p @ (mu - p @ mu) ** 2)
    within = np.where(m > 0, mu * (1 - mu) / np.maximum(m, 1), UNKNOWN)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    return min(1.0, 2 * z * sqrt(between / judged + float(p**2 @ within)))


def minimum_detectable_difference(sd: float, n: int, *, power: float = 0.8, alpha: float = 0.05) -> float:
    """Return the difference that a paired comparison finds with the given power.

    Parameters
    ----------
    sd : float
        Standard deviation of the differences of single questions, not negative.
    n : int
        Number of questions, more than 0.
    power, alpha : float
        Between 0 and 1; `alpha` is two-sided.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    References
    ----------
    E. Miller, Adding Error Bars to Evals (2024), arXiv 2411.00640, section 5.

    Examples
    --------
    >>> round(minimum_detectable_difference(0.567, 37), 2)
    0.26
    """
    if n <= 0:
        raise ValueError(f"the number of questions must be positive, but is {n}")
    return _quantiles(sd, power, alpha) * sd / sqrt(n)


def samples_needed(difference: float, sd: float, *, power: float = 0.8, alpha: float = 0.05) -> int:
    """Return how many questions a paired comparison needs to find a difference with the given power.

    Parameters
    ----------
    difference : float
        To be found; not 0.
    sd : float
        Standard deviation of the differences of single questions: ``sqrt(omega^2 + sigma_A^2 / K_A + sigma_B^2 / K_B)``
        where the variance omega^2 between questions and those of K answers to the same question are known apart.
    power, alpha : float
        Between 0 and 1; `alpha` is two-sided.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    References
    ----------
    E. Miller, Adding Error Bars to Evals (2024), arXiv 2411.00640, equation 9 and its examples.

    Examples
    --------
    >>> samples_needed(0.03, 1 / 3)
    969
    """
    if difference == 0:
        raise ValueError("no number of questions finds a difference of 0")
    return max(1, ceil(round((_quantiles(sd, power, alpha) * sd / difference) ** 2, 9)))


def _quantiles(sd: float, power: float, alpha: float) -> float:
    if not (sd >= 0 and 0 < power < 1 and 0 < alpha < 1):
        raise ValueError(f"no plan: sd {sd}, power {power}, alpha {alpha}")
    normal = NormalDist()
    return normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)
