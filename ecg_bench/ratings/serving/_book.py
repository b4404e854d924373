"""What one rater has said, and the lines of the journal that say it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from ecg_bench.ratings.serving._deck import Key, key_of
from ecg_bench.ratings.serving._events import Kind, Mark
from ecg_bench.ratings.sheets import Assignment

PAUSE_S = 300  # who takes longer for an answer was elsewhere
PACE = 40  # the last so many answers tell the pace


@dataclass(frozen=True, slots=True)
class Step:
    """What one undo takes back."""

    id: str
    key: Key
    before: Mark


@dataclass
class Book:
    """What one rater has said.

    Attributes
    ----------
    name : str
        Who.
    deck : list of Assignment
        The answers in this rater's order.
    marks : dict of Key to (Mark, int, str)
        The mark of each answer, the place at which it was shown, and when it was last changed.
    steps : list of Step
        What can be undone, the last one last.
    gaps : list of float
        Seconds from one answer to the next, of the latest.
    last : datetime or None
        When an answer was last marked.
    """

    name: str
    deck: list[Assignment]
    marks: dict[Key, tuple[Mark, int, str]] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    last: datetime | None = None
    said: set[int] = field(default_factory=set)

    @cached_property
    def cards(self) -> dict[Key, Assignment]:
        """The answers by what tells them apart."""
        return {key_of(card): card for card in self.deck}

    def key_at(self, task: str, sample: str, epoch: int, system: str, repeat: int) -> Key | None:
        """Return the key of the card that shows an answer; None if none does."""
        return self._places.get((task, sample, epoch, system, repeat))

    @cached_property
    def _places(self) -> dict[tuple[str, str, int, str, int], Key]:
        return {(*one.answer.place, card.repeat): key for key, card in self.cards.items() for one in card.drawn}

    def mark(self, key: Key) -> Mark:
        """Return what has been said of an answer."""
        return self.marks[key][0] if key in self.marks else Mark()

    def ever(self, key: Key, mark: Mark) -> bool:
        """Whether this has been said of an answer at some time."""
        return hash((key, mark)) in self.said

    def take(self, record: Mapping[str, Any], key: Key, mark: Mark) -> None:
        """Take a line of the journal into account."""
        step, kind = record["step"], record["kind"]
        if kind == "undo":
            self.steps = [one for one in self.steps if one.id != step]
        elif not self.steps or self.steps[-1].id != step:
            self.steps.append(Step(step, key, self.mark(key)))
        if kind in ("mark", "skip"):
            self._pace(record["time"])
        self.marks[key] = mark, record["position"], record["time"]
        self.said.add(hash((key, mark)))

    def _pace(self, text: str) -> None:
        """Take the time of a rating into account; one from a table that was there before may be of any form."""
        with suppress(ValueError, TypeError):
            time = datetime.fromisoformat(text)
            before, self.last = self.last, time
            if before is not None and 0 < (gap := (time - before).total_seconds()) < PAUSE_S:
                self.gaps = [*self.gaps[-PACE + 1 :], gap]


def line(
    event: str, step: str, kind: Kind, time: str, rater: str, position: int, key: Key, mark: Mark
) -> dict[str, Any]:
    """Return a line of the journal; it names the answer, so that it can be read without the rater's order."""
    task, sample, answers, repeat = key
    return {
        "event": event,
        "step": step,
        "kind": kind,
        "time": time,
        "rater": rater,
        "position": position,
        "task": task,
        "sample": sample,
        "answers": [list(one) for one in answers],
        "repeat": repeat,
        "levels": list(mark.levels),
        "skipped": mark.skipped,
        "comment": mark.comment,
    }


def key_in(record: Mapping[str, Any]) -> Key:
    """Return which answer a line of the journal is about; `LookupError`, `TypeError` or `ValueError` if about none."""
    answers = tuple((epoch, system) for epoch, system in record["answers"])
    return record["task"], record["sample"], answers, record["repeat"]


def moment(waited_ms: int = 0) -> str:
    """Return the time at which something happened that many milliseconds ago, in ISO 8601."""
    then = datetime.now(UTC) - timedelta(milliseconds=waited_ms)
    return then.astimezone().isoformat(timespec="milliseconds")
