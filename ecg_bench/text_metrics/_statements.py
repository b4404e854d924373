"""Clinical statements: which findings an answer claims, and which of them the reference makes.

Words don't count, only the SCP statements that a tested lexicon finds in them (`ecg_bench.ecg.scp`), with what is said
of each: that it is there, that it isn't, or that it may be. So style can't raise the score, and a report that denies
what the reference says doesn't gain from using its words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from ecg_bench.text_metrics._base import Aggregate, Comparison, Floats, Pair, TextMetric

VERSION = 1


@dataclass(frozen=True, slots=True)
class Claims:
    """The codes that a text affirms, suspects and denies; what it says more than once counts as its strongest."""

    present: frozenset[str]
    uncertain: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Agreement:
    """How an answer's claims agree with what is so.

    Attributes
    ----------
    right, false, missed : int
        Statements claimed and so, claimed and not so, and so but not claimed.
    """

    right: int
    false: int
    missed: int

    @property
    def precision(self) -> float:
        """Share of the claims that are right; 0 without any."""
        return self.right / (self.right + self.false) if self.right else 0.0

    @property
    def recall(self) -> float:
        """Share of what is so that is claimed; 0 where nothing is."""
        return self.right / (self.right + self.missed) if self.right else 0.0

    @property
    def f(self) -> float:
        """Their harmonic mean."""
        return 2 * self.right / (2 * self.right + self.false + self.missed) if self.right else 0.0


def claims_of(text: str) -> Claims:
    """Return the statements of a text by what it says of them."""
    from ecg_bench.ecg.scp import find_statements

    said: dict[str, set[str]] = {"present": set(), "uncertain": set(), "absent": set()}
    for mention in find_statements(text):
        said[mention.status].add(mention.code)
    uncertain = said["uncertain"] - said["present"]
    return Claims(
        frozenset(said["present"]),
        frozenset(uncertain),
        frozenset(said["absent"] - said["present"] - uncertain),
    )


def agreement(answer: Claims, wanted: Set[str], allowed: Set[str] = frozenset()) -> Agreement:
    """Compare an answer's claims with what is so.

    What the answer only suspects is claimed all the same: else whoever calls everything possible could not be wrong.

    Parameters
    ----------
    answer : Claims
        Of the answer.
    wanted : set of str
        The codes that are so.
    allowed : set of str
        Codes that may be so: claiming them is neither right nor false.
    """
    claimed = answer.present | answer.uncertain
    return Agreement(len(claimed & wanted), len(claimed - wanted - allowed), len(wanted - claimed))


class Statements(TextMetric):
    """Precision, recall and F1 of SCP statements (``ref_statement_p``, ``_r``, ``_f``) of each pair, and over all.

    A statement that the reference affirms has to be claimed; one that it suspects may be; any other is false. Pairs
    whose reference makes no statement that the lexicon knows can't be told right: they score 0, are flagged as
    ``reference_without_statements``, and stay out of ``statement_mean_f``, the mean F1 of the others.
    ``statement_micro_f`` is the F1 of all statements of all pairs together. ``contradicts_reference`` flags answers
    that affirm what the reference denies, or deny what it affirms.
    """

    aggregates: Mapping[str, Aggregate]

    def __init__(self) -> None:
        self.aggregates = {"statement_micro_f": _micro, "statement_mean_f": _mean}

    @property
    def signature(self) -> str:
        return f"statements|version:{VERSION}|codes:scp-ecg|uncertain:claimed-in-answers,allowed-by-references"

    def compare(self, pairs: Sequence[Pair]) -> Comparison:
        found = np.zeros((len(pairs), 3))
        sums = np.zeros((len(pairs), 3))
        without, contradicts = np.zeros((2, len(pairs)), dtype=np.bool_)
        for i, pair in enumerate(pairs):
            answer, reference = claims_of(pair.answer), claims_of(pair.reference)
            one = agreement(answer, reference.present, reference.uncertain)
            found[i] = one.precision, one.recall, one.f
            sums[i] = one.right, one.false, one.missed
            without[i] = not reference.present
            contradicts[i] = bool(answer.present & reference.absent or answer.absent & reference.present)
        means = np.column_stack([found[:, 2], ~without])
        return Comparison(
            {f"ref_statement_{end}": found[:, column].copy() for column, end in enumerate("prf")},
            {"statement_micro_f": sums, "statement_mean_f": means},
            {"reference_without_statements": without, "contradicts_reference": contradicts},
        )


def _micro(sums: Floats) -> Floats:
    right, false, missed = sums[..., 0], sums[..., 1], sums[..., 2]
    return _share(2 * right, 2 * right + false + missed)


def _mean(sums: Floats) -> Floats:
    return _share(sums[..., 0], sums[..., 1])


def _share(part: Floats, whole: Floats) -> Floats:
    found: Floats = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return found
