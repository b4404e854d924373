"""How many independent raters several correlated ones are worth."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


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
