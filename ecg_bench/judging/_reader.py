"""Reading a verdict: what the judge stated, or why nothing can be read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ecg_bench.judging._card import NoteCard
from ecg_bench.judging._criteria import (
    AnswerCriterion,
    Criterion,
    Mark,
    Points,
    Ranking,
    VerdictError,
    check_ids,
    shorten,
)
from ecg_bench.judging._syntax import Fields, find_objects
from ecg_bench.judging._values import AnswerVerdict, JudgePrompt, Unread, Verdict
from ecg_bench.reasoning import without_reasoning
from ecg_bench.samples import FinishReason, Outcome
from ecg_bench.unread import unread

CASE, ID, ANSWERS = "case", "id", "answers"

# Declining to judge, which the refusals of a model that is asked a question don't cover.
_DECLINES = re.compile(
    r"\bI\s*(?:cannot|can\s+not|can't|won't|will\s+not|(?:am\s+|'m\s+)?(?:unable|not\s+able)\s+to)\s+(?:\w+\s+)?"
    r"(?:evaluate|judge|grade|assess|rate|score|compare|rank)\b",
    re.IGNORECASE,
)


def read_verdict(
    criteria: Sequence[Criterion],
    notes: Sequence[NoteCard],
    text: str,
    prompt: JudgePrompt,
    finish_reason: FinishReason | None,
    *,
    listwise: bool,
) -> Verdict | Unread:
    """Read the reply of a judge with these criteria and notes; see `Judge.read`."""
    said = text.strip()
    if not said.startswith(("{", "[", "```")):  # tags in a verdict's own texts begin no reasoning
        said = without_reasoning(said)
    try:
        # A reply that was cut has no end that could show whether an object in it is whole.
        if finish_reason == "length" or prompt.case not in said:
            return _nothing(said, prompt.case, finish_reason)
        fields = _own_object(said, prompt.case)
        entries = _entries(fields, prompt, listwise=listwise)
        marks = {id_: _marks(criteria, entry, prompt) for id_, entry in entries.items()}
        for one in criteria:
            if isinstance(one, Ranking):
                for id_, mark in one.read(_stated(fields, one.field), list(prompt.ids)).items():
                    marks[id_][one.name] = mark
        verdicts = {}
        for shown, own in prompt.ids.items():
            answer = dict(prompt.item.answers)[own]
            verdicts[own] = _answer_verdict(criteria, marks[shown], _notes(notes, entries[shown], answer))
    except VerdictError as error:
        return Unread(Outcome.UNPARSED, str(error))
    return Verdict({own: verdicts[own] for own, _ in prompt.item.answers})


def _own_object(said: str, case: str) -> Fields:
    """Return the last object that carries the code of the call.

    Raises
    ------
    VerdictError
        If there is none, or if it is not clear that this object, as it was read, is the verdict.
    """
    objects, fault = find_objects(said)
    own = [(found, fields) for found in objects for fields in found.nested() if _has(fields, case)]
    if not own:
        raise VerdictError(f"the JSON object is not valid{': ' if fault else ''}{fault}")
    found, fields = own[-1]
    if not found.clear or case in said[found.end :]:
        raise VerdictError(
            "what follows the JSON object looks like a part of it, or like another verdict: "
            'end with one object, and escape quotation marks inside of texts as \\"'
        )
    return fields


def _has(fields: Fields, case: str) -> bool:
    stated = fields.get(CASE)
    return isinstance(stated, str) and stated.strip() == case


def _nothing(said: str, case: str, finish_reason: FinishReason | None) -> Unread:
    outcome = unread(said, finish_reason)
    if outcome is Outcome.UNPARSED and _DECLINES.search(said[:300]):
        outcome = Outcome.REFUSED
    reasons = {
        Outcome.EMPTY: "there is nothing in it",
        Outcome.TRUNCATED: "it was cut off before the verdict was complete, so be brief",
        Outcome.REFUSED: "it declines to judge, but a verdict on this material is needed",
    }
    found = "no JSON object in it has" if "{" in said else "there is no JSON object in it with"
    return Unread(outcome, reasons.get(outcome, f'{found} the code "{case}" under "case"'))


def _entries(fields: Fields, prompt: JudgePrompt, *, listwise: bool) -> Mapping[str, Fields]:
    """Return what was stated of each answer, by the id shown."""
    _check_twice(fields)
    if not listwise:
        return dict.fromkeys(prompt.ids, fields)
    stated = _stated(fields, ANSWERS)
    if not isinstance(stated, list):
        raise VerdictError(f"{ANSWERS!r} must be a list of objects, but is {shorten(stated)}")
    ids = []
    for entry in stated:
        if not isinstance(entry, Fields):
            raise VerdictError(f"{ANSWERS!r} must hold objects, but holds {shorten(entry)}")
        _check_twice(entry)
        id_ = _stated(entry, ID)
        if not isinstance(id_, str):
            raise VerdictError(f"{ID!r} must be a text, but is {shorten(id_)}")
        ids.append(id_.strip())
    return dict(zip(check_ids(ANSWERS, ids, list(prompt.ids)), stated, strict=True))


def _check_twice(fields: Fields) -> None:
    if fields.twice:
        raise VerdictError(f"{fields.twice!r} is there twice with different values")


def _stated(fields: Fields, name: str) -> object:
    if name not in fields:
        raise VerdictError(f"{name!r} is missing")
    return fields[name]


def _marks(criteria: Sequence[Criterion], entry: Fields, prompt: JudgePrompt) -> dict[str, Mark]:
    """Return what was stated of one answer, by criterion."""
    marks: dict[str, Mark] = {}
    listed: dict[str | None, set[int]] = {"for": set(), "against": set()}
    for one in criteria:
        if isinstance(one, AnswerCriterion):
            marks[one.name] = one.read(_stated(entry, one.field), len(prompt.item.key_points))
            if isinstance(one, Points):
                listed[one.card.counts] |= set(marks[one.name].detail)
    if both := listed["for"] & listed["against"]:
        raise VerdictError(f"the key point {min(both)} counts both for and against the answer: list it once")
    return marks


def _notes(notes: Sequence[NoteCard], entry: Fields, answer: str) -> dict[str, str]:
    """Return the texts beside the grades; one that is missing is empty, for nothing depends on it."""
    found = {}
    for note in notes:
        text = entry.get(note.name)
        if not isinstance(text, str | None):
            raise VerdictError(f"{note.name!r} must be a text, but is {shorten(text)}")
        found[note.name] = text or ""
        if note.quote and _letters(found[note.name]) not in _letters(answer):
            raise VerdictError(f"{note.name!r} must be copied from the answer word for word, or be empty")
    return found


def _letters(text: str) -> str:
    """Return the letters and digits of a text: a quotation may differ in blanks, marks and case."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def _answer_verdict(
    criteria: Sequence[Criterion], marks: Mapping[str, Mark], notes: Mapping[str, str]
) -> AnswerVerdict:
    levels = {name: mark.level for name, mark in marks.items() if mark.level is not None}
    scores = {one.name: marks[one.name].score for one in criteria}
    details = {one.field: marks[one.name].detail for one in criteria if marks[one.name].detail is not None}
    return AnswerVerdict(levels, scores, {**notes, **details})
