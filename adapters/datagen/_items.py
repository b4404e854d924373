"""Items: read out of a reply's JSON, and checked one by one; each that is dropped has a reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import Field

from ecg_bench.adapters.datagen._chunks import Chunk
from ecg_bench.adapters.datagen._prompts import DIFFICULTIES, N_OPTIONS, Kind
from ecg_bench.cards import Card
from ecg_bench.files import parse_yaml
from ecg_bench.samples import LETTERS
from ecg_bench.texts import one_line

QUOTE_WORDS = 5  # of a shorter quotation it can't be said what it supports
LONGEST_BY_FAR = 1.5  # times as long as the longest wrong option, and
LONGER_BY = 12  # so many characters longer
KEY_POINTS = 2

# Why an item is dropped, in the order in which it is looked at.
REASONS: Mapping[str, str] = {
    "malformed": "a field is missing, of the wrong type or given twice",
    "empty": "a text is blank",
    "not_four_distinct_options": "there are not four options that differ",
    "no_key": "no option is marked as right",
    "two_keys": "several options are marked as right",
    "refers_to_options": "an option speaks of other options, whose order is changed",
    "few_key_points": "there are fewer than two key points",
    "quote_too_short": "the quotation has fewer than five words",
    "quote_not_in_passage": "the quotation does not stand in the passage",
    "not_self_contained": "it speaks of a text, a figure or a study that its reader does not see",
    "answer_in_question": "the question contains the right answer",
    "key_longest_by_far": "the right option is half as long again as any other",
    "beyond_number_asked": "more were written than asked for",
    "duplicate": "it is nearly the same as another of its split",
    "duplicate_across_splits": "it is nearly the same as one of a split that is kept before its own",
    "gives_away_as_a_set": "without it, a rule that knows nothing gets no more than chance out of the wording",
}


@dataclass(frozen=True)
class Item:
    """A question that passed.

    Attributes
    ----------
    id : str
        Unique in the pack.
    kind : {"open", "mcq"}
        What it is.
    chunk : Chunk
        What it was written from.
    question, quote, difficulty : str
        As written.
    options : tuple of str
        Multiple choice: four, in the order written.
    key : int or None
        Multiple choice: 0-based position of the right option.
    answer : str
        Open: the reference.
    key_points : tuple of str
        Open: what a complete answer contains.
    rationale : str
        Multiple choice: why the key is right.
    """

    id: str
    kind: Kind
    chunk: Chunk
    question: str
    quote: str
    difficulty: str
    options: tuple[str, ...] = ()
    key: int | None = None
    answer: str = ""
    key_points: tuple[str, ...] = ()
    rationale: str = ""


@dataclass(frozen=True)
class Dropped:
    """An item that did not pass, or was taken out later.

    Attributes
    ----------
    id : str
        What it would have been called.
    chunk : str
        What it was written from.
    kind : {"open", "mcq"}
        What it would have been.
    reason : str
        A key of `REASONS`.
    detail : str
        What in it is at fault.
    item : mapping or None
        As written.
    """

    id: str
    chunk: str
    kind: Kind
    reason: str
    detail: str
    item: Mapping[str, Any] | None


class _FaultError(Exception):
    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class _Rules(Card):
    version: int = Field(ge=1)
    not_self_contained: list[str]
    refers_to_options: list[str]

    def found(self, name: str, text: str) -> str:
        """Return what a rule finds in a text, or nothing."""
        match = _pattern(tuple(getattr(self, name))).search(text)
        return match[0] if match else ""


@cache
def _pattern(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in patterns), re.IGNORECASE)


@cache
def item_rules() -> _Rules:
    """Return the rules for wording that come with ecg-bench."""
    path = Path(str(files("ecg_bench.adapters.datagen"))) / "item-rules.yaml"
    return parse_yaml(path.read_text(encoding="utf-8"), _Rules, path)


def read_items(
    kind: Kind, chunk: Chunk, entries: Sequence[Mapping[str, Any] | None], n: int
) -> tuple[list[Item], list[Dropped]]:
    """Return the items of a reply that pass, and the others with the reason for each.

    Parameters
    ----------
    kind : {"open", "mcq"}
        What was asked for.
    chunk : Chunk
        What they were written from.
    entries : sequence of mapping or None
        As `read_reply` returns them.
    n : int
        How many were asked for.
    """
    read: Callable[[str, Chunk, Mapping[str, Any]], Item] = _open if kind == "open" else _choice
    items: list[Item] = []
    dropped: list[Dropped] = []
    for number, entry in enumerate(entries, 1):
        id_ = f"{chunk.id}-{kind[0]}{number}"
        try:
            if number > n:
                raise _FaultError("beyond_number_asked")
            if entry is None:
                raise _FaultError("malformed", "no object, or a name in it twice")
            items.append(read(id_, chunk, entry))
        except _FaultError as fault:
            dropped.append(Dropped(id_, chunk.id, kind, fault.reason, fault.detail, entry))
    return items, dropped


def _choice(id_: str, chunk: Chunk, entry: Mapping[str, Any]) -> Item:
    question, quote, rationale = (_text(entry, name) for name in ("question", "quote", "rationale"))
    difficulty = _difficulty(entry)
    stated = entry.get("options")
    if not isinstance(stated, list) or not all(isinstance(one, Mapping) for one in stated):
        raise _FaultError("malformed", "options")
    options = _unlettered([_text(one, "text") for one in stated])
    if len(options) != N_OPTIONS or len({" ".join(words(option)) or option for option in options}) != N_OPTIONS:
        raise _FaultError("not_four_distinct_options", "; ".join(options))
    marks = [one.get("correct") for one in stated]
    if not all(isinstance(mark, bool) for mark in marks):
        raise _FaultError("malformed", "correct")
    if sum(marks) != 1:
        raise _FaultError("two_keys" if any(marks) else "no_key")
    key = marks.index(True)
    for option in options:
        _refuse("refers_to_options", option)
    _check_quote(quote, chunk)
    for text in (question, *options):
        _refuse("not_self_contained", text)
    if _stands_in(options[key], question):
        raise _FaultError("answer_in_question", options[key])
    longest = max(len(option) for n, option in enumerate(options) if n != key)
    if len(options[key]) > max(LONGEST_BY_FAR * longest, longest + LONGER_BY):
        raise _FaultError("key_longest_by_far", options[key])
    return Item(id_, "mcq", chunk, question, quote, difficulty, tuple(options), key, rationale=rationale)


def _open(id_: str, chunk: Chunk, entry: Mapping[str, Any]) -> Item:
    question, quote, answer = (_text(entry, name) for name in ("question", "quote", "answer"))
    difficulty = _difficulty(entry)
    points = entry.get("key_points")
    if not isinstance(points, list):
        raise _FaultError("malformed", "key_points")
    key_points = tuple(_text({"key_points": one}, "key_points") for one in points)
    if len(key_points) < KEY_POINTS:
        raise _FaultError("few_key_points")
    _check_quote(quote, chunk)
    for text in (question, answer):
        _refuse("not_self_contained", text)
    if _stands_in(answer, question):
        raise _FaultError("answer_in_question", answer)
    return Item(id_, "open", chunk, question, quote, difficulty, answer=answer, key_points=key_points)


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str):
        raise _FaultError("malformed", name)
    text = one_line(value)
    if not text:
        raise _FaultError("empty", name)
    return text


def _difficulty(entry: Mapping[str, Any]) -> str:
    stated = _text(entry, "difficulty").casefold()
    if stated not in DIFFICULTIES:
        raise _FaultError("malformed", f"difficulty {stated!r}")
    return stated


def _unlettered(options: list[str]) -> list[str]:
    """Take letters off, where the first option begins with A), the second with B) and so on."""
    bare = [re.sub(rf"^\(?{letter}[).:]\s+", "", text) for letter, text in zip(LETTERS, options, strict=False)]
    return bare if all(one != other for one, other in zip(bare, options, strict=False)) else options


def _refuse(rule: str, text: str) -> None:
    if found := item_rules().found(rule, text):
        raise _FaultError(rule, found)


def _check_quote(quote: str, chunk: Chunk) -> None:
    if len(words(quote)) < QUOTE_WORDS:
        raise _FaultError("quote_too_short", quote)
    if not _stands_in(quote, chunk.text):
        raise _FaultError("quote_not_in_passage", quote)


def _stands_in(text: str, where: str) -> bool:
    return f" {' '.join(words(text))} " in f" {' '.join(words(where))} "


def words(text: str) -> list[str]:
    """Return the words of a text, whatever its marks, blanks and case."""
    return re.findall(r"[^\W_]+", text.casefold())
