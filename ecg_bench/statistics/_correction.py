"""Corrected scores of systems and their differences: what the reports call."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ecg_bench.statistics import _fit
from ecg_bench.statistics._corrected import Corrected, Design, Floats, Table
from ecg_bench.statistics._fit import Fit, Part, fit


def corrected_score(
    human: npt.ArrayLike,
    verdict: npt.ArrayLike,
    judge: npt.ArrayLike,
    *,
    design: Design,
    graded: bool,
    clusters: npt.ArrayLike | None = None,
    inclusion: npt.ArrayLike | None = None,
    confidence: float = 0.95,
    seed: int,
) -> Corrected:
    """Return the corrected score of one system; arguments of shape (answers,), otherwise as of `corrected_scores`."""
    return corrected_scores(
        human,
        verdict,
        judge,
        design=design,
        graded=graded,
        clusters=clusters,
        inclusion=inclusion,
        confidence=confidence,
        seed=seed,
    )[0]


def corrected_scores(
    human: npt.ArrayLike,
    verdict: npt.ArrayLike,
    judge: npt.ArrayLike,
    *,
    design: Design,
    graded: bool,
    clusters: npt.ArrayLike | None = None,
    inclusion: npt.ArrayLike | None = None,
    confidence: float = 0.95,
    seed: int,
) -> list[Corrected]:
    """Correct the scores of systems that a judge gave by what humans said of some answers.

    Parameters
    ----------
    human : array-like of float, shape (rows, systems)
        The human rating from 0 to 1, only 0 and 1 unless `graded`; NaN where not rated. A row is a question, or one
        epoch of it.
    verdict : array-like of int, shape (rows, systems)
        The level that the judge gave, from 0 for the worst; -1 where not judged. Such answers count for nothing.
    judge : array-like of float, shape (rows, systems)
        The judge's score from 0 to 1.
    design : {"random", "verdict_stratified", "unknown"}
        How the rated answers were picked from the judged ones: by chance alone, so many of each verdict, or nobody
        knows, which is treated as if they were picked by verdict.
    graded : bool
        Whether ratings lie between 0 and 1; else they are right or wrong, and the score is a pass rate.
    clusters : array-like, shape (rows,), optional
        The question of each row, where a question has several.
    inclusion : array-like of float, shape (rows, systems), optional
        The probability with which an answer was picked for rating; NaN where it is not known.
    confidence : float
        Between 0 and 1.
    seed : int
        Of the draws for pass rates.

    Returns
    -------
    list of Corrected
        One for each system. No system's score depends on the others.

    Raises
    ------
    ValueError
        If shapes differ or a value is out of its range.

    Notes
    -----
    A pass rate is post-stratified by verdict, its interval from 20,000 draws under weak priors. If the answers were
    rated at random, of more than two verdicts those with fewer than 5 ratings are taken together with their neighbours;
    if one of two has fewer, the human ratings alone with Wilson's interval are taken where that is narrower. A graded
    score is that of PPI++, within the strata of the judge's verdict unless the answers were rated at random, with a t
    interval that lies unevenly near 0 and 1, as Wilson's does. Where recorded probabilities of rating differ within a
    verdict, ratings are weighted by them. ``docs/correction-coverage.md`` has the measured coverage.

    References
    ----------
    C. Chen et al. (2026), arXiv 2601.05420, for post-stratification by verdict; A. N. Angelopoulos, J. C. Duchi and T.
    Zrnic, PPI++ (2023), arXiv 2311.01453; A. Fisch et al. (2024), arXiv 2406.04291.
    """
    table = Table.of(human, verdict, judge, clusters, inclusion)
    return fit(table, design=design, graded=graded, confidence=confidence, seed=seed).scores


def human_scores(
    human: npt.ArrayLike, *, graded: bool, clusters: npt.ArrayLike | None = None, confidence: float = 0.95
) -> list[Corrected]:
    """Return the mean human ratings of systems, for answers rated at random: Wilson's interval, with t if `graded`.

    Parameters
    ----------
    human : array-like of float, shape (rows, systems)
        From 0 to 1; NaN where not rated.
    graded, clusters, confidence
        As of `corrected_scores`.

    Raises
    ------
    ValueError
        If shapes differ or a value is out of its range.
    """
    ratings = np.asarray(human, dtype=np.float64)
    there = np.where(np.isnan(ratings), -1, 0)
    table = Table.of(ratings, there, np.zeros(ratings.shape), clusters)
    return _fit.human_only(table, graded=graded, confidence=confidence).scores


@dataclass(frozen=True)
class CorrectedDifferences:
    """Differences between corrected scores; NaN where a system has none, and 0 with p = 1 on the diagonal.

    Attributes
    ----------
    value : array, shape (systems, systems)
        Score of the row less that of the column.
    low, high : array, shape (systems, systems)
        Ends of the intervals.
    p : array, shape (systems, systems)
        Two-sided p-values of no difference, not adjusted for their number.
    """

    value: Floats
    low: Floats
    high: Floats
    p: Floats


def corrected_differences(
    human: npt.ArrayLike,
    verdict: npt.ArrayLike,
    judge: npt.ArrayLike,
    *,
    design: Design,
    graded: bool,
    clusters: npt.ArrayLike | None = None,
    inclusion: npt.ArrayLike | None = None,
    confidence: float = 0.95,
    seed: int,
) -> CorrectedDifferences:
    """Compare the corrected scores of all pairs of systems; arguments as of `corrected_scores`.

    Returns
    -------
    CorrectedDifferences
        The values are the differences of the corrected scores, and the intervals are paired: what both systems owe to
        the same questions cancels, whether or not the same answers were rated.

    Notes
    -----
    Each question's influence on each score is known; the sum over questions of the products of two systems' influences
    is the covariance of their scores. Variances are those of the t intervals, and for pass rates those of their
    posteriors under neutral priors, around whose means the intervals lie: so they hold their coverage where every
    rated answer of a verdict was accepted. Degrees of freedom are those of Welch and Satterthwaite for graded scores,
    and the sum of both systems' for pass rates.

    References
    ----------
    E. Miller, Adding Error Bars to Evals (2024), arXiv 2411.00640, sections 2.2 and 4; J. Kerman, Electron. J. Stat.
    5 (2011) 1450-1470.
    """
    table = Table.of(human, verdict, judge, clusters, inclusion)
    return differences_of(fit(table, design=design, graded=graded, confidence=confidence, seed=seed))


def differences_of(fitted: Fit) -> CorrectedDifferences:
    """Compare all pairs of systems of a fit."""
    value = np.array([np.nan if score.value is None else score.value for score in fitted.scores])
    rows, columns = np.indices((len(value), len(value)))
    covariance = fitted.influence.T @ fitted.influence
    low, high, p = compare(fitted.part(rows), fitted.part(columns), covariance, fitted.confidence)
    for table, diagonal in ((low, 0.0), (high, 0.0), (p, 1.0)):
        table[np.diag_indices_from(table)] = np.where(np.isnan(value), np.nan, diagonal)
    return CorrectedDifferences(value[:, None] - value[None, :], low, high, p)


def compare(first: Part, second: Part, covariance: Floats, confidence: float) -> tuple[Floats, Floats, Floats]:
    """Return the ends of the intervals of first less second, and the p-values; all arrays of one shape."""
    from scipy.special import stdtr, stdtrit

    scale = first.scale * second.scale
    correlation = np.clip(np.divide(covariance, scale, out=np.zeros_like(covariance), where=scale > 0), -1, 1)
    total = first.variance + second.variance
    error = np.sqrt(np.maximum(total - 2 * correlation * np.sqrt(first.variance * second.variance), 1e-18))
    parts = first.variance**2 / first.degrees + second.variance**2 / second.degrees
    welch = np.divide(total**2, parts, out=np.ones_like(parts), where=parts > 0)
    degrees = np.where(first.robust | second.robust, welch, first.degrees + second.degrees)
    centre = first.centre - second.centre
    half = stdtrit(degrees, 0.5 + confidence / 2) * error
    p: Floats = 2 * stdtr(degrees, -np.abs(centre) / error)
    return np.maximum(centre - half, -1.0), np.minimum(centre + half, 1.0), p
