"""A judge beside the humans it is measured by: each human left out in turn, and every pair of judge and human."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ecg_bench.statistics._binary import macro_f1, negative_agreement, positive_agreement
from ecg_bench.statistics._coefficient import Coefficient, Floats
from ecg_bench.statistics._estimate import Codes, estimate
from ecg_bench.statistics._jackknife import Estimate


@dataclass(frozen=True)
class CeilingRow:
    """One human left out, and the judge, each against the rest of the humans on the same units.

    Attributes
    ----------
    rater : int
        The human's column.
    human, judge : Estimate
        Agreement with the rest.
    """

    rater: int
    human: Estimate
    judge: Estimate


def human_ceiling(
    humans: Floats,
    judge: Floats,
    coefficient: Coefficient,
    clusters: Codes,
    *,
    rest: Literal["majority", "median"] = "majority",
    confidence: float = 0.95,
) -> tuple[CeilingRow, ...]:
    """Return how far each human agrees with the other humans, and the judge with the same ones.

    Parameters
    ----------
    humans : array of float, shape (units, raters)
        Places of levels; NaN where a human did not rate a unit.
    judge : array of float, shape (units,)
        Places of levels; NaN where the judge did not rate a unit.
    coefficient : Coefficient
        Of two raters.
    clusters : array of int, shape (units,)
        The cluster of each unit.
    rest : {"majority", "median"}
        What the other humans say together. Units on which they have no single most frequent level, or a median between
        two levels, are left out.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    tuple of CeilingRow
        One for each human; only units that this human and the judge both rated count, for both. Empty for fewer than
        two humans. A judge above all humans is nearer to their majority than each of them, not better than they are.
    """
    rows = []
    for rater in range(humans.shape[1] if humans.shape[1] > 1 else 0):
        others = np.delete(humans, rater, axis=1)
        said = _majority(others) if rest == "majority" else _median(others)
        said = np.where(np.isnan(humans[:, rater]) | np.isnan(judge), np.nan, said)
        pairs = (np.column_stack([said, one]) for one in (humans[:, rater], judge))
        human, machine = (estimate(coefficient, pair, clusters, confidence=confidence) for pair in pairs)
        rows.append(CeilingRow(rater, human, machine))
    return tuple(rows)


def _majority(ratings: Floats) -> Floats:
    levels = np.unique(ratings[~np.isnan(ratings)])
    if not len(levels):
        return np.full(len(ratings), np.nan)
    counts = (ratings[:, :, None] == levels).sum(axis=1)
    most = counts.max(axis=1)
    single = (counts == most[:, None]).sum(axis=1) == 1
    return np.where(single & (most > 0), levels[counts.argmax(axis=1)], np.nan)


def _median(ratings: Floats) -> Floats:
    found = np.full(len(ratings), np.nan)
    rated = ~np.isnan(ratings).all(axis=1)
    found[rated] = np.nanmedian(ratings[rated], axis=1)
    return np.where(found == np.round(found), found, np.nan)


@dataclass(frozen=True)
class PairwiseF1:
    """F1 over all pairs of a judgement and a human's rating of it.

    Attributes
    ----------
    positive, negative : Estimate
        Of the classes 1 and 0.
    macro : Estimate
        Their mean.
    """

    positive: Estimate
    negative: Estimate
    macro: Estimate


def pairwise_f1(humans: Floats, judge: Floats, clusters: Codes, *, confidence: float = 0.95) -> PairwiseF1:
    """Return F1 when every pair of a judgement and a human's rating counts, as in HealthBench.

    Parameters
    ----------
    humans : array of float, shape (units, raters)
        0 or 1; NaN where a human did not rate a unit.
    judge : array of float, shape (units,)
        0 or 1; NaN where the judge did not rate a unit. To place a human beside the judge, give that human's ratings,
        and only the others as humans.
    clusters : array of int, shape (units,)
        The cluster of each unit. The pairs of a unit stand in one cluster.
    confidence : float
        Between 0 and 1.

    References
    ----------
    R. K. Arora et al., HealthBench (2025), arXiv 2505.08775, section on the grader's agreement with physicians.
    """
    unit, rater = np.nonzero(~np.isnan(humans))
    pairs = np.column_stack([humans[unit, rater], judge[unit]])
    found = (
        estimate(one, pairs, clusters[unit], confidence=confidence)
        for one in (positive_agreement(), negative_agreement(), macro_f1())
    )
    return PairwiseF1(*found)
