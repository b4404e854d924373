"""Agreement between raters."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Level = Literal["nominal", "ordinal", "interval"]


def krippendorff_alpha(ratings: Floats, level: Level) -> float | None:
    """Return Krippendorff's alpha.

    Parameters
    ----------
    ratings : array of float, shape (units, raters)
        NaN where a rater did not rate a unit. Units with fewer than two ratings say nothing.
    level : {"nominal", "ordinal", "interval"}
        How far apart two values are: different or not, by the ranks between them, or by their difference squared.

    Returns
    -------
    float or None
        1 for perfect agreement, 0 for what chance would give; None where all ratings are equal, or none can be paired.

    References
    ----------
    K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011).
    """
    there = ~np.isnan(ratings)
    ratings, there = ratings[there.sum(axis=1) > 1], there[there.sum(axis=1) > 1]
    values = np.unique(ratings[there])
    if len(values) < 2:
        return None
    counts = np.stack([(ratings == value).sum(axis=1) for value in values], axis=1).astype(np.float64)
    pairs = np.einsum("ui,uj->uij", counts, counts)
    pairs[:, range(len(values)), range(len(values))] -= counts
    coincidences = (pairs / (counts.sum(axis=1) - 1)[:, None, None]).sum(axis=0)
    totals = coincidences.sum(axis=0)
    n = totals.sum()
    distance = _distances(values, totals, level)
    expected = float(totals @ distance @ totals)
    return float(1 - (n - 1) * (coincidences * distance).sum() / expected)


def _distances(values: Floats, totals: Floats, level: Level) -> Floats:
    if level == "nominal":
        return 1.0 - np.eye(len(values))
    places = totals.cumsum() - totals / 2 if level == "ordinal" else values
    distances: Floats = (places[:, None] - places[None, :]) ** 2
    return distances


def effective_votes(scores: Floats) -> tuple[float, float] | None:
    """Return how many independent votes correlated raters are worth, and their mean correlation.

    Parameters
    ----------
    scores : array of float, shape (units, raters)
        NaN where a rater did not rate a unit; such units are left out.

    Returns
    -------
    (float, float) or None
        ``k / (1 + (k - 1) rho)`` for k raters whose scores have the mean pairwise correlation rho, and rho. None where
        a rater is constant, or fewer than two units are rated by all.

    Notes
    -----
    What counts is the correlation of errors. Without the truth only that of the scores themselves is known, which is
    higher where raters agree because they are right; the number of votes is then too low.

    References
    ----------
    P. Verga et al., Replacing Judges with Juries (2024), arXiv 2404.18796; L. Kish, Survey Sampling
    (1965), section 8.2.
    """
    whole = scores[~np.isnan(scores).any(axis=1)]
    raters = scores.shape[1]
    if len(whole) < 2 or raters < 2 or bool((whole.std(axis=0) == 0).any()):
        return None
    matrix: Floats = np.atleast_2d(np.corrcoef(whole, rowvar=False))
    rho = float(matrix[np.triu_indices(raters, 1)].mean())
    return min(float(raters), raters / (1 + (raters - 1) * max(rho, 0.0))), rho
