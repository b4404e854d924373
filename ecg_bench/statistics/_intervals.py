"""Intervals for proportions."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple


class Interval(NamedTuple):
    """The ends of a confidence interval, `low` not above `high`."""

    low: float
    high: float


def wilson(successes: float, n: float, confidence: float = 0.95) -> Interval:
    """Return the Wilson score interval of a proportion, without continuity correction.

    Parameters
    ----------
    successes : float
        Between 0 and `n`.
    n : float
        Number of independent trials, more than 0.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Interval
        Within [0, 1].

    Raises
    ------
    ValueError
        If an argument is out of its range.

    References
    ----------
    E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209-212; method 3 of R. G. Newcombe, Stat. Med. 17 (1998) 857-872.

    Examples
    --------
    >>> low, high = wilson(81, 263)
    >>> round(low, 4), round(high, 4)
    (0.2553, 0.3662)
    """
    _check(successes, n, confidence)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At 0 and n successes the formula gives exactly 0 and 1; rounding must not say otherwise.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return Interval(low, high)


def wilson_corrected(successes: float, n: float, confidence: float = 0.95) -> Interval:
    """Return the Wilson score interval with continuity correction: wider, its coverage rarely below the nominal one.

    Parameters
    ----------
    successes, n, confidence : float
        As for `wilson`.

    Returns
    -------
    Interval
        Within [0, 1].

    Raises
    ------
    ValueError
        If an argument is out of its range.

    References
    ----------
    Method 4 of R. G. Newcombe, Stat. Med. 17 (1998) 857-872.

    Examples
    --------
    >>> low, high = wilson_corrected(81, 263)
    >>> round(low, 4), round(high, 4)
    (0.2535, 0.3682)
    """
    _check(successes, n, confidence)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share, failures = successes / n, n - successes
    low = high = 2 * successes + z * z
    low -= 1 + z * sqrt(max(0.0, z * z - 2 - 1 / n + 4 * share * (failures + 1)))
    high += 1 + z * sqrt(max(0.0, z * z + 2 - 1 / n + 4 * share * (failures - 1)))
    scale = 2 * (n + z * z)
    return Interval(0.0 if successes == 0 else max(0.0, low / scale), 1.0 if successes == n else min(1.0, high / scale))


def clopper_pearson(successes: float, n: float, confidence: float = 0.95) -> Interval:
    """Return the "exact" interval of a proportion, whose coverage is never below the nominal one, and mostly above.

    Parameters
    ----------
    successes, n, confidence : float
        As for `wilson`.

    Returns
    -------
    Interval
        Within [0, 1].

    Raises
    ------
    ValueError
        If an argument is out of its range.

    References
    ----------
    C. J. Clopper and E. S. Pearson, Biometrika 26 (1934) 404-413.

    Examples
    --------
    >>> low, high = clopper_pearson(81, 263)
    >>> round(low, 4), round(high, 4)
    (0.2527, 0.3676)
    """
    from scipy.special import betaincinv

    _check(successes, n, confidence)
    tail = (1 - confidence) / 2
    low = 0.0 if successes == 0 else float(betaincinv(successes, n - successes + 1, tail))
    high = 1.0 if successes == n else float(betaincinv(successes + 1, n - successes, 1 - tail))
    return Interval(low, high)


def jeffreys(successes: float, n: float, confidence: float = 0.95) -> Interval:
    """Return the equal-tailed interval of Beta(successes + 1/2, n - successes + 1/2), to 0 or 1 at either end.

    Parameters
    ----------
    successes, n, confidence : float
        As for `wilson`.

    Returns
    -------
    Interval
        Within [0, 1].

    Raises
    ------
    ValueError
        If an argument is out of its range.

    References
    ----------
    L. D. Brown, T. T. Cai and A. DasGupta, Stat. Sci. 16 (2001) 101-133, section 3.1.3.

    Examples
    --------
    >>> low, high = jeffreys(1, 29)
    >>> round(low, 4), round(high, 4)
    (0.0037, 0.1501)
    """
    from scipy.special import betaincinv

    _check(successes, n, confidence)
    a, b, tail = successes + 0.5, n - successes + 0.5, (1 - confidence) / 2
    low = 0.0 if successes == 0 else float(betaincinv(a, b, tail))
    high = 1.0 if successes == n else float(betaincinv(a, b, 1 - tail))
    return Interval(low, high)


def rule_of_three(n: int, confidence: float = 0.95) -> float:
    """Return the largest rate at which not one event in `n` trials is still as likely as 1 - `confidence`.

    Parameters
    ----------
    n : int
        Number of independent trials, more than 0.
    confidence : float
        Between 0 and 1, of this one-sided bound; at 0.95 it is close to 3 / n.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    References
    ----------
    J. A. Hanley and A. Lippman-Hand, JAMA 249 (1983) 1743-1745.

    Examples
    --------
    >>> round(rule_of_three(100), 3)
    0.03
    """
    _check(0, n, confidence)
    return float(1 - (1 - confidence) ** (1 / n))


def _check(successes: float, n: float, confidence: float) -> None:
    if not (n > 0 and 0 <= successes <= n and 0 < confidence < 1):
        raise ValueError(f"no proportion: {successes} of {n} at confidence {confidence}")
