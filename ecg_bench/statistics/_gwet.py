"""Coefficients of any number of raters that correct the mean agreement of pairs for chance: Gwet, Fleiss, Brennan."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np

from ecg_bench.statistics._coefficient import Coefficient, Floats, Weights, disagreement, level_counts, ratio, suffixed


@dataclass(frozen=True)
class _PairsAgainstChance(Coefficient):
    """Mean agreement of the pairs of ratings of a unit, against what chance would give."""

    weights: Weights
    chance: Literal["gwet", "fleiss", "uniform"]

    def statistics(self, ratings: Floats) -> Floats:
        counts = level_counts(ratings, self.q)
        raters = counts.sum(axis=1)
        agreement = 1 - disagreement(self.q, self.weights)
        pairs = ((counts @ agreement) * counts).sum(axis=1) - raters
        shares = counts / np.maximum(raters, 1)[:, None]  # a unit counts once, however many rated it
        return np.column_stack([pairs / np.maximum(raters * (raters - 1), 1), raters > 1, shares])

    def value(self, sums: Floats) -> Floats:
        observed = ratio(sums[..., 0], sums[..., 1])
        totals = sums[..., 2:]
        shares = ratio(totals, totals.sum(axis=-1, keepdims=True))
        expected = self.expected(shares)
        one_class = shares.max(axis=-1) >= 1 - 1e-12
        found: Floats = np.where(one_class, np.nan, ratio(observed - expected, 1 - expected))
        return found

    def expected(self, shares: Floats) -> Floats:
        """Return the agreement by chance, of the share of each level."""
        agreement = 1 - disagreement(self.q, self.weights)
        if self.chance == "fleiss":
            return np.asarray(((shares @ agreement) * shares).sum(axis=-1))
        if self.chance == "uniform":
            return np.full(shares.shape[:-1], agreement.mean())
        by_chance: Floats = self.scale() * (shares * (1 - shares)).sum(axis=-1)
        return by_chance

    def scale(self) -> float:
        """Return the factor of Gwet's agreement by chance."""
        return float((1 - disagreement(self.q, self.weights)).sum() / (self.q * (self.q - 1)))


def gwet_ac(q: int, weights: Weights = "nominal") -> Coefficient:
    """Return Gwet's AC1, or with weights his AC2, of any number of raters with missing ratings.

    Parameters
    ----------
    q : int
        The number of levels of the scale.
    weights : {"nominal", "linear", "quadratic", "ordinal"}
        How much a disagreement by several levels counts.

    Returns
    -------
    Coefficient
        Hardly lower where nearly all units have one level, which draws kappa to 0. Undefined where all have.

    References
    ----------
    K. L. Gwet, Br. J. Math. Stat. Psychol. 61 (2008) 29-48; Handbook of Inter-Rater Reliability (2014), chapters 3-5.
    """
    return _gwet(q, weights)


def _gwet(q: int, weights: Weights) -> _PairsAgainstChance:
    return _PairsAgainstChance(
        "ac1" if weights == "nominal" else f"ac2_{weights}", q, weights, "gwet", weighs_rare=False
    )


def brennan_prediger(q: int, weights: Weights = "nominal") -> Coefficient:
    """Return the coefficient of Brennan and Prediger: by chance all levels are equally likely.

    Parameters
    ----------
    q : int
        The number of levels of the scale.
    weights : {"nominal", "linear", "quadratic", "ordinal"}
        How much a disagreement by several levels counts.

    References
    ----------
    R. L. Brennan and D. J. Prediger, Educ. Psychol. Meas. 41 (1981) 687-699.
    """
    return _PairsAgainstChance(suffixed("brennan_prediger", weights), q, weights, "uniform", weighs_rare=False)


def fleiss_kappa(q: int) -> Coefficient:
    """Return Fleiss' kappa of any number of raters; units may have different numbers of ratings.

    Parameters
    ----------
    q : int
        The number of levels of the scale.

    References
    ----------
    J. L. Fleiss, Psychol. Bull. 76 (1971) 378-382; with missing ratings as in Gwet (2014), section 2.4.
    """
    return _PairsAgainstChance("fleiss_kappa", q, "nominal", "fleiss")


def gwet_error(ratings: Floats, q: int, weights: Weights = "nominal") -> float:
    """Return the standard error of Gwet's AC1 or AC2 over units, by linearisation.

    Parameters
    ----------
    ratings : array of float, shape (units, raters)
        Places of levels, 0 to q - 1; NaN where a rater did not rate a unit.
    q : int
        The number of levels of the scale.
    weights : {"nominal", "linear", "quadratic", "ordinal"}
        As of `gwet_ac`.

    Returns
    -------
    float
        NaN where the coefficient is undefined.

    References
    ----------
    K. L. Gwet, Handbook of Inter-Rater Reliability (2014), section 5.3.
    """
    coefficient = _gwet(q, weights)
    statistics = coefficient.statistics(ratings)
    statistics = statistics[statistics[:, 2:].any(axis=1)]
    n, value = len(statistics), float(coefficient.value(statistics.sum(axis=0)))
    if np.isnan(value) or n < 2:
        return float("nan")
    observed, paired, shares = statistics[:, 0], statistics[:, 1], statistics[:, 2:]
    mean = shares.mean(axis=0)
    expected = float(coefficient.expected(mean))
    by_unit = coefficient.scale() * (shares @ (1 - mean))
    own = n / paired.sum() * (observed - expected * paired) / (1 - expected)
    linear = own - 2 * (1 - value) * (by_unit - expected) / (1 - expected)
    return sqrt(float(((linear - value) ** 2).sum()) / (n * (n - 1)))
