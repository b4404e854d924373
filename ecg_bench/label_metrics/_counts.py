"""The sufficient statistics of answers that are sets of labels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ecg_bench.errors import UserError

Bools = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.float64]

FEW = 10  # positives, below which a label's score says little and a mean over labels is shaken by it
PARTS = ("true positive", "false positive", "false negative", "true negative", "negative not read")


def label_counts(true: Bools, said: Bools, read: Bools) -> Counts:
    """Return what each answer says of each label, right or wrong.

    An answer that could not be read is wrong on every label: those that are true are missed, and for those that are not
    it is credited with nothing. It is not held to have claimed them, which would count one failure many times.

    Parameters
    ----------
    true, said : array of bool, shape (rows, labels)
        Which labels are true, and which the answer names.
    read : array of bool, shape (rows, labels)
        Where the answer could be read; what it is said to name elsewhere doesn't matter.

    Returns
    -------
    array of float, shape (rows, labels, 5)
        True positives, false positives, false negatives, true negatives, and negatives of answers not read: each 0 or
        1, and 1 in one place for each row and label.

    Raises
    ------
    UserError
        If the shapes differ.
    """
    if not true.shape == said.shape == read.shape or true.ndim != 2:
        raise UserError(f"labels must be three arrays of one shape (rows, labels), not {true.shape} and {said.shape}")
    named = said & read
    parts = (true & named, ~true & named, true & ~named, ~true & ~named & read, ~true & ~read)
    return np.stack(parts, axis=-1).astype(np.float64)
