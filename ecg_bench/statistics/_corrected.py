"""Scores of systems from a judge of all answers, corrected by what humans said of some of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer[Any]]
Design = Literal["random", "verdict_stratified", "unknown"]

QUESTIONS = "The questions are a random sample of those the score is meant for."
ANSWERS = "The rated answers are a random sample of the judged ones."
WITHIN = "Among answers of the same verdict it was chance which ones were rated."
WEIGHTED = "Each answer was rated with the probability that is recorded for it."
UNKNOWN = "How the rated answers were picked is not known: among answers of the same verdict it is taken for chance."
CLUSTERED = "Answers to the same question are no independent evidence; different questions are."
BORROWED = "The judge's error rates on this system are those on the systems that were rated."


@dataclass(frozen=True)
class Corrected:
    """A corrected score.

    Attributes
    ----------
    value, low, high : float or None
        The estimate and its interval, within 0 and 1; None where there is none.
    method : str
        "poststrat_jeffreys", "ppi++_t", "human_wilson", "human_t", "rogan_gladen_lee" or "none".
    judged, rated : int
        How many answers were judged, and how many of these a human rated.
    assumptions : tuple of str
        What must be true for the interval to hold, one plain sentence each.
    reason : str or None
        Why there is no value, or why another method was taken than the usual one.
    """

    value: float | None
    low: float | None
    high: float | None
    method: str
    judged: int
    rated: int
    assumptions: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(frozen=True)
class Table:
    """What is known of the answers of all systems, checked.

    Attributes
    ----------
    human : array of float, shape (rows, systems)
        From 0 to 1; NaN where not rated, or not judged.
    verdict : array of int, shape (rows, systems)
        The level that the judge gave, from 0; -1 where not judged.
    judge : array of float, shape (rows, systems)
        Its score from 0 to 1; 0 where not judged.
    clusters : array of int, shape (rows,), or None
        From 0 without gaps.
    inclusion : array of float, shape (rows, systems), or None
        The probability with which an answer was picked for rating; NaN where it is not known.
    """

    human: Floats
    verdict: Codes
    judge: Floats
    clusters: Codes | None
    inclusion: Floats | None

    @classmethod
    def of(
        cls,
        human: npt.ArrayLike,
        verdict: npt.ArrayLike,
        judge: npt.ArrayLike | None = None,
        clusters: npt.ArrayLike | None = None,
        inclusion: npt.ArrayLike | None = None,
    ) -> Table:
        """Check arrays of one system, shape (rows,), or of several, shape (rows, systems).

        Raises
        ------
        ValueError
            If shapes differ or a value is out of its range.
        """
        ratings, codes = _table(human), _table(verdict).astype(np.int64)
        scores = codes.astype(np.float64) if judge is None else _table(judge)
        if not ratings.shape == codes.shape == scores.shape:
            raise ValueError(f"shapes differ: {ratings.shape} rated, {codes.shape} judged, {scores.shape} scores")
        there = codes >= 0
        ratings = np.where(there, ratings, np.nan)
        if np.any((ratings < 0) | (ratings > 1)) or np.isnan(scores[there]).any():
            raise ValueError("ratings must be from 0 to 1, and whatever has a verdict needs the judge's score")
        groups = None if clusters is None else np.unique(np.asarray(clusters), return_inverse=True)[1].reshape(-1)
        if groups is not None and len(groups) != len(ratings):
            raise ValueError(f"{len(groups)} clusters for {len(ratings)} rows")
        chances = None if inclusion is None else _table(inclusion)
        if chances is not None and (chances.shape != ratings.shape or np.any((chances <= 0) | (chances > 1))):
            raise ValueError("the probabilities of being rated must be above 0 and at most 1, one for each answer")
        return cls(ratings, codes, np.where(there, scores, 0.0), groups, chances)

    @property
    def systems(self) -> int:
        """How many systems there are."""
        return int(self.human.shape[1])

    @cached_property
    def judged(self) -> npt.NDArray[np.int64]:
        """How many answers of each system are judged."""
        counts: npt.NDArray[np.int64] = (self.verdict >= 0).sum(axis=0)
        return counts

    @cached_property
    def rated(self) -> npt.NDArray[np.int64]:
        """How many of these are rated."""
        counts: npt.NDArray[np.int64] = (~np.isnan(self.human)).sum(axis=0)
        return counts

    def counts(self) -> tuple[Floats, Floats, Floats]:
        """Return how many of each verdict are judged and rated, and the ratings' sum: shape (systems, verdicts)."""
        verdicts = int(self.verdict.max(initial=0)) + 1
        each = self.verdict[:, :, None] == np.arange(verdicts)
        rated = each & ~np.isnan(self.human)[:, :, None]
        passed = np.where(rated, np.nan_to_num(self.human)[:, :, None], 0.0).sum(axis=0)
        return each.sum(axis=0).astype(np.float64), rated.sum(axis=0).astype(np.float64), passed

    def weighted(self, across: bool) -> npt.NDArray[np.bool_]:
        """Whether the known probabilities of a system's rated answers differ within a verdict, or `across` them too."""
        if self.inclusion is None:
            return np.zeros(self.systems, dtype=bool)
        chances = np.where(np.isnan(self.human), np.nan, self.inclusion)
        found = np.zeros(self.systems, dtype=bool)
        for system in range(self.systems):
            verdict, chance = self.verdict[:, system], chances[:, system]
            parts = [~np.isnan(self.human[:, system])]
            if not across:
                parts = [parts[0] & (verdict == code) for code in np.unique(verdict[parts[0]])]
            known = not np.isnan(chance[~np.isnan(self.human[:, system])]).any()
            found[system] = known and any(np.ptp(chance[part]) > 1e-9 for part in parts if part.any())
        return found


def _table(values: npt.ArrayLike) -> Any:
    array = np.asarray(values, dtype=np.float64)
    return array[:, None] if array.ndim == 1 else array
