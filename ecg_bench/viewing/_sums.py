"""What the answers of a run come to so far: sums only, however many they are."""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecg_bench.evaluation._totals import Totals
from ecg_bench.runs import TaskRecord
from ecg_bench.samples import Outcome
from ecg_bench.statistics import wilson

LAST = 6  # answers that are shown
SHORT = 280  # characters of each


@dataclass
class _Task:
    record: TaskRecord
    done: int = 0
    scored: int = 0
    total: float = 0.0
    proportion: bool = True

    @property
    def requests(self) -> int:
        return self.record.samples * self.record.repeats

    def add(self, sample: Mapping[str, Any]) -> None:
        score = _score(sample, self.record.main_metric)
        self.done += 1
        if score is not None:
            self.scored += 1
            self.total += score
            self.proportion = self.proportion and 0 <= score <= 1

    def state(self) -> dict[str, Any]:
        low = high = value = None
        if self.scored:
            value = self.total / self.scored
            if self.proportion:
                low, high = wilson(min(self.total, self.scored), self.scored)
        return {
            "name": self.record.name,
            "title": self.record.title,
            "metric": self.record.main_metric,
            "done": self.done,
            "total": self.requests,
            "n": self.scored,
            "value": value,
            "low": low,
            "high": high,
        }


class Sums:
    """Adds up the lines of ``samples.jsonl``.

    Parameters
    ----------
    tasks : sequence of TaskRecord
        What the run asks.

    Attributes
    ----------
    done : int
        Lines that were added.
    unreadable : int
        Lines that are no answers of this run.
    """

    def __init__(self, tasks: Sequence[TaskRecord]) -> None:
        self._tasks = {task.name: _Task(task) for task in tasks}
        self._totals = Totals()
        self._last: deque[dict[str, Any]] = deque(maxlen=LAST)
        self.done = 0
        self.unreadable = 0

    @property
    def total(self) -> int:
        """How many requests the run has."""
        return sum(task.requests for task in self._tasks.values())

    def add(self, line: bytes) -> None:
        """Count a line."""
        try:
            sample = json.loads(line)
            task, shown = self._tasks[sample["task"]], _shown(sample)
            Outcome(sample["outcome"])
            self._totals.add(sample)
            task.add(sample)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self.unreadable += 1
            return
        self._last.append(shown)
        self.done += 1

    def state(self) -> dict[str, Any]:
        """Return the sums as the page gets them."""
        totals = self._totals.record().model_dump()
        retries = totals.pop("retries")
        return {
            "done": self.done,
            "total": self.total,
            "unreadable": self.unreadable,
            "outcomes": dict(self._totals.outcomes),
            "tasks": [task.state() for task in self._tasks.values()],
            "totals": totals if self.done else None,
            "retries": retries,
            "last": list(reversed(self._last)),
        }


def _score(sample: Mapping[str, Any], metric: str) -> float | None:
    """Return what an answer adds to its task's main metric; None where single answers don't have one."""
    if metric in sample["scores"]:
        score = float(sample["scores"][metric])
        return score if math.isfinite(score) else None
    return float(sample["outcome"] == Outcome.OK) if metric == "answered" else None


def _shown(sample: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page shows of an answer."""
    choices = bool(sample["request"]["options"])
    return {
        "task": str(sample["task"]),
        "id": _short(sample["id"]),
        "outcome": str(sample["outcome"]),
        "text": _short(sample["error"] or sample["output"]),
        "parsed": _short(sample["parsed"]) if choices and sample["parsed"] else "",
        "target": _short(sample["target"]) if choices and sample["target"] else "",
    }


def _short(text: object) -> str:
    words = str(text)
    return words if len(words) <= SHORT else words[: SHORT - 1] + "…"
