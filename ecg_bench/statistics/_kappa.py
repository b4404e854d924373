"""Cohen's kappa."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from ecg_bench.statistics._coefficient import Coefficient, Floats, Weights, disagreement, pair_cells, ratio, suffixed


@dataclass(frozen=True)
class _Cohen(Coefficient):
    weights: Weights

    def statistics(self, ratings: Floats) -> Floats:
        return pair_cells(ratings, self.q)

    def value(self, sums: Floats) -> Floats:
        table = sums.reshape(*sums.shape[:-1], self.q, self.q)
        rows, columns, n = table.sum(axis=-1), table.sum(axis=-2), sums.sum(axis=-1)
        distance = disagreement(self.q, self.weights)
        observed = n * (table * distance).sum(axis=(-1, -2))
        expected = ((rows @ distance) * columns).sum(axis=-1)
        # Of a rater who always says the same, kappa is 0 whatever the other says: that is no finding.
        constant = np.maximum(rows.max(axis=-1), columns.max(axis=-1)) >= n * (1 - 1e-12)
        found: Floats = np.where(constant, np.nan, 1 - ratio(observed, expected))
        return found


def cohen_kappa(q: int, weights: Weights = "nominal") -> Coefficient:
    """Return Cohen's kappa of two raters.

    Parameters
    ----------
    q : int
        The number of levels of the scale. Weights depend on it, so it must not be the number of levels seen.
    weights : {"nominal", "linear", "quadratic", "ordinal"}
        How much a disagreement by several levels counts.

    Returns
    -------
    Coefficient
        From -1 to 1; 0 for what the raters' own shares of each level would give by chance. Undefined where a rater gave
        all units the same level.

    References
    ----------
    J. Cohen, Educ. Psychol. Meas. 20 (1960) 37-46, and Psychol. Bull. 70 (1968) 213-220.
    """
    return _Cohen(suffixed("kappa", weights), q, weights)


def kappa_errors(table: Floats, weights: Weights = "nominal") -> tuple[float, float]:
    """Return the asymptotic standard errors of kappa, and of kappa were it 0.

    Parameters
    ----------
    table : array of float, shape (q, q)
        How many units have each pair of levels.
    weights : {"nominal", "linear", "quadratic", "ordinal"}
        As of `cohen_kappa`.

    Returns
    -------
    (float, float)
        NaN where kappa is undefined.

    References
    ----------
    J. L. Fleiss, J. Cohen and B. S. Everitt, Psychol. Bull. 72 (1969) 323-327, formulas 8 and 9.
    """
    q = len(table)
    n = table.sum()
    kappa = float(cohen_kappa(q, weights).value(table.reshape(-1).astype(np.float64)))
    if np.isnan(kappa):
        return float("nan"), float("nan")
    shares, agreement = table / n, 1 - disagreement(q, weights)
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    chance = np.outer(rows, columns)
    expected = (agreement * chance).sum()
    means = (agreement @ columns)[:, None] + (rows @ agreement)[None, :]
    scale = n * (1 - expected) ** 2
    spread = (shares * (agreement - means * (1 - kappa)) ** 2).sum() - (kappa - expected * (1 - kappa)) ** 2
    spread0 = (chance * (agreement - means) ** 2).sum() - expected**2
    return sqrt(max(0.0, spread) / scale), sqrt(max(0.0, spread0) / scale)
