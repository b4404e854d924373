"""The populations that coverage is measured on: how well systems answer, and how a judge sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

PASSES = 0.5  # a score above it passes
ALIKE = 0.4  # correlation between systems of how hard a question is
PASSAGE = 0.2  # part of it that questions of one passage share, and as much of what a system knows of the passage


@dataclass(frozen=True)
class Rates:
    """A system's share of right answers, and the judge's error rates on it."""

    share: float
    sensitivity: float
    specificity: float

    def __str__(self) -> str:
        return f"{self.share:g} right (judge {self.sensitivity:g}/{self.specificity:g})"

    def judge(self, right: Floats, rng: np.random.Generator) -> Codes:
        """Return 1 where the judge passes an answer."""
        luck = rng.random(right.shape)
        return np.where(right == 1, luck < self.sensitivity, luck >= self.specificity).astype(np.int64)


@dataclass(frozen=True)
class Pair:
    """Two systems and how many answers of each are judged."""

    first: Rates
    second: Rates
    judged: int

    @property
    def name(self) -> str:
        """The setting, in words."""
        return f"{self.first}, against {self.second}"

    @property
    def difference(self) -> float:
        """Of the shares of right answers."""
        return self.first.share - self.second.share


BINARY = (
    Pair(Rates(0.75, 0.667, 1.0), Rates(0.65, 0.667, 1.0), 500),
    Pair(Rates(0.75, 0.85, 0.85), Rates(0.65, 0.85, 0.85), 500),
    Pair(Rates(0.9, 0.9, 0.6), Rates(0.85, 0.85, 0.7), 500),
    Pair(Rates(0.9, 0.95, 0.9), Rates(0.85, 0.95, 0.9), 1000),
)


@dataclass(frozen=True)
class Graded:
    """Answers on four levels, and a judge that is harsher than the human and errs.

    Attributes
    ----------
    name : str
    levels : tuple of float
        Shares of the human's levels.
    judged : int
    lower_levels : tuple of float
        Those of a second system.
    """

    name: str
    levels: tuple[float, ...]
    judged: int
    lower_levels: tuple[float, ...]

    values = np.array([0, 0.25, 0.75, 1])
    seen = np.array(
        [[0.85, 0.10, 0.05, 0], [0.45, 0.45, 0.08, 0.02], [0.10, 0.35, 0.45, 0.10], [0.03, 0.07, 0.35, 0.55]]
    )

    @property
    def mean(self) -> float:
        """The mean human score."""
        return float(self.values @ np.array(self.levels))

    @property
    def lower(self) -> Graded:
        """The second system."""
        return Graded(self.name, self.lower_levels, self.judged, self.lower_levels)

    @property
    def share(self) -> float:
        """The share of answers that pass."""
        return float(np.array(self.levels)[self.values > PASSES].sum())

    @property
    def difference(self) -> float:
        """Of the mean scores of both systems."""
        return self.mean - self.lower.mean

    def draw(self, rng: np.random.Generator, n: int, repetitions: int) -> tuple[Floats, Codes, Codes, Floats]:
        """Return scores and levels by the human, levels and scores by the judge: each of shape (n, repetitions)."""
        return self.of(rng.random((n, repetitions)), rng)

    def of(self, place: Floats, rng: np.random.Generator) -> tuple[Floats, Codes, Codes, Floats]:
        """Return the same of answers that stand at these places, from 0 to 1, between the worst and the best."""
        human = np.searchsorted(np.cumsum(self.levels)[:-1], place, side="right")
        verdict = (rng.random(place.shape)[..., None] > self.seen.cumsum(axis=1)[human][..., :-1]).sum(axis=-1)
        return self.values[human], human, verdict, self.values[verdict]


GRADED = (
    Graded("four levels, mean 0.72", (0.10, 0.15, 0.25, 0.50), 400, (0.20, 0.20, 0.25, 0.35)),
    Graded("four levels, mean 0.89", (0.03, 0.07, 0.15, 0.75), 400, (0.05, 0.10, 0.20, 0.65)),
)


def _places(n: int, repetitions: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    from scipy.special import ndtr

    common = rng.standard_normal((n, repetitions))
    first, second = (
        ndtr(ALIKE**0.5 * common + (1 - ALIKE) ** 0.5 * rng.standard_normal((n, repetitions))) for _ in range(2)
    )
    return first, second


def binary_pairs(pair: Pair, n: int, repetitions: int, rng: np.random.Generator) -> tuple[Floats, Floats, Codes, Codes]:
    """Return whether each of two systems is right, and whether the judge says so: each of shape (n, repetitions)."""
    a, b = _places(n, repetitions, rng)
    a, b = (a < pair.first.share) * 1.0, (b < pair.second.share) * 1.0
    return a, b, pair.first.judge(a, rng), pair.second.judge(b, rng)


def graded_pairs(
    population: Graded, n: int, repetitions: int, rng: np.random.Generator
) -> tuple[Floats, Floats, Codes, Codes]:
    """Return two systems' scores by the human, and their levels by the judge."""
    a, b = _places(n, repetitions, rng)
    one, two = population.of(a, rng), population.lower.of(b, rng)
    return one[0], two[0], one[2], two[2]


def epochs(answers: Floats, times: int, share: float, rng: np.random.Generator) -> tuple[Floats, Codes]:
    """Repeat answers, each time with half of them drawn anew; also return the question of each row."""
    again = [
        np.where(rng.random(answers.shape) < 0.5, answers, rng.random(answers.shape) < share) for _ in range(times)
    ]
    return np.concatenate(again).astype(np.float64), np.tile(np.arange(len(answers)), times)


def rated(verdict: Codes, n: int, design: str, rng: np.random.Generator, order: Any = None) -> npt.NDArray[np.bool_]:
    """Pick `n` answers of each repetition at random, or as many of each verdict, or all that there are."""
    order = rng.random(verdict.shape) if order is None else order
    if design == "random":
        return np.argsort(np.argsort(order, axis=0), axis=0) < n
    levels = int(verdict.max()) + 1
    picked = np.zeros(verdict.shape, dtype=bool)
    for level in range(levels):
        place = np.argsort(np.argsort(np.where(verdict == level, order, 2), axis=0), axis=0)
        picked |= (place < n // levels) & (verdict == level)
    return picked


def asked(questions: int, systems: int, rng: np.random.Generator, *, passages: bool) -> tuple[Floats, Codes]:
    """Return how well each system knows each question, as places from 0 to 1, and the passage of each question.

    Passages have one to five questions each, or one each.
    """
    from scipy.special import ndtr

    sizes = np.resize([1, 2, 3, 4, 5], questions) if passages else np.ones(questions, dtype=np.int64)
    codes = np.repeat(np.arange(questions), sizes)[:questions]
    shared = PASSAGE if passages else 0.0
    parts = (
        (ALIKE - shared, rng.standard_normal((questions, 1))),
        (shared, rng.standard_normal((questions, 1))[codes]),
        (shared, rng.standard_normal((questions, systems))[codes]),
        (1 - ALIKE - shared, rng.standard_normal((questions, systems))),
    )
    places: Floats = ndtr(sum(part**0.5 * noise for part, noise in parts))
    return places, codes
