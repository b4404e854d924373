"""Agreement of graded scores: intraclass correlations, and the differences of two measurements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecg_bench.statistics._coefficient import Floats


@dataclass(frozen=True)
class IntraclassCorrelations:
    """The six intraclass correlations of Shrout and Fleiss.

    Attributes
    ----------
    icc11, icc21, icc31 : float
        Of a single rater: each unit rated by other raters; by the same raters, drawn from many; by just these raters.
    icc1k, icc2k, icc3k : float
        Of the mean of the raters, in the same three cases.
    n, raters : int
        Units that all raters rated, and raters.
    """

    icc11: float
    icc21: float
    icc31: float
    icc1k: float
    icc2k: float
    icc3k: float
    n: int
    raters: int


def intraclass_correlations(scores: Floats) -> IntraclassCorrelations | None:
    """Return the intraclass correlations of raters' scores.

    Parameters
    ----------
    scores : array of float, shape (units, raters)
        NaN where a rater did not rate a unit; such units are left out, since the formulas need all ratings.

    Returns
    -------
    IntraclassCorrelations or None
        None for fewer than two raters or two units, or where all units have the same mean.

    References
    ----------
    P. E. Shrout and J. L. Fleiss, Psychol. Bull. 86 (1979) 420-428.
    """
    whole = scores[~np.isnan(scores).any(axis=1)]
    n, k = whole.shape
    if n < 2 or k < 2:
        return None
    mean = whole.mean()
    units = k * float(((whole.mean(axis=1) - mean) ** 2).sum())
    raters = n * float(((whole.mean(axis=0) - mean) ** 2).sum())
    within = float(((whole - mean) ** 2).sum()) - units
    between, inner = units / (n - 1), within / (n * (k - 1))
    columns, error = raters / (k - 1), (within - raters) / ((n - 1) * (k - 1))
    if between <= 1e-12 * (1 + mean**2):
        return None
    return IntraclassCorrelations(
        icc11=(between - inner) / (between + (k - 1) * inner),
        icc21=(between - error) / (between + (k - 1) * error + k * (columns - error) / n),
        icc31=(between - error) / (between + (k - 1) * error),
        icc1k=(between - inner) / between,
        icc2k=(between - error) / (between + (columns - error) / n),
        icc3k=(between - error) / between,
        n=n,
        raters=k,
    )


@dataclass(frozen=True)
class BlandAltman:
    """How far two measurements of the same units differ.

    Attributes
    ----------
    bias : float
        Mean of the first less the second.
    sd : float
        Standard deviation of the differences.
    low, high : float
        Limits of agreement: within them lie some 95 % of the differences, if these are normal.
    n : int
        Units that have both.
    """

    bias: float
    sd: float
    low: float
    high: float
    n: int


def bland_altman(first: Floats, second: Floats, *, multiple: float = 1.96) -> BlandAltman | None:
    """Return the bias and the limits of agreement of two measurements.

    Parameters
    ----------
    first, second : array of float, shape (units,)
        NaN where there is no measurement.
    multiple : float
        How many standard deviations the limits are from the bias.

    Returns
    -------
    BlandAltman or None
        None for fewer than two units with both.

    References
    ----------
    J. M. Bland and D. G. Altman, Lancet 327 (1986) 307-310, who took 2 standard deviations.
    """
    differences = first - second
    differences = differences[~np.isnan(differences)]
    if len(differences) < 2:
        return None
    bias, sd = float(differences.mean()), float(differences.std(ddof=1))
    return BlandAltman(bias, sd, bias - multiple * sd, bias + multiple * sd, len(differences))
