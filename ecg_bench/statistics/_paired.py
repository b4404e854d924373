"""Two systems asked the same questions: tests and intervals of their difference."""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, sqrt
from statistics import NormalDist

from ecg_bench.statistics._intervals import Interval, wilson


@dataclass(frozen=True)
class McNemar:
    """Tests of whether two systems are right equally often.

    Attributes
    ----------
    exact, mid_p : float
        Two-sided binomial p-values; the mid-p value is less conservative.
    chi2, p : float
        The statistic without continuity correction, and its p-value; for b + c of 25 and more.
    chi2_corrected, p_corrected : float
        With continuity correction.
    """

    exact: float
    mid_p: float
    chi2: float
    p: float
    chi2_corrected: float
    p_corrected: float


def mcnemar(b: int, c: int) -> McNemar:
    """Compare two systems by the questions that only one of them got right.

    Parameters
    ----------
    b, c : int
        How many only the first, and only the second, got right. Where both are 0 every p-value is 1.

    Raises
    ------
    ValueError
        If a count is negative.

    References
    ----------
    Q. McNemar, Psychometrika 12 (1947) 153-157; A. L. Edwards, Psychometrika 13 (1948) 185-187; for mid-p M. W.
    Fagerland, S. Lydersen and P. Laake, BMC Med. Res. Methodol. 13:91 (2013).

    Examples
    --------
    >>> test = mcnemar(6, 16)
    >>> round(test.exact, 4), round(test.mid_p, 4), round(test.chi2, 4)
    (0.0525, 0.0347, 4.5455)
    """
    if min(b, c) < 0:
        raise ValueError(f"no counts of questions: {b} and {c}")
    n, least = b + c, min(b, c)
    if n == 0:
        return McNemar(1.0, 1.0, 0.0, 1.0, 0.0, 1.0)
    # Whole numbers are summed before they are divided: exact for any n.
    tail = at = 1
    for k in range(least):
        at = at * (n - k) // (k + 1)
        tail += at
    exact = min(1.0, 2 * tail / 2**n)
    mid = 1.0 if b == c else (2 * tail - at) / 2**n
    plain, corrected = (b - c) ** 2 / n, max(0, abs(b - c) - 1) ** 2 / n
    return McNemar(exact, mid, plain, erfc(sqrt(plain / 2)), corrected, erfc(sqrt(corrected / 2)))


def newcombe_paired(both: int, first: int, second: int, neither: int, confidence: float = 0.95) -> Interval:
    """Return Newcombe's interval of the difference between two systems' shares of right answers.

    Parameters
    ----------
    both, first, second, neither : int
        How many questions both got right, only the first, only the second, and neither; not all 0.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Interval
        Of the first system's share less the second's, within [-1, 1].

    Raises
    ------
    ValueError
        If there is no question, or a count is negative.

    References
    ----------
    Method 10 of R. G. Newcombe, Stat. Med. 17 (1998) 2635-2650.

    Examples
    --------
    >>> low, high = newcombe_paired(36, 12, 2, 0)
    >>> round(low, 4), round(high, 4)
    (0.0569, 0.3404)
    """
    a, b, c, d = both, first, second, neither
    n = a + b + c + d
    if n == 0 or min(a, b, c, d) < 0:
        raise ValueError(f"no counts of questions: {a}, {b}, {c} and {d}")
    one, two = wilson(a + b, n, confidence), wilson(a + c, n, confidence)
    p, q = (a + b) / n, (a + c) / n
    product = float(a * d - b * c)
    product = max(product - n / 2, 0.0) if product > 0 else product
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    phi = product / sqrt(margins) if margins else 0.0
    low = _joined(p - one.low, two.high - q, phi)
    high = _joined(one.high - p, q - two.low, phi)
    return Interval(p - q - low, p - q + high)


def _joined(x: float, y: float, correlation: float) -> float:
    return sqrt(max(0.0, x * x - 2 * correlation * x * y + y * y))


def agresti_min(b: int, c: int, n: int, confidence: float = 0.95) -> Interval:
    """Return the Wald interval of a paired difference in shares after half a question is added to each of four cells.

    Parameters
    ----------
    b, c : int
        How many questions only the first, and only the second, got right.
    n : int
        Number of questions, more than 0.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Interval
        Of the first system's share less the second's, within [-1, 1].

    Raises
    ------
    ValueError
        If an argument is out of its range.

    References
    ----------
    A. Agresti and Y. Min, Stat. Med. 24 (2005) 729-740.

    Examples
    --------
    >>> low, high = agresti_min(40, 20, 160)
    >>> round(low, 5), round(high, 5)
    (0.0309, 0.21602)
    """
    if not (n > 0 and min(b, c) >= 0 and b + c <= n and 0 < confidence < 1):
        raise ValueError(f"no paired counts: {b} and {c} of {n} at confidence {confidence}")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    value = (b - c) / (n + 2)
    half = z * sqrt(b + c + 1 - (b - c) ** 2 / (n + 2)) / (n + 2)
    return Interval(max(-1.0, value - half), min(1.0, value + half))
