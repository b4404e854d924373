"""Krippendorff's alpha."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from ecg_bench.statistics._coefficient import Coefficient, Floats, level_counts, ratio

Places = npt.NDArray[np.intp]
Level = Literal["nominal", "ordinal", "interval", "ratio"]


@dataclass(frozen=True)
class _Krippendorff(Coefficient):
    level: Level
    values: tuple[float, ...]

    def statistics(self, ratings: Floats) -> Floats:
        # Of each unit: its pairs of different levels, and how often each level stands in a pair.
        counts = level_counts(ratings, self.q)
        raters = counts.sum(axis=1, keepdims=True)
        low, high = self._pairs()
        return np.hstack([counts[:, low] * counts[:, high] / np.maximum(raters - 1, 1), counts * (raters > 1)])

    def value(self, sums: Floats) -> Floats:
        low, high = self._pairs()
        different, totals = sums[..., : len(low)], sums[..., len(low) :]
        distance = self._distance(totals)
        observed = (totals.sum(axis=-1) - 1) * (different * distance).sum(axis=-1)
        return 1 - ratio(observed, (totals[..., low] * totals[..., high] * distance).sum(axis=-1))

    def _pairs(self) -> tuple[Places, Places]:
        """Return the lower and the higher level of each pair of different ones."""
        return np.triu_indices(self.q, 1)

    def _distance(self, totals: Floats) -> Floats:
        """Return how far apart the levels of each pair are."""
        low, high = self._pairs()
        if self.level == "nominal":
            return np.ones(len(low))
        places = totals.cumsum(axis=-1) - totals / 2 if self.level == "ordinal" else np.array(self.values)
        apart = places[..., high] - places[..., low]
        if self.level == "ratio":
            apart = apart / (places[high] + places[low])
        squared: Floats = apart**2
        return squared


def krippendorff(q: int, level: Level, values: Sequence[float] | None = None) -> Coefficient:
    """Return Krippendorff's alpha of any number of raters with missing ratings.

    Parameters
    ----------
    q : int
        The number of levels of the scale.
    level : {"nominal", "ordinal", "interval", "ratio"}
        How far apart two levels are: different or not, by the ratings between them, by the difference of their values
        squared, or by that difference as a share of their sum.
    values : sequence of float, optional
        What each level stands for, for ``interval`` and ``ratio``: different, and not negative; 0, 1, … if not given.

    Returns
    -------
    Coefficient
        1 for perfect agreement, 0 for what chance would give. Units with fewer than two ratings say nothing. Undefined
        where all ratings are equal.

    References
    ----------
    K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011).
    """
    return _Krippendorff(f"alpha_{level}", q, level, tuple(range(q) if values is None else values))


def krippendorff_alpha(ratings: Floats, level: Level) -> float | None:
    """Return Krippendorff's alpha of values of any kind: their levels are those that occur, which alpha allows.

    Parameters
    ----------
    ratings : array of float, shape (units, raters)
        NaN where a rater did not rate a unit.
    level : {"nominal", "ordinal", "interval", "ratio"}
        As of `krippendorff`.

    Returns
    -------
    float or None
        None where all ratings are equal, or none can be paired.
    """
    rated = ~np.isnan(ratings)
    values, places = np.unique(ratings[rated], return_inverse=True)
    levels = np.full(ratings.shape, np.nan)
    levels[rated] = places
    coefficient = krippendorff(len(values), level, values.tolist())
    value = float(coefficient.value(coefficient.statistics(levels).sum(axis=0)))
    return None if np.isnan(value) else value
