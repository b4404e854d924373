"""How well a judge meets single humans: F1 over every pair of judge and human."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecg_bench.statistics._binary import macro_f1, negative_agreement, positive_agreement
from ecg_bench.statistics._coefficient import Floats
from ecg_bench.statistics._estimate import Codes, estimate
from ecg_bench.statistics._jackknife import Estimate


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
