"""Comparing two sets of answers."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import Final

ANSWER_SEPARATOR: Final = "; "  # no comma: the names of some options hold one


def exact(found: Set[str], gold: Set[str]) -> float:
    """Return 1 where both sets are the same, else 0."""
    return float(found == gold)


def set_f1(found: Set[str], gold: Set[str]) -> float:
    """Return the harmonic mean of the precision and the recall of one set of answers, between 0 and 1.

    "none" is an answer like any other, so neither set is empty for an answer that could be read.
    """
    total = len(found) + len(gold)
    return 2 * len(found & gold) / total if total else 0.0


def join(answers: Iterable[str]) -> str:
    """Return a set of answers as one text, in alphabetical order."""
    return ANSWER_SEPARATOR.join(sorted(answers))
