"""Which texts find room in a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from ecg_bench.reports._samples_columns import Order
from ecg_bench.reports._samples_index import main_metric
from ecg_bench.reports._samples_survey import TaskSurvey

BLOCK = 400_000  # characters of a part: quickly unpacked, and more than DEFLATE looks back over
MARGIN = 1.02  # parts differ in how small they become

Floats = npt.NDArray[np.float64]


def worth(task: TaskSurvey) -> Floats:
    """Return how much the texts of each row are worth reading, shape (rows,), in the order of the task's data.

    First come samples that humans rated (2 and more), then those on which systems differ: by the standard deviation of
    the task's main score over the answers, and half of it for a differing outcome.
    """
    order = task.order
    found = np.zeros(len(order))
    main = main_metric(task)
    scores = [track.scores[main].arranged(order) for track in task.tracks.values() if main in track.scores]
    if scores:
        spread = _spread(np.column_stack(scores))
        found += spread / max(1e-9, float(spread.max()))
    outcomes = np.column_stack([track.labels["outcome"].arranged(order) for track in task.tracks.values()])
    there = outcomes >= 0
    first = np.where(there, outcomes, outcomes.max(axis=1, keepdims=True))
    found += 0.5 * (first.min(axis=1) != first.max(axis=1))
    rated = {row for track in task.tracks.values() for row in track.marks}
    found[np.isin(order, list(rated))] += 2
    return found


def _spread(values: Floats) -> Floats:
    """Return the standard deviation of each row over what is there."""
    there = ~np.isnan(values)
    n = np.maximum(1, there.sum(axis=1))
    filled = np.where(there, values, 0.0)
    mean = filled.sum(axis=1) / n
    variance = (np.where(there, values - mean[:, None], 0.0) ** 2).sum(axis=1) / n
    spread: Floats = np.sqrt(variance)
    return spread


class Room:
    """Hands out the room for texts: rows in their order, those most worth reading for as long as they all fit.

    Parameters
    ----------
    sizes : array of int, shape (rows,)
        Characters of each row's texts, all tasks one after the other.
    tasks : array of int, shape (rows,)
        The number of each row's task.
    worth : array of float, shape (rows,)
        What to keep first.
    room : int
        Bytes of all texts once they are made small.
    rate : float
        How many bytes a character takes, as far as is known beforehand.
    """

    def __init__(self, sizes: npt.NDArray[np.int64], tasks: Order, worth: Floats, room: int, rate: float) -> None:
        self._sizes, self._tasks = sizes, tasks
        self._best = np.argsort(-worth, kind="stable")
        self._left = np.ones(len(sizes), dtype=np.bool_)
        self._room, self._rate = room, rate
        self._spent = self._read = 0

    @property
    def left_out(self) -> int:
        """How many rows have found no room so far."""
        return int(self._left.sum())

    def blocks(self) -> Iterator[tuple[int, Sequence[int]]]:
        """Yield a task's number with rows of it, some at a time; say of each by `spend` what became of it."""
        for _ in range(2):  # what was left out by too low a guess may find room once the rate is known
            row = 0
            while row < len(self._left):
                kept = self._kept(row)
                rows: list[int] = []
                size = 0
                while row < len(kept) and (not rows or (size < BLOCK and self._tasks[row] == self._tasks[rows[0]])):
                    if kept[row]:
                        rows.append(row)
                        size += int(self._sizes[row])
                    row += 1
                if rows:
                    yield int(self._tasks[rows[0]]), rows

    def _kept(self, start: int) -> npt.NDArray[np.bool_]:
        """Return which rows from one on shall be kept, by what is known now."""
        best = self._best[self._left[self._best] & (self._best >= start)]
        costs = np.cumsum(self._sizes[best]) * self._rate * MARGIN
        kept = np.zeros(len(self._left), dtype=np.bool_)
        kept[best[costs <= self._room]] = True
        return kept

    def spend(self, rows: Sequence[int], size: int) -> bool:
        """Take the room for some rows, if there is enough; return whether there was."""
        self._spent += size
        self._read += int(self._sizes[list(rows)].sum())
        self._rate = self._spent / max(1, self._read)
        if size > self._room:
            return False
        self._room -= size
        self._left[list(rows)] = False
        return True
