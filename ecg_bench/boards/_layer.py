"""One layer of one task: every system's scores, and the samples on which systems are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ecg_bench.boards._columns import Codes, Column, Floats


@dataclass(frozen=True)
class Layer:
    """One layer of one task, before and after its systems are compared.

    Attributes
    ----------
    id, task, metric : str
        Its names.
    columns : mapping of str to tuple of Column
        Each system's scores: several if its runs repeat each other.
    scores : mapping of str to (array of int, array of float)
        Each system's samples, ascending, and the mean score of each.
    ranked : tuple of str
        The systems that are compared.
    common : array of int, shape (samples,)
        The samples that all of them have.
    clusters : array of int, shape (samples,)
        What is independent evidence among these.
    """

    id: str
    task: str
    metric: str
    columns: Mapping[str, tuple[Column, ...]]
    scores: Mapping[str, tuple[Codes, Floats]]
    ranked: tuple[str, ...]
    common: Codes
    clusters: Codes

    @property
    def first(self) -> Column:
        """Any of its columns, for what all have in common."""
        return next(iter(self.columns.values()))[0]

    def matrix(self) -> Floats:
        """Return the ranked systems' scores on the common samples, shape (samples, systems)."""
        columns = [self.values_of(name, self.common) for name in self.ranked]
        return np.column_stack(columns) if columns else np.empty((len(self.common), 0))

    def values_of(self, system: str, index: Codes) -> Floats:
        """Return a system's scores on some of its samples."""
        own, values = self.scores[system]
        return values[np.searchsorted(own, index)]
