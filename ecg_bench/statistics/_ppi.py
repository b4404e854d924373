"""Prediction-powered inference as it was published, to compare with; `corrected_scores` refines it for few ratings."""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class PredictionPowered(NamedTuple):
    """A prediction-powered mean, its interval and the weight of the judge."""

    value: float
    low: float
    high: float
    weight: float


def prediction_powered(
    human: npt.ArrayLike,
    judge: npt.ArrayLike,
    unrated: npt.ArrayLike,
    weight: float | None = None,
    *,
    confidence: float = 0.95,
) -> PredictionPowered:
    """Return the mean that PPI or PPI++ gives for a random sample of rated answers.

    Parameters
    ----------
    human, judge : array-like of float, shape (rated,)
        The human's and the judge's scores of the rated answers; at least two.
    unrated : array-like of float, shape (unrated,)
        The judge's scores of other answers; at least one.
    weight : float, optional
        Of the judge: 1 is PPI, 0 the human ratings alone. Without it the weight with the least variance is taken, from
        0 to 1: PPI++.
    confidence : float
        Between 0 and 1. The interval is normal: too short for some dozens of ratings (``docs/correction-coverage.md``).

    Raises
    ------
    ValueError
        If shapes differ or there are too few.

    References
    ----------
    A. N. Angelopoulos et al., Science 382 (2023) 669-674; A. N. Angelopoulos, J. C. Duchi and T. Zrnic, PPI++ (2023),
    arXiv 2311.01453, section 6.
    """
    y, f, rest = (np.asarray(values, dtype=np.float64) for values in (human, judge, unrated))
    if y.shape != f.shape or y.ndim != 1 or rest.ndim != 1 or len(y) < 2 or len(rest) < 1:
        raise ValueError("there must be two or more answers rated and judged, and one or more only judged")
    if weight is None:
        spread = (1 + len(y) / len(rest)) * np.concatenate([f, rest]).var(ddof=1)
        weight = float(np.clip(np.cov(y, f, ddof=0)[0, 1] / spread, 0, 1)) if spread > 0 else 0.0
    value = weight * float(rest.mean()) + float((y - weight * f).mean())
    error = ((y - weight * f).var() / len(y) + weight**2 * rest.var() / len(rest)) ** 0.5
    half = NormalDist().inv_cdf(0.5 + confidence / 2) * float(error)
    return PredictionPowered(value, value - half, value + half, weight)
