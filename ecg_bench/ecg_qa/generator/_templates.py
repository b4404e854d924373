"""The kinds of questions: wordings, legal answers, and how the answer follows from the facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ecg_bench.ecg_qa._reader import NONE
from ecg_bench.ecg_qa.generator._facts import (
    AXES,
    CONDUCTION,
    ECTOPY,
    FORM,
    PLACES,
    RANGES,
    RHYTHMS,
    VT,
    WITHIN,
    Facts,
)

YES, NO = "yes", "no"
_RHYTHMS = tuple(sorted((*RHYTHMS.values(), VT)))
_CONDUCTION = tuple(sorted(CONDUCTION.values()))
_FORM = tuple(sorted(FORM.values()))
_ECTOPY = tuple(sorted(ECTOPY.values()))
_FINDINGS = (*_RHYTHMS, *_CONDUCTION, *_FORM, *_ECTOPY)

# The facts of each ECG that is asked about, and what is asked about; to the set of right answers.
Solve = Callable[[Sequence[Facts], Sequence[str]], frozenset[str]]
Holds = Callable[[Sequence[Facts], str], bool | None]


@dataclass(frozen=True)
class Template:
    """A kind of question.

    Parameters
    ----------
    id : int
        Its number.
    question_type, attribute_type : str
        As in ECG-QA.
    wordings : tuple of str
        Ways to ask, with ``{0}`` and ``{1}`` for what is asked about.
    subjects : tuple of str
        What can be asked about; empty where the question is always the same.
    options : tuple of str
        The legal answers; empty where they are what is asked about, and "none".
    holds : callable
        Whether something asked about is so; None where it can't be asked of these ECGs.
    answers : callable, optional
        All right answers of a question that asks about nothing in particular.
    """

    id: int
    question_type: str
    attribute_type: str
    wordings: tuple[str, ...]
    subjects: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    holds: Holds = lambda facts, name: name in facts[0].findings
    answers: Callable[[Sequence[Facts]], frozenset[str]] | None = None

    @property
    def asked(self) -> int:
        """How many things a question asks about."""
        return 0 if not self.subjects else 2 if self.question_type.endswith("choose") else 1

    @property
    def ecgs(self) -> int:
        """How many ECGs a question is about."""
        return 1 if self.question_type.startswith("single") else 2

    def legal(self, asked: Sequence[str]) -> tuple[str, ...]:
        """Return the answers that a question may have, in alphabetical order with "none" at the end."""
        found = self.options or tuple(sorted(asked))
        return found if YES in found else (*found, NONE)

    def solve(self, facts: Sequence[Facts], asked: Sequence[str]) -> frozenset[str]:
        """Return the right answers."""
        if self.answers is not None:
            return self.answers(facts) or frozenset({NONE})
        true = frozenset(name for name in asked if self.holds(facts, name))
        if YES in self.options:
            return frozenset({YES if true else NO})
        return true or frozenset({NONE})


def _newly(facts: Sequence[Facts], name: str) -> bool:
    return name in facts[1].findings - facts[0].findings


def _outside(facts: Facts) -> frozenset[str]:
    return frozenset(name for name, place in facts.numeric.items() if place != WITHIN)


def _is_outside(facts: Sequence[Facts], name: str) -> bool | None:
    return facts[0].numeric[name] != WITHIN if name in facts[0].numeric else None


_TRUTH = (NO, YES)
TEMPLATES: Final = (
    Template(1, "single-verify", "scp_code", (
        "Does this ECG show {0}?", "Can {0} be seen in this ECG?", "Would you report {0} here?",
    ), _FINDINGS, _TRUTH),
    Template(2, "single-verify", "numeric_feature", (
        "Is the {0} of this ECG outside the normal range?", "Does the {0} lie outside its normal limits?",
    ), tuple(RANGES), _TRUTH, _is_outside),
    Template(3, "single-verify", "heart_axis", (
        "Does this ECG have {0}?", "Is the frontal axis best described as {0}?",
    ), AXES, _TRUTH, lambda facts, name: facts[0].axis == name),
    Template(4, "single-choose", "scp_code", (
        "Which rhythm does this ECG show, {0} or {1}?", "{0} or {1}: which of them is the rhythm?",
    ), _RHYTHMS),
    Template(5, "single-choose", "scp_code", (
        "Which of these does the ECG show: {0}, {1}?", "{0} and {1}: which of them are there?",
    ), (*_CONDUCTION, *_FORM)),
    Template(6, "single-query", "scp_code", (
        "Which rhythm does this ECG show?", "What is the rhythm?",
    ), options=_RHYTHMS, answers=lambda facts: facts[0].rhythm),
    Template(7, "single-query", "scp_code", (
        "Which disturbances of conduction does this ECG show?", "What is wrong with conduction here?",
    ), options=_CONDUCTION, answers=lambda facts: facts[0].conduction),
    Template(8, "single-query", "scp_code", (
        "Which findings of hypertrophy, Q waves, ST and T are there?", "Name the changes of form in this ECG.",
    ), options=_FORM, answers=lambda facts: facts[0].form),
    Template(9, "single-query", "scp_code", (
        "In which leads is ST elevated?", "Where does this ECG show ST elevation?",
    ), options=PLACES, answers=lambda facts: facts[0].raised),
    Template(10, "single-query", "extra_systole", (
        "Which premature beats does this ECG show?", "What kinds of extra beats are there?",
    ), options=_ECTOPY, answers=lambda facts: facts[0].ectopy),
    Template(11, "single-query", "heart_axis", (
        "What is the frontal axis of this ECG?", "How would you describe the axis?",
    ), options=AXES, answers=lambda facts: frozenset({facts[0].axis})),
    Template(12, "single-query", "numeric_feature", (
        "Which of the measurements lie outside the normal range?", "Which intervals or rates are abnormal?",
    ), options=tuple(RANGES), answers=lambda facts: _outside(facts[0])),
    Template(13, "comparison_consecutive-verify", "scp_code", (
        "Has {0} appeared in the second ECG of this patient, compared with the first?",
        "Is {0} new in the recent ECG, compared with the previous one?",
    ), _FINDINGS, _TRUTH, _newly),
    Template(14, "comparison_irrelevant-verify", "scp_code", (
        "Does the second ECG show {0}, and the first one not?", "Is {0} found in the second ECG only?",
    ), _FINDINGS, _TRUTH, _newly),
    Template(15, "comparison_consecutive-query", "scp_code", (
        "Which findings are new in the second ECG of this patient?",
        "What does the recent ECG show that the previous one didn't?",
    ), options=_FINDINGS, answers=lambda facts: facts[1].findings - facts[0].findings),
    Template(16, "comparison_irrelevant-query", "numeric_feature", (
        "Which measurements are outside the normal range in the second ECG, but not in the first?",
        "What is abnormal among the measurements of the second ECG only?",
    ), options=tuple(RANGES), answers=lambda facts: _outside(facts[1]) - _outside(facts[0])),
)  # fmt: skip
