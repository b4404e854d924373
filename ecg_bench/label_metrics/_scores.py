"""From sums of counts to scores; all take arrays of shape (..., labels, 5) and work on many resamples at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from ecg_bench.label_metrics._counts import Counts

Floats = npt.NDArray[np.float64]
Score = Callable[[Counts], Floats]


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Divide, with NaN where there is nothing to divide by."""
    found: Floats = np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=denominator > 0)
    return found


def _parts(sums: Counts) -> tuple[Floats, ...]:
    return tuple(sums[..., part] for part in range(sums.shape[-1]))


def support(sums: Counts) -> Floats:
    """Return the positives of each label, shape (..., labels)."""
    found: Floats = sums[..., 0] + sums[..., 2]
    return found


def precision(sums: Counts) -> Floats:
    """Return true positives over all that was named; NaN where nothing was."""
    tp, fp, *_ = _parts(sums)
    return _ratio(tp, tp + fp)


def recall(sums: Counts) -> Floats:
    """Return true positives over all that is true; NaN where nothing is."""
    tp, _, fn, *_ = _parts(sums)
    return _ratio(tp, tp + fn)


def f1(sums: Counts) -> Floats:
    """Return 2 TP / (2 TP + FP + FN); NaN where a label is neither true nor named anywhere."""
    tp, fp, fn, *_ = _parts(sums)
    return _ratio(2 * tp, 2 * tp + fp + fn)


def specificity(sums: Counts) -> Floats:
    """Return true negatives over all that is not true, of which answers not read are none."""
    _, fp, _, tn, unread = _parts(sums)
    return _ratio(tn, tn + fp + unread)


def balanced_accuracy(sums: Counts) -> Floats:
    """Return the mean of recall and specificity: what an AUC made of answers without numbers would be."""
    return (recall(sums) + specificity(sums)) / 2


def _mean(values: Floats, counted: npt.NDArray[np.bool_]) -> Floats:
    counted = counted & ~np.isnan(values)
    return _ratio(np.where(counted, values, 0.0).sum(axis=-1), counted.sum(axis=-1).astype(np.float64))


def macro_f1(sums: Counts) -> Floats:
    """Return the mean F1 of the labels that are true of at least one record; others have no F1 to speak of."""
    return _mean(f1(sums), support(sums) > 0)


def weighted_f1(sums: Counts) -> Floats:
    """Return the mean F1 weighted by the labels' positives."""
    positives = support(sums)
    return _ratio((np.nan_to_num(f1(sums)) * positives).sum(axis=-1), positives.sum(axis=-1))


def micro_f1(sums: Counts) -> Floats:
    """Return the F1 of all labels' counts together, those without positives among them."""
    return f1(sums.sum(axis=-2))


def hamming_loss(sums: Counts) -> Floats:
    """Return the share of all pairs of record and label that are wrong; lower is better."""
    _, fp, fn, _, unread = _parts(sums.sum(axis=-2))
    return _ratio(fp + fn + unread, sums.sum(axis=(-2, -1)))


def macro_balanced_accuracy(sums: Counts) -> Floats:
    """Return the mean balanced accuracy of the labels that are true of some records and not of all."""
    return _mean(balanced_accuracy(sums), support(sums) > 0)


BY_LABEL: Mapping[str, Score] = MappingProxyType(
    {"f1": f1, "precision": precision, "recall": recall, "specificity": specificity}
)
"""Scores of each label: from (..., labels, 5) to (..., labels)."""

CASES: Mapping[str, Score] = MappingProxyType(
    {
        "f1": lambda sums: sums[..., 0] + sums[..., 1] + sums[..., 2],
        "precision": lambda sums: sums[..., 0] + sums[..., 1],
        "recall": support,
        "specificity": lambda sums: sums[..., 1] + sums[..., 3] + sums[..., 4],
    }
)
"""How many answers each of these scores rests on: from (..., labels, 5) to (..., labels)."""

OVERALL: Mapping[str, Score] = MappingProxyType(
    {
        "f1_macro": macro_f1,
        "f1_micro": micro_f1,
        "f1_weighted": weighted_f1,
        "hamming_loss": hamming_loss,
        "balanced_acc": macro_balanced_accuracy,
    }
)
"""Scores of all labels together: from (..., labels, 5) to (...).

F1 and its means as M. Sokolova and G. Lapalme, Information Processing & Management 45 (2009) 427-437, table 3; the
macro F1 is the mean of the labels' F1, not the F1 of mean precision and mean recall.
"""
