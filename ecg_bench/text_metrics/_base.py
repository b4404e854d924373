"""What every text metric offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Sums of statistics over pairs, shape (..., statistics), to the value over all of them, shape (...).
Aggregate = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Pair:
    """An answer and what it is compared with.

    Parameters
    ----------
    answer : str
        What a system wrote, without its reasoning; may be empty.
    reference : str
        The reference answer.
    question : str
        What was asked; empty where that isn't known.
    """

    answer: str
    reference: str
    question: str = ""


@dataclass(frozen=True)
class Comparison:
    """What a metric found in some pairs.

    Attributes
    ----------
    scores : mapping of str to array of float, shape (pairs,)
        Each score of each pair; an empty answer has 0 in all of them. Their means are reported.
    statistics : mapping of str to array of float, shape (pairs, statistics)
        For each of the metric's `aggregates`, what its value over many pairs is computed from: the sums over pairs.
    flags : mapping of str to array of bool, shape (pairs,)
        Which pairs something is to be said about, such as a text that was too long for a model.
    """

    scores: Mapping[str, Floats]
    statistics: Mapping[str, Floats] = field(default_factory=dict)
    flags: Mapping[str, npt.NDArray[np.bool_]] = field(default_factory=dict)


class TextMetric(ABC):
    """Compares answers with references.

    Options are keyword-only parameters of ``__init__``, so that a command line can give them.

    Attributes
    ----------
    aggregates : mapping of str to Aggregate
        Values that belong to many pairs together, such as corpus BLEU.
    diagnostic : bool
        Whether its scores describe a pair without saying how good the answer is.
    """

    aggregates: Mapping[str, Aggregate] = {}
    diagnostic: ClassVar[bool] = False

    @property
    @abstractmethod
    def signature(self) -> str:
        """Name, version and every option that can change a number: ``rouge|version:1|stemmer:porter``.

        The same texts under the same signature give the same numbers on any machine.
        """

    @property
    def baselines(self) -> Mapping[str, tuple[float, float, float]]:
        """What stands for 0 in precision, recall and F of scores that are rescaled, by their common name."""
        return {}

    @abstractmethod
    def compare(self, pairs: Sequence[Pair]) -> Comparison:
        """Score some pairs, each for itself: a pair's scores don't depend on the others.

        A metric for which that is not so (because it weighs words by how rare they are) says so in its signature.

        Raises
        ------
        UserError
            If a model that it needs can't be loaded.
        """
