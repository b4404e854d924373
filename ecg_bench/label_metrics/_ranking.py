"""What can be said only where each label has a number: AUC, and Fmax."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

THRESHOLDS = 101


def auc(true: Bools, scores: Floats) -> float:
    """Return the chance that a positive has a higher score than a negative, ties counted half.

    Parameters
    ----------
    true : array of bool, shape (rows,)
        Which are positives.
    scores : array of float, shape (rows,)
        Any numbers; only their order counts.

    Returns
    -------
    float
        NaN where there are no positives or no negatives.

    References
    ----------
    J. A. Hanley and B. J. McNeil, Radiology 143 (1982) 29-36.
    """
    from scipy.stats import rankdata

    positives = int(true.sum())
    negatives = len(true) - positives
    if not positives or not negatives:
        return float("nan")
    ranks = rankdata(scores)
    return float((ranks[true].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def macro_auc(true: Bools, scores: Floats) -> float:
    """Return the mean AUC of the labels that have positives and negatives; arrays of shape (rows, labels)."""
    found = [auc(true[:, label], scores[:, label]) for label in range(true.shape[1])]
    known = [one for one in found if not np.isnan(one)]
    return float(np.mean(known)) if known else float("nan")


def fmax(true: Bools, scores: Floats) -> float:
    """Return the greatest F1 of mean precision and mean recall of records over all thresholds from 0 to 1.

    Precision is the mean over records for which something is named at a threshold, recall the mean over all records
    with labels.

    Parameters
    ----------
    true : array of bool, shape (rows, labels)
        Which labels are true.
    scores : array of float, shape (rows, labels)
        Numbers from 0 to 1.

    References
    ----------
    P. Radivojac et al., Nature Methods 10 (2013) 221-227; as used by Strodthoff et al., IEEE JBHI 25 (2021) 1519-1528.
    """
    best = 0.0
    labelled = true.any(axis=1)
    for threshold in np.linspace(0, 1, THRESHOLDS):
        named = scores >= threshold
        right = (named & true).sum(axis=1)
        count = named.sum(axis=1)
        if not (count > 0).any() or not labelled.any():
            continue
        precision = float((right[count > 0] / count[count > 0]).mean())
        recall = float((right[labelled] / true[labelled].sum(axis=1)).mean())
        if precision + recall > 0:
            best = max(best, 2 * precision * recall / (precision + recall))
    return best


RANKED: Mapping[str, Callable[[Bools, Floats], float]] = MappingProxyType({"auc_macro": macro_auc, "fmax": fmax})
"""Scores of labels that have numbers: from two arrays of shape (rows, labels) to one number."""
