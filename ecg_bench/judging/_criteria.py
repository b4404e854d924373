"""The kinds of criteria: how each is asked for, and how what the judge stated becomes a level and a score."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

from ecg_bench.judging._card import CriterionCard

_NUMERAL = re.compile(r"\s*(-?[0-9]{1,9})(?:\.0{1,9})?\s*")


class VerdictError(Exception):
    """What is wrong with a verdict, in words that the judge can be told."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a judge said of one answer by one criterion: the level if it has levels, the score, and what was stated."""

    score: float
    level: str | None = None
    detail: Any = None


def plain(text: str) -> str:
    """Return the name of a level as it is compared: without case, with single blanks for blanks, ``_`` and ``-``."""
    return " ".join(re.sub(r"[\s_-]+", " ", text).casefold().split())


def shorten(value: object) -> str:
    """Show a value in a message."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"


class Criterion(ABC):
    """A criterion of a rubric.

    Attributes
    ----------
    takes : frozenset of str
        The fields of the card that belong to its kind, all of which it needs.
    """

    takes: ClassVar[frozenset[str]]

    def __init__(self, card: CriterionCard) -> None:
        self.card = card
        self.name = card.name
        self.field = card.field or card.name

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with the card, after the name of the field of the card that it is about."""
        for name in sorted({"levels", "minimum", "maximum", "counts"}):
            given = getattr(self.card, name) not in (None, ())
            if given and name not in self.takes:
                yield name, f"a criterion of the kind {self.card.kind!r} has no {name!r}"
            elif not given and name in self.takes:
                yield "kind", f"a criterion of the kind {self.card.kind!r} needs {name!r}"

    @property
    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of what the judge states."""

    @property
    @abstractmethod
    def placeholder(self) -> str:
        """What stands in its place in the form shown to the judge; never a value that `read` takes."""

    def lines(self) -> Iterator[str]:
        """Yield the lines that describe it to the judge."""
        yield f"{self.field}: {' '.join(self.card.description.split())}"
        for level in self.card.levels:
            yield f"- {level.name}: {' '.join(level.description.split())}" if level.description else f"- {level.name}"


class AnswerCriterion(Criterion):
    """A criterion that is stated of each answer by itself."""

    @abstractmethod
    def read(self, value: object, points: int) -> Mark:
        """Read what was stated of an answer.

        Parameters
        ----------
        value : object
            What the verdict holds.
        points : int
            How many key points there are.

        Raises
        ------
        VerdictError
            If it is none of the values that the criterion has.
        """


class Levels(AnswerCriterion):
    """One of several named levels."""

    takes = frozenset({"levels"})

    def __init__(self, card: CriterionCard) -> None:
        super().__init__(card)
        self._by_name = {plain(level.name): level for level in card.levels}

    def faults(self) -> Iterator[tuple[str, str]]:
        yield from super().faults()
        levels = self.card.levels
        if len(levels) == 1:
            yield "levels", "a scale needs at least two levels"
        if len(self._by_name) < len(levels):
            yield "levels", "two levels have the same name"
        values = [level.value for level in levels]
        if any(low >= high for low, high in pairwise(values)):
            yield "levels", "levels go from the worst to the best, each with a higher value than the one before"

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": [level.name for level in self.card.levels]}

    @property
    def placeholder(self) -> str:
        return f'"<one of: {" | ".join(level.name for level in self.card.levels)}>"'

    def read(self, value: object, points: int) -> Mark:
        level = self._by_name.get(plain(value)) if isinstance(value, str) else None
        if level is not None:
            return Mark(level.value, level.name)
        names = ", ".join(repr(level.name) for level in self.card.levels)
        raise VerdictError(f"{self.field!r} must be one of {names}, but is {shorten(value)}")


class Boolean(Levels):
    """True or false, each of which has the name of a level."""

    def faults(self) -> Iterator[tuple[str, str]]:
        yield from super().faults()
        if len(self.card.levels) > 2:
            yield "levels", "a criterion of the kind 'boolean' has two levels: what false means, and what true means"

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}

    @property
    def placeholder(self) -> str:
        return "<true or false>"

    def read(self, value: object, points: int) -> Mark:
        if isinstance(value, str):
            value = {"true": True, "false": False}.get(value.strip().casefold(), value)
        if not isinstance(value, bool):
            raise VerdictError(f"{self.field!r} must be true or false, but is {shorten(value)}")
        level = self.card.levels[value]
        return Mark(level.value, level.name)

    def lines(self) -> Iterator[str]:
        yield f"{self.field}: {' '.join(self.card.description.split())}"
        for word, level in zip(("false", "true"), self.card.levels, strict=True):
            yield f"- {word} ({level.name}): {' '.join(level.description.split())}".rstrip(" :")


class Number(AnswerCriterion):
    """A whole number between two ends."""

    takes = frozenset({"minimum", "maximum"})

    def faults(self) -> Iterator[tuple[str, str]]:
        yield from super().faults()
        if None not in (self.card.minimum, self.card.maximum) and self._low >= self._high:
            yield "maximum", "the maximum must be above the minimum"

    @property
    def _low(self) -> int:
        return self.card.minimum or 0

    @property
    def _high(self) -> int:
        return self.card.maximum or 0

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self._low, "maximum": self._high}

    @property
    def placeholder(self) -> str:
        return f"<whole number from {self._low} to {self._high}>"

    def read(self, value: object, points: int) -> Mark:
        number = whole(value)
        if number is None or not self._low <= number <= self._high:
            raise VerdictError(
                f"{self.field!r} must be a whole number from {self._low} to {self._high}, but is {shorten(value)}"
            )
        return Mark((number - self._low) / (self._high - self._low), detail=number)


class Points(AnswerCriterion):
    """Which of the key points: the score is the share of those listed, or of those not listed."""

    takes = frozenset({"counts"})

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "integer", "minimum": 1}}

    @property
    def placeholder(self) -> str:
        return "<list of the numbers of these key points; [] if there is none>"

    def read(self, value: object, points: int) -> Mark:
        if not isinstance(value, list):
            raise VerdictError(f"{self.field!r} must be a list of numbers of key points, but is {shorten(value)}")
        numbers = [whole(entry) for entry in value]
        listed = tuple(number for number in numbers if number is not None and 1 <= number <= points)
        if len(listed) < len(value):
            raise VerdictError(
                f"{self.field!r} must hold numbers of key points, from 1 to {points}, but is {shorten(value)}"
            )
        if len(set(listed)) < len(listed):
            raise VerdictError(f"{self.field!r} holds a key point twice: {shorten(value)}")
        share = len(listed) / points
        return Mark(share if self.card.counts == "for" else 1 - share, detail=listed)


class Ranking(Criterion):
    """All answers of a call from the best to the worst, stated once: the score falls evenly from 1 to 0."""

    takes = frozenset()

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string"}}

    @property
    def placeholder(self) -> str:
        return "<list of the ids of all answers, the best first>"

    def read(self, value: object, ids: Sequence[str]) -> Mapping[str, Mark]:
        """Read the marks of all answers, by their ids.

        Raises
        ------
        VerdictError
            If it is no list that has each id once.
        """
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise VerdictError(f"{self.field!r} must be a list of ids, but is {shorten(value)}")
        ranked = check_ids(self.field, [entry.strip() for entry in value], ids)
        last = max(1, len(ranked) - 1)
        return {id_: Mark(1 - place / last, detail=place + 1) for place, id_ in enumerate(ranked)}


def check_ids(where: str, given: Sequence[str], ids: Sequence[str]) -> Sequence[str]:
    """Return the ids given.

    Raises
    ------
    VerdictError
        If one is unknown, missing, or there twice.
    """
    for id_ in given:
        if id_ not in ids:
            raise VerdictError(f"{where!r} names the unknown id {shorten(id_)}; the ids are {', '.join(ids)}")
        if given.count(id_) > 1:
            raise VerdictError(f"{where!r} names the id {id_} twice; each of {', '.join(ids)} must be there once")
    if missing := [id_ for id_ in ids if id_ not in given]:
        raise VerdictError(f"{where!r} leaves out {', '.join(missing)}; each of {', '.join(ids)} must be there once")
    return given


def whole(value: object) -> int | None:
    """Return a whole number, which may be written as a text or with zeros after its point; None if it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    found = _NUMERAL.fullmatch(value) if isinstance(value, str) else None
    return None if found is None else int(found[1])


KINDS: Mapping[str, type[Criterion]] = {
    "levels": Levels,
    "boolean": Boolean,
    "number": Number,
    "points": Points,
    "ranking": Ranking,
}
