"""Scores corrected by the judge's sensitivity and specificity, and whether these may be borrowed."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.statistics._corrected import BORROWED, QUESTIONS, Corrected
from ecg_bench.statistics._intervals import Interval
from ecg_bench.statistics._multiplicity import holm

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer[Any]]

ALIKE = 0.1  # p-value above which error rates may be taken for equal
YOUDEN = 0.3  # that a judge must exceed for its errors to be corrected
METHOD = "rogan_gladen_lee"


def rogan_gladen(share: float, sensitivity: float, specificity: float) -> float | None:
    """Return the true share behind the share that an imperfect judge passes.

    Parameters
    ----------
    share : float
        That the judge passes, from 0 to 1.
    sensitivity, specificity : float
        Share of right answers that it passes, and of wrong ones that it fails, from 0 to 1.

    Returns
    -------
    float or None
        Within [0, 1]; None where the judge is no better than chance.

    References
    ----------
    W. J. Rogan and B. Gladen, Am. J. Epidemiol. 107 (1978) 71-76.

    Examples
    --------
    >>> round(rogan_gladen(23 / 150, 0.96, 0.89), 5)
    0.05098
    """
    youden = sensitivity + specificity - 1
    if youden <= 1e-12:
        return None
    return min(1.0, max(0.0, (share + specificity - 1) / youden))


def lee_interval(
    share: float,
    n: int,
    specificity: float,
    wrong: int,
    sensitivity: float,
    right: int,
    *,
    confidence: float = 0.95,
) -> Interval | None:
    """Return the interval of `rogan_gladen` where sensitivity and specificity were themselves estimated.

    Parameters
    ----------
    share : float
        That the judge passes of `n` answers.
    n : int
        More than 0.
    specificity : float
        Seen on as many as `wrong` answers that a human rejects.
    wrong : int
        Not negative.
    sensitivity : float
        Seen on as many as `right` answers that a human accepts.
    right : int
        Not negative.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Interval or None
        Within [0, 1]; None where the judge seems no better than chance.

    References
    ----------
    C. Lee et al., How to Correctly Report LLM-as-a-Judge Evaluations (2025), arXiv 2511.21140.

    Examples
    --------
    >>> low, high = lee_interval(0.4, 1000, 0.7, 200, 0.9, 200)
    >>> round(low, 5), round(high, 5)
    (0.05635, 0.26273)
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    p, of_p = (share * n + z * z / 2) / (n + z * z), n + z * z
    q0, of_q0 = (specificity * wrong + 1) / (wrong + 2), wrong + 2
    q1, of_q1 = (sensitivity * right + 1) / (right + 2), right + 2
    youden = q0 + q1 - 1
    if youden <= 1e-12:
        return None
    value = min(1.0, max(0.0, (p + q0 - 1) / youden))
    from_wrong, from_right = q0 * (1 - q0) / of_q0, q1 * (1 - q1) / of_q1
    shift = 2 * z * z * (value * from_right - (1 - value) * from_wrong)
    error = sqrt(p * (1 - p) / of_p + (1 - value) ** 2 * from_wrong + value**2 * from_right) / youden
    low, high = (min(1.0, max(0.0, value + shift + sign * z * error)) for sign in (-1, 1))
    return Interval(low, high)


@dataclass(frozen=True)
class ErrorRates:
    """Whether a judge errs alike on several systems.

    Attributes
    ----------
    sensitivity, specificity : array of float, shape (systems,)
        NaN where a system has no rated answer of the kind.
    right, wrong : array of int, shape (systems,)
        How many answers the human accepts, and rejects.
    p_sensitivity, p_specificity : float
        Of the tests that all systems have the same.
    youden : array of float, shape (systems,)
        Sensitivity + specificity - 1.
    delta : array of float, shape (systems, systems)
        Youden's index of the row less that of the column.
    p_delta : array of float, shape (systems, systems)
        Of the tests that a pair's are equal, adjusted by Holm's method; 1 on the diagonal, NaN where one is unknown.
    """

    sensitivity: Floats
    specificity: Floats
    right: npt.NDArray[np.int64]
    wrong: npt.NDArray[np.int64]
    p_sensitivity: float
    p_specificity: float
    youden: Floats
    delta: Floats
    p_delta: Floats


