"""What a coefficient of agreement is: sums over units, and a value computed from the sums."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Weights = Literal["nominal", "linear", "quadratic", "ordinal"]


@dataclass(frozen=True)
class Coefficient(ABC):
    """A coefficient that depends on the units only by sums of what each contributes.

    So a jackknife, a bootstrap, weights, slices and clusters are sums of rows, and no coefficient needs code of its own
    for any of them.

    Parameters
    ----------
    name : str
        As in reports: ``kappa_linear``.
    q : int
        The number of levels of the scale, whether seen or not.
    lowest : float
        The value at the other end from 1: -1, or 0 for shares. The middle between them is what chance or nothing known
        gives.
    weighs_rare : bool
        Whether rare levels count for as much as frequent ones, so that there is only as much evidence as there is of
        them.
    """

    name: str
    q: int
    lowest: float = field(default=-1.0, kw_only=True)
    weighs_rare: bool = field(default=True, kw_only=True)

    @abstractmethod
    def statistics(self, ratings: Floats) -> Floats:
        """Return what each unit contributes.

        Parameters
        ----------
        ratings : array of float, shape (units, raters)
            Places of levels, 0 to q - 1; NaN where a rater did not rate a unit.

        Returns
        -------
        array of float, shape (units, k)
            Rows of zeros for units that say nothing.

        Raises
        ------
        ValueError
            If a rating is no level of the scale, or the number of raters is not the coefficient's.
        """

    @abstractmethod
    def value(self, sums: Floats) -> Floats:
        """Return the coefficient of sums of statistics, shape (..., k), as shape (...); NaN where it is undefined."""

    def counted(self, ratings: Floats) -> Bools:
        """Return of each unit whether it is one of the n: here, whether two raters rated it."""
        found: Bools = (~np.isnan(ratings)).sum(axis=1) > 1
        return found


def disagreement(q: int, weights: Weights) -> Floats:
    """Return how far apart levels are: 0 for the same, 1 for the farthest, shape (q, q).

    ``nominal`` is 1 for any two; ``linear`` and ``quadratic`` grow with the steps between them; ``ordinal`` with the
    number of pairs of levels that they span (Gwet 2014, section 3.5).
    """
    steps = np.abs(np.subtract.outer(np.arange(q), np.arange(q))).astype(np.float64)
    grown = {
        "nominal": (steps > 0).astype(np.float64),
        "linear": steps,
        "quadratic": steps**2,
        "ordinal": steps * (steps + 1) / 2,
    }[weights]
    found: Floats = grown / grown.max()
    return found


def level_counts(ratings: Floats, q: int) -> Floats:
    """Return how many raters gave each unit each level, shape (units, q)."""
    counts: Floats = (ratings[:, :, None] == np.arange(q)).sum(axis=1).astype(np.float64)
    if counts.sum() != (~np.isnan(ratings)).sum():
        raise ValueError(f"ratings must be places of levels, whole numbers from 0 to {q - 1}")
    return counts


def pair_cells(ratings: Floats, q: int) -> Floats:
    """Return the cell of each unit in the table of two raters, as a row with a single 1: shape (units, q * q)."""
    if ratings.shape[1] != 2:
        raise ValueError(f"this coefficient is one of two raters, not of {ratings.shape[1]}")
    first, second = (level_counts(ratings[:, [rater]], q) for rater in (0, 1))
    cells: Floats = (first[:, :, None] * second[:, None, :]).reshape(len(ratings), q * q)
    return cells


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Return a quotient, NaN where the denominator is not above 0."""
    numerator, denominator = np.broadcast_arrays(numerator, denominator)
    found: Floats = np.full(denominator.shape, np.nan)
    np.divide(numerator, denominator, out=found, where=denominator > 0)
    return found


def suffixed(name: str, weights: Weights) -> str:
    """Return the name of a coefficient with its weights, which nominal ones don't have."""
    return name if weights == "nominal" else f"{name}_{weights}"
