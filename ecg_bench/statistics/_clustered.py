"""Means, and a slope, of values that come in clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.statistics._intervals import wilson
from ecg_bench.statistics._jackknife import Estimate

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer[Any]]

ALL_EQUAL = "wilson on clusters, as all values are equal"
NO_SPREAD = 1e-12  # what sums in another order differ by


def clustered_mean(
    values: Floats, clusters: Codes, *, weights: Floats | None = None, confidence: float = 0.95
) -> Estimate:
    """Return the mean of scores from 0 to 1, with an interval that allows for clusters and weights.

    Parameters
    ----------
    values : array of float, shape (n,)
        From 0 to 1.
    clusters : array of int, shape (n,)
        Values of one cluster are no independent evidence.
    weights : array of float, shape (n,), optional
        Inverse probabilities of inclusion.
    confidence : float
        Between 0 and 1.

    Notes
    -----
    Values of 0 and 1, each a cluster of its own and without weights, have Wilson's interval. Else it is
    `score_interval` with the quantile of Student's t with one degree of freedom less than there are clusters, and the
    linearised variance of a ratio of sums by cluster. Where all values are equal no spread is seen, which does not mean
    that there is none; Wilson's interval is then the widest that scores from 0 to 1 with this mean can need.

    References
    ----------
    W. G. Cochran, Sampling Techniques (1977), sections 6.3 and 9A.3; E. Miller (2024), arXiv 2411.00640.
    """
    n = len(values)
    if n == 0:
        return Estimate(None, None, None, "", 0, 0, "no_overlap")
    names, places = np.unique(clusters, return_inverse=True)
    groups = len(names)
    w = np.ones(n) if weights is None else weights
    mean = float((w * values).sum() / w.sum())
    single = groups == n and weights is None
    if (single and bool(np.isin(values, (0.0, 1.0)).all())) or float(np.ptp(values)) == 0:
        low, high = wilson(min(mean * groups, groups), groups, confidence)
        method = "wilson" if single else ALL_EQUAL
        return Estimate(mean, low, high, method, n, groups)
    if groups < 2:
        return Estimate(mean, None, None, "", n, groups, "too_few")
    residuals = np.bincount(places, w * (values - mean), groups) / w.sum()
    error = float(np.sqrt(groups / (groups - 1) * (residuals**2).sum()))
    low, high = score_interval(mean, error**2, _t(groups - 1, confidence))
    method = "t over clusters in Wilson's form" + ("" if weights is None else ", weighted by inverse inclusion")
    return Estimate(mean, low, high, method, n, groups)


def with_width(
    value: float, low: float, high: float, groups: int, *, confidence: float = 0.95
) -> tuple[float, float, str]:
    """Return the interval that a bootstrap gave and its name, or Wilson's where the bootstrap saw no spread.

    Groups that are all equal, such as answers that are all wrong, don't mean that the next would be.

    Parameters
    ----------
    value : float
        What was estimated, from 0 to 1.
    low, high : float
        The ends that the bootstrap over groups gave.
    groups : int
        How many groups it drew from, at least one.
    confidence : float
        Between 0 and 1.
    """
    if high - low > NO_SPREAD:
        return low, high, "cluster bootstrap"
    ends = wilson(min(max(value, 0.0), 1.0) * groups, groups, confidence)
    return ends.low, ends.high, ALL_EQUAL


def score_interval(value: float, variance: float, quantile: float) -> tuple[float, float]:
    """Return the interval of a mean of scores from 0 to 1, as Wilson's is of a share.

    Parameters
    ----------
    value : float
        The mean, from 0 to 1.
    variance : float
        Of the mean, not negative.
    quantile : float
        Of Student's t.

    Notes
    -----
    It holds all means whose variance, if it falls towards 0 and 1 as that of a share does, makes `value` plausible: the
    interval lies unevenly where ratings are skewed, as they are, and covers better than one of equal halves
    (docs/correction-coverage.md).
    """
    if not 0 < value < 1:
        return value - quantile * variance**0.5, value + quantile * variance**0.5
    part = quantile**2 * variance / (value * (1 - value))
    centre = (value + part / 2) / (1 + part)
    half = (part * value * (1 - value) + part**2 / 4) ** 0.5 / (1 + part)
    return centre - half, centre + half


@dataclass(frozen=True)
class MeanDifference:
    """The difference of two means.

    Attributes
    ----------
    value : float
        The first mean less the second.
    low, high, p : float or None
        Interval and two-sided p-value; None where there are fewer than two clusters, or no spread.
    clusters : int
        Clusters that either has values in.
    error : float
        The standard error; 0 where it is not known.
    """

    value: float
    low: float | None
    high: float | None
    p: float | None
    clusters: int
    error: float = 0.0


def difference_of_means(
    values: tuple[Floats, Floats],
    clusters: tuple[Codes, Codes],
    *,
    weights: tuple[Floats, Floats] | None = None,
    confidence: float = 0.95,
) -> MeanDifference:
    """Return the difference of two means whose values may share clusters, all, some or none.

    Parameters
    ----------
    values : pair of arrays of float, shapes (n,) and (m,)
        The scores of two systems.
    clusters : pair of arrays of int, shapes (n,) and (m,)
        Numbered alike for both: what both were asked pairs them.
    weights : pair of arrays of float, shapes (n,) and (m,), optional
        Inverse probabilities of inclusion.
    confidence : float
        Between 0 and 1.

    Notes
    -----
    Each value's share in its mean's error is summed by cluster, with its sign; the variance is that of these sums. That
    makes the paired t-test of questions that both answered, and Welch's where they share none but for its degrees of
    freedom, which are one less than there are clusters.

    References
    ----------
    W. G. Cochran, Sampling Techniques (1977), sections 6.3 and 9A.3; E. Miller (2024), arXiv 2411.00640.
    """
    size = 1 + max(int(places.max()) for places in clusters)
    sums, means, seen = np.zeros(size), [], np.zeros(size, dtype=np.bool_)
    for sign, number in ((1.0, 0), (-1.0, 1)):
        one, places = values[number], clusters[number]
        w = np.ones(len(one)) if weights is None else weights[number]
        means.append(float((w * one).sum() / w.sum()))
        sums += sign * np.bincount(places, w * (one - means[-1]), size) / w.sum()
        seen[places] = True
    difference, groups = means[0] - means[1], int(seen.sum())
    if groups < 2 or not float(np.abs(sums).max()) > 1e-12:
        return MeanDifference(difference, None, None, None, groups)
    error = float(np.sqrt(groups / (groups - 1) * (sums**2).sum()))
    half = _t(groups - 1, confidence) * error
    p = 2 * _t_above(abs(difference) / error, groups - 1)
    return MeanDifference(difference, max(-1.0, difference - half), min(1.0, difference + half), p, groups, error)


def clustered_slope(x: Floats, y: Floats, clusters: Codes, *, confidence: float = 0.95) -> Estimate:
    """Return the slope of the least-squares line of `y` on `x`, with an interval that allows for clusters.

    Parameters
    ----------
    x, y : array of float, shape (n,)
        The points.
    clusters : array of int, shape (n,)
        Points of one cluster are no independent evidence.
    confidence : float
        Between 0 and 1.

    Notes
    -----
    The interval is the jackknife's over clusters, with Student's t.

    References
    ----------
    C. F. J. Wu, Ann. Stat. 14 (1986) 1261-1295; A. C. Cameron and D. L. Miller, J. Hum. Resour. 50 (2015) 317-372.
    """
    groups, places = np.unique(clusters, return_inverse=True)
    columns = np.column_stack([np.ones(len(x)), x, y, x * x, x * y])
    sums = np.zeros((len(groups), 5))
    np.add.at(sums, places, columns)
    total = sums.sum(axis=0)
    value = float(_slope(total))
    if np.isnan(value):
        return Estimate(None, None, None, "", len(x), len(groups), "one_class")
    without = _slope(total - sums)
    if len(groups) < 3 or np.isnan(without).any():
        return Estimate(value, None, None, "", len(x), len(groups), "too_few")
    g = len(groups)
    error = float(np.sqrt((g - 1) / g * ((without - without.mean()) ** 2).sum()))
    half = _t(g - 1, confidence) * error
    return Estimate(value, value - half, value + half, "jackknife over clusters", len(x), g)


def _slope(sums: Floats) -> Floats:
    n, x, y, xx, xy = np.moveaxis(sums, -1, 0)
    spread = n * xx - x * x
    with np.errstate(divide="ignore", invalid="ignore"):
        slope: Floats = np.where(spread > 1e-12 * np.maximum(n * xx, 1e-300), (n * xy - x * y) / spread, np.nan)
    return slope


def _t_above(value: float, freedom: int) -> float:
    from scipy.special import stdtr

    return float(stdtr(freedom, -value))


def _t(freedom: int, confidence: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + confidence / 2))
