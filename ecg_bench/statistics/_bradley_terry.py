"""Strengths from pairwise judgements."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

STEPS = 100


def bradley_terry(wins: npt.ArrayLike) -> Floats:
    """Return the maximum-likelihood strengths of the Bradley-Terry model.

    Parameters
    ----------
    wins : array-like of float, shape (systems, systems)
        How often the row was preferred to the column; half a win each for a tie. The diagonal is ignored.

    Returns
    -------
    array of float, shape (systems,)
        Log strengths with the mean 0: row beats column with the odds ``exp(strength_row - strength_column)``.

    Raises
    ------
    ValueError
        If `wins` is no square table of counts, or the systems fall into two parts of which one never lost to the other:
        then no finite strengths are the most likely.

    Notes
    -----
    Newton's method, its steps bounded; the likelihood is concave where the strengths exist.

    References
    ----------
    R. A. Bradley and M. E. Terry, Biometrika 39 (1952) 324-345; L. R. Ford, Am. Math. Mon. 64(8) (1957) 28-33.

    Examples
    --------
    >>> strength = bradley_terry([[0, 3], [1, 0]])
    >>> round(float(np.exp(strength[0] - strength[1])), 6)
    3.0
    """
    won = np.array(wins, dtype=np.float64)
    if won.ndim != 2 or won.shape[0] != won.shape[1] or not np.all(won >= 0):
        raise ValueError("wins must be a square table of counts that are not negative")
    np.fill_diagonal(won, 0)
    _check_connected(won)
    games, total = won + won.T, won.sum(axis=1)
    strength = np.zeros(len(won))
    for _ in range(STEPS):
        odds = 1 / (1 + np.exp(strength[None, :] - strength[:, None]))
        information = games * odds * (1 - odds)
        hessian = np.diag(information.sum(axis=1)) - information + 1 / len(won)  # the mean, free in the model, is held
        step = np.linalg.solve(hessian, total - (games * odds).sum(axis=1))
        strength += step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-10:
            break
    centred: Floats = strength - strength.mean()
    return centred


def _check_connected(won: Floats) -> None:
    from scipy.sparse.csgraph import connected_components

    parts, part = connected_components(won > 0, directed=True, connection="strong")
    if parts > 1:
        alone = int(np.argmin(np.bincount(part)))
        members = ", ".join(str(n) for n in np.flatnonzero(part == alone)[:8])
        raise ValueError(
            f"the strengths are not determined: the systems {members} never won, never lost or never met the others"
        )