def error_rate_test(
    human: npt.ArrayLike, judge: npt.ArrayLike, systems: npt.ArrayLike, *, draws: int = 10_000, seed: int
) -> ErrorRates:
    """Test whether a judge's sensitivity and specificity are the same on all systems.

    Parameters
    ----------
    human, judge : array-like of 0 and 1, shape (rated,)
        Whether human and judge accept an answer, of answers rated at random.
    systems : array-like of int, shape (rated,)
        Whose answer it is, from 0.
    draws : int
        Of the permutation tests.
    seed : int
        Of these draws.

    Raises
    ------
    ValueError
        If shapes differ.

    Notes
    -----
    Among the answers that a human accepts it is permuted which ones the judge passed, and Pearson's statistic of the
    table of systems by verdict is compared; likewise among those rejected. A pair's indices are compared by a normal
    test with one answer added to each cell (Agresti and Caffo 2000). Answers are taken as independent.

    References
    ----------
    A. Agresti and B. Caffo, Am. Stat. 54 (2000) 280-288; Fiedler (2026), arXiv 2605.06939, for reporting Youden's index
    by system.
    """
    accepted, passed = np.asarray(human) > 0.5, np.asarray(judge) > 0.5
    codes = np.asarray(systems, dtype=np.int64)
    if not accepted.shape == passed.shape == codes.shape:
        raise ValueError("there must be one rating, one verdict and one system for each answer")
    count = int(codes.max(initial=-1)) + 1
    right, wrong = (np.bincount(codes[kind], minlength=count) for kind in (accepted, ~accepted))
    hits, rejections = (np.bincount(codes[kind], minlength=count) for kind in (accepted & passed, ~accepted & ~passed))
    rng = np.random.default_rng(seed)
    p_sensitivity, p_specificity = (_alike(k, n, draws, rng) for k, n in ((hits, right), (rejections, wrong)))
    sensitivity, specificity = _shares(hits, right), _shares(rejections, wrong)
    youden = sensitivity + specificity - 1
    shrunk, spread = _shrunk(hits, right)
    other, other_spread = _shrunk(rejections, wrong)
    p = _pairs(shrunk + other - 1, spread + other_spread, np.isnan(youden))
    delta = youden[:, None] - youden[None, :]
    return ErrorRates(sensitivity, specificity, right, wrong, p_sensitivity, p_specificity, youden, delta, p)


def _shares(counts: Codes, of: Codes) -> Floats:
    shares: Floats = np.divide(counts, of, out=np.full(len(of), np.nan), where=of > 0)
    return shares


def _shrunk(counts: Codes, of: Codes) -> tuple[Floats, Floats]:
    share = (counts + 1) / (of + 2)
    return share, share * (1 - share) / (of + 2)


def _alike(counts: Codes, of: Codes, draws: int, rng: np.random.Generator) -> float:
    """Return the p-value of equal shares, given how many there are in all."""
    there = of > 0
    counts, of = counts[there], of[there]
    total, everything = int(counts.sum()), int(of.sum())
    if len(of) < 2 or total in (0, everything):
        return 1.0
    expected = of * total / everything
    drawn = rng.multivariate_hypergeometric(of, total, size=draws)
    statistics = ((drawn - expected) ** 2 / of).sum(axis=1)  # Pearson's, but for a constant factor
    observed = float(((counts - expected) ** 2 / of).sum())
    return float((1 + (statistics >= observed - 1e-9).sum()) / (1 + draws))


def _pairs(youden: Floats, variance: Floats, unknown: npt.NDArray[np.bool_]) -> Floats:
    p = np.where(unknown[:, None] | unknown[None, :], np.nan, 1.0)
    rows, columns = np.triu_indices(len(youden), 1)
    known = ~np.isnan(p[rows, columns])
    rows, columns = rows[known], columns[known]
    if len(rows):
        from scipy.special import ndtr

        errors = np.sqrt(variance[rows] + variance[columns])
        adjusted = holm(2 * ndtr(-np.abs(youden[rows] - youden[columns]) / errors))
        p[rows, columns] = p[columns, rows] = adjusted
    return p


def borrowed_score(verdict: npt.ArrayLike, rates: ErrorRates, *, declared: bool, confidence: float = 0.95) -> Corrected:
    """Correct the pass rate of a system without ratings by the judge's errors on others.

    Parameters
    ----------
    verdict : array-like of 0 and 1, shape (answers,)
        Whether the judge passes each answer of the system.
    rates : ErrorRates
        Of the judge on the systems that were rated.
    declared : bool
        Whether the user says that the judge errs on this system as on those. Data can't tell.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Corrected
        By Rogan and Gladen's formula with Lee's interval; without a value, but a reason, unless it is declared, neither
        sensitivity nor specificity differs between the rated systems (p > 0.1), and Youden's index exceeds 0.3.
    """
    passed = np.asarray(verdict, dtype=np.float64)
    right, wrong = int(rates.right.sum()), int(rates.wrong.sum())
    reason = _obstacle(rates, right, wrong, len(passed), declared)
    if reason is None:
        sensitivity = float(np.nansum(rates.sensitivity * rates.right)) / right
        specificity = float(np.nansum(rates.specificity * rates.wrong)) / wrong
        share, youden = float(passed.mean()), sensitivity + specificity - 1
        value = rogan_gladen(share, sensitivity, specificity)
        ends = lee_interval(share, len(passed), specificity, wrong, sensitivity, right, confidence=confidence)
        if value is not None and ends is not None and youden > YOUDEN:
            said = (QUESTIONS, BORROWED)
            low, high = min(value, ends.low), max(value, ends.high)
            return Corrected(value, low, high, METHOD, len(passed), 0, said)
        reason = f"the judge is too weak to be corrected: Youden's index is {youden:.2f}, and must exceed {YOUDEN:g}"
    return Corrected(None, None, None, "none", len(passed), 0, (), reason)


def _obstacle(rates: ErrorRates, right: int, wrong: int, judged: int, declared: bool) -> str | None:
    if not declared:
        return "no answer of this system is rated, and it is not declared that the judge errs on it as on the others"
    if not (right and wrong and judged):
        return "sensitivity and specificity are unknown: a human must have accepted and rejected answers of others"
    for name, p in (("sensitivity", rates.p_sensitivity), ("specificity", rates.p_specificity)):
        if p <= ALIKE:
            return f"the judge's {name} differs between the rated systems (p = {p:.3g}): it can't be borrowed"
    return None
