"""What one rater has said, and the lines of the journal that say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ecg_bench.ratings.serving._deck import Card, Key
from ecg_bench.ratings.serving._events import Kind, Mark

PAUSE_S = 300  # who takes longer for an answer was elsewhere
PACE = 40  # the last so many answers tell the pace


@dataclass(frozen=True, slots=True)
class Step:
    """What one undo takes back."""

    id: str
    key: Key
    before: Mark


@dataclass(slots=True)
class Book:
    """What one rater has said.

    Attributes
    ----------
    name : str
        Who.
    deck : list of Card
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
    deck: list[Card]
    marks: dict[Key, tuple[Mark, int, str]] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    last: datetime | None = None
    said: set[int] = field(default_factory=set)

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
        time = datetime.fromisoformat(record["time"])
        if kind in ("mark", "skip"):
            if self.last is not None and 0 < (gap := (time - self.last).total_seconds()) < PAUSE_S:
                self.gaps = [*self.gaps[-PACE + 1 :], gap]
            self.last = time
        self.marks[key] = mark, record["position"], record["time"]
        self.said.add(hash((key, mark)))


def line(
    event: str, step: str, kind: Kind, time: str, rater: str, position: int, key: Key, mark: Mark
) -> dict[str, Any]:
    """Return a line of the journal; it names the answer, so that it can be read without the rater's order."""
    task, sample, epoch, system, repeat = key
    return {
        "event": event,
        "step": step,
        "kind": kind,
        "time": time,
        "rater": rater,
        "position": position,
        "task": task,
        "sample": sample,
        "epoch": epoch,
        "system": system,
        "repeat": repeat,
        "levels": list(mark.levels),
        "skipped": mark.skipped,
        "comment": mark.comment,
    }


def moment(waited_ms: int = 0) -> str:
    """Return the time at which something happened that many milliseconds ago, in ISO 8601."""
    then = datetime.now(UTC) - timedelta(milliseconds=waited_ms)
    return then.astimezone().isoformat(timespec="milliseconds")
