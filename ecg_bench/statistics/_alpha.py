"""Krippendorff's alpha."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ecg_bench.statistics._coefficient import Coefficient, Floats, level_counts, ratio

Level = Literal["nominal", "ordinal", "interval", "ratio"]


@dataclass(frozen=True)
class _Krippendorff(Coefficient):
    level: Level
    values: tuple[float, ...]

    def statistics(self, ratings: Floats) -> Floats:
        counts = level_counts(ratings, self.q)
        pairs = counts[:, :, None] * counts[:, None, :]
        pairs[:, range(self.q), range(self.q)] -= counts
        # A unit with one rating has no pairs: its row is 0 already.
        found: Floats = pairs.reshape(len(ratings), self.q**2) / np.maximum(counts.sum(axis=1) - 1, 1)[:, None]
        return found

    def value(self, sums: Floats) -> Floats:
        coincidences = sums.reshape(*sums.shape[:-1], self.q, self.q)
        totals = coincidences.sum(axis=-1)
        n = totals.sum(axis=-1)
        distance = self._distance(totals)
        observed = (n - 1) * (coincidences * distance).sum(axis=(-1, -2))
        expected = ((distance @ totals[..., None])[..., 0] * totals).sum(axis=-1)
        return 1 - ratio(observed, expected)

    def _distance(self, totals: Floats) -> Floats:
        if self.level == "nominal":
            return 1.0 - np.eye(self.q)
        places = totals.cumsum(axis=-1) - totals / 2 if self.level == "ordinal" else np.array(self.values)
        apart = places[..., :, None] - places[..., None, :]
        if self.level == "ratio":
            apart = np.nan_to_num(ratio(apart, places[:, None] + places[None, :]))
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
        What each level stands for, for ``interval`` and ``ratio``, where they must not be negative; 0, 1, … if not
        given.

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
