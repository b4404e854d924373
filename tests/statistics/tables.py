"""Tables of ratings for the tests."""

from __future__ import annotations

import numpy as np

from ecg_bench.statistics import Coefficient

Floats = np.ndarray


def ratings(*raters: str) -> Floats:
    """Return ratings, shape (units, raters), of a line for each rater: a digit for each unit, ``.`` for none."""
    return np.array([[np.nan if cell in ".*" else float(cell) for cell in line.replace(" ", "")] for line in raters]).T


def pairs(table: list[list[int]]) -> Floats:
    """Return the ratings of two raters that make a table of counts."""
    cells = np.argwhere(np.ones_like(table))
    return np.repeat(cells, np.array(table).reshape(-1), axis=0).astype(float)


def value(coefficient: Coefficient, given: Floats) -> float:
    """Return a coefficient of ratings."""
    return float(coefficient.value(coefficient.statistics(given).sum(axis=0)))


def random_ratings(rng: np.random.Generator, q: int, *, raters: int, missing: float = 0.0) -> Floats:
    """Return 2 to 40 units, rated by raters who agree more or less, on a skewed scale."""
    units = int(rng.integers(2, 41))
    shares = rng.dirichlet(np.full(q, rng.choice([0.3, 1, 5])))
    truth = rng.choice(q, units, p=shares)
    own = rng.choice(q, (units, raters), p=shares)
    found = np.where(rng.random((units, raters)) < rng.random(), truth[:, None], own).astype(float)
    found[rng.random(found.shape) < missing] = np.nan
    return found


KRIPPENDORFF = ratings("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
"""The four observers of Krippendorff (2011), with levels from 1 to 5."""
