"""What goes into a judge and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ecg_bench.samples import Message, Outcome


@dataclass(frozen=True, slots=True)
class JudgedItem:
    """A question with the answers that a judge is to judge in one call.

    Parameters
    ----------
    id : str
        Which question it is; the order in which answers are shown depends on it.
    question : str
        What was asked.
    answers : tuple of (str, str)
        Id and text of each answer. The judge never sees these ids, which may be names of systems.
    reference : str or None
        The reference answer.
    passage : str or None
        The source text that the question stems from.
    key_points : tuple of str
        What a complete answer says, one statement each.
    """

    id: str
    question: str
    answers: tuple[tuple[str, str], ...]
    reference: str | None = None
    passage: str | None = None
    key_points: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JudgePrompt:
    """What a judge is asked, and what is needed to read its reply.

    Parameters
    ----------
    messages : tuple of Message
        The prompt.
    schema : mapping
        The JSON Schema of the verdict, for backends that can enforce one. It is the same in all calls, because servers
        prepare a schema when they first see it; what it leaves open (the case, the ids) is checked by the reader.
    item : JudgedItem
        What is judged.
    case : str
        The code that a verdict must repeat: 16 hexadecimal digits that no answer can hold.
    ids : mapping of str to str
        The id under which each answer is shown to the id that it has in `item`, in the order shown.
    """

    messages: tuple[Message, ...]
    schema: Mapping[str, Any]
    item: JudgedItem
    case: str
    ids: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AnswerVerdict:
    """What a judge said of one answer.

    Parameters
    ----------
    levels : mapping of str to str
        Criterion to the level chosen, for the criteria that have levels.
    scores : mapping of str to float
        Criterion to score, from 0 to 1; 1 is best.
    details : mapping of str to object
        What the judge wrote, by the names it has in the verdict: notes as texts, points as tuples of 1-based numbers,
        numbers as they stand, ranks as 1-based positions.
    """

    levels: Mapping[str, str]
    scores: Mapping[str, float]
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge said in one call: a verdict for each answer of the item, by the answer's id, in the item's order."""

    answers: Mapping[str, AnswerVerdict]


@dataclass(frozen=True, slots=True)
class Unread:
    """Why there is no verdict.

    Parameters
    ----------
    outcome : Outcome
        ``unparsed``, ``refused``, ``empty`` or ``truncated``.
    reason : str
        What is wrong, as a sentence that the judge can be told.
    """

    outcome: Outcome
    reason: str
