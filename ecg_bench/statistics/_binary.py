"""Shares of units, and what a table of two by two says of a judge: ratings are 0 or 1, of the human and the judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ecg_bench.statistics._coefficient import Bools, Coefficient, Floats, level_counts, pair_cells, ratio


@dataclass(frozen=True)
class Proportion(Coefficient):
    """A share of units: its statistics are the numerator and the denominator."""

    lowest: float = field(default=0.0, kw_only=True)
    weighs_rare: bool = field(default=False, kw_only=True)

    def value(self, sums: Floats) -> Floats:
        return ratio(sums[..., 0], sums[..., 1])

    def counted(self, ratings: Floats) -> Bools:
        found: Bools = self.statistics(ratings)[:, 1] > 0
        return found

    def whole(self, ratings: Floats) -> bool:
        """Whether each unit counts as 0 or 1, so that their sum may be binomial."""
        return bool(ratings.shape[1] == 2)


@dataclass(frozen=True)
class _Near(Proportion):
    """The share of the pairs of ratings of a unit that are no more than some levels apart."""

    apart: int

    def statistics(self, ratings: Floats) -> Floats:
        there = ~np.isnan(ratings)
        first, second = np.triu_indices(ratings.shape[1], 1)
        pairs = there[:, first] & there[:, second]
        near = pairs & (np.abs(np.where(pairs, ratings[:, first] - ratings[:, second], np.inf)) <= self.apart)
        n = pairs.sum(axis=1)
        return np.column_stack([near.sum(axis=1) / np.maximum(n, 1), n > 0]).astype(np.float64)


def exact_agreement() -> Coefficient:
    """Return the share of units on which two raters agree; of several raters, the mean over their pairs."""
    return _Near("exact_agreement", 2, 0)


def adjacent_agreement() -> Coefficient:
    """Return the share of units on which two raters are no more than a level apart; of several, the mean over pairs."""
    return _Near("adjacent_agreement", 2, 1)


@dataclass(frozen=True)
class _Rate(Proportion):
    """The share of the units of a human's (0) or judge's (1) class that the other puts into a class."""

    given: tuple[int, int]  # whose class, and which
    other: int

    def statistics(self, ratings: Floats) -> Floats:
        level_counts(ratings, 2)  # refuses what is neither 0 nor 1
        who, which = self.given
        counted = (ratings[:, who] == which) & ~np.isnan(ratings[:, 1 - who])
        return np.column_stack([counted & (ratings[:, 1 - who] == self.other), counted]).astype(np.float64)


def sensitivity() -> Coefficient:
    """Return the share of what the human accepts that the judge accepts."""
    return _Rate("sensitivity", 2, (0, 1), 1)


def specificity() -> Coefficient:
    """Return the share of what the human rejects that the judge rejects."""
    return _Rate("specificity", 2, (0, 0), 0)


def ppv() -> Coefficient:
    """Return the share of what the judge accepts that the human accepts: the positive predictive value."""
    return _Rate("ppv", 2, (1, 1), 1)


def npv() -> Coefficient:
    """Return the share of what the judge rejects that the human rejects: the negative predictive value."""
    return _Rate("npv", 2, (1, 0), 0)


def false_omission() -> Coefficient:
    """Return the share of what the judge rejects that the human accepts."""
    return _Rate("false_omission", 2, (1, 0), 1)


@dataclass(frozen=True)
class _OfFour(Coefficient):
    """A value of a two-by-two table: counts of (human, judge) = (0, 0), (0, 1), (1, 0) and (1, 1)."""

    compute: Callable[[Floats, Floats, Floats, Floats], Floats]

    def statistics(self, ratings: Floats) -> Floats:
        return pair_cells(ratings, 2)

    def value(self, sums: Floats) -> Floats:
        return self.compute(*(sums[..., cell] for cell in range(4)))


def _youden(neither: Floats, judge: Floats, human: Floats, both: Floats) -> Floats:
    return ratio(both, both + human) + ratio(neither, neither + judge) - 1


def _f1(agreed: Floats, differing: Floats) -> Floats:
    return ratio(2 * agreed, 2 * agreed + differing)


def _positive(_: Floats, judge: Floats, human: Floats, both: Floats) -> Floats:
    return _f1(both, judge + human)


def _negative(neither: Floats, judge: Floats, human: Floats, _: Floats) -> Floats:
    return _f1(neither, judge + human)


def _macro_f1(neither: Floats, judge: Floats, human: Floats, both: Floats) -> Floats:
    return (_f1(both, judge + human) + _f1(neither, judge + human)) / 2


def youden() -> Coefficient:
    """Return sensitivity + specificity - 1: 0 for a judge that tells nothing; undefined without both classes.

    References
    ----------
    W. J. Youden, Cancer 3 (1950) 32-35.
    """
    return _OfFour("youden", 2, _youden)


def positive_agreement() -> Coefficient:
    """Return the share of agreement in what either accepts, which is the F1 of the class 1.

    References
    ----------
    D. V. Cicchetti and A. R. Feinstein, J. Clin. Epidemiol. 43 (1990) 551-558.
    """
    return _OfFour("positive_agreement", 2, _positive, lowest=0.0)


def negative_agreement() -> Coefficient:
    """Return the share of agreement in what either rejects, which is the F1 of the class 0."""
    return _OfFour("negative_agreement", 2, _negative, lowest=0.0)


def macro_f1() -> Coefficient:
    """Return the mean F1 of both classes; undefined where one of them doesn't occur."""
    return _OfFour("macro_f1", 2, _macro_f1, lowest=0.0)
