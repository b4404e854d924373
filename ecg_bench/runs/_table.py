"""The scores of a task as columns, and ``scores.csv``, which holds them so that nobody has to open the samples."""

from __future__ import annotations

import csv
import math
from array import array
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt

from ecg_bench.errors import UserError
from ecg_bench.files import open_text
from ecg_bench.reasoning import without_reasoning

Codes = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

LABELS = (
    "group",
    "topic",
    "difficulty",
    "question_type",
    "target",
    "parsed",
    "choice",
    "answer_length",
    "outcome",
    "clean",
)
COLUMNS = ("task", "index", "id", "epoch", "permutation", *LABELS)
SCORES = "scores.csv"
ANSWER_LENGTHS = {"0": 0, "1-3": 3, "4-15": 15, "16-50": 50, "51-150": 150, "151+": math.inf}  # the most words of each
CHUNK = 32_768  # rows that are held at a time while a run is reduced to its results


def answer_length(output: str) -> str:
    """Return the range of words, from ``"0"`` to ``"151+"``, that an answer has without its reasoning."""
    words = len(without_reasoning(output).split())
    return next(name for name, most in ANSWER_LENGTHS.items() if words <= most)


@dataclass(frozen=True)
class Labels:
    """A column of texts: for each row the position of its text in `values`."""

    codes: Codes
    values: tuple[str, ...]

    def equal(self, value: str) -> Mask:
        """Return which rows have a value."""
        if value not in self.values:
            return np.zeros(len(self.codes), dtype=np.bool_)
        return np.equal(self.codes, self.values.index(value))


@dataclass(frozen=True)
class ScoreTable:
    """The scores of one task, a row for each request.

    Attributes
    ----------
    index : array of int, shape (rows,)
        The sample's position in the task's data.
    epoch : array of int, shape (rows,)
        The number of the repetition.
    permutation : array of int, shape (rows,)
        The number of the order in which the options were shown.
    labels : mapping of str to Labels
        The columns named in `LABELS`; empty texts where there is nothing to say.
    scores : mapping of str to array of float, shape (rows,)
        Each metric's score.
    """

    index: Codes
    epoch: Codes
    permutation: Codes
    labels: Mapping[str, Labels]
    scores: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.index)

    def where(self, mask: Mask) -> ScoreTable:
        """Return the rows under a mask."""
        labels = {name: Labels(column.codes[mask], column.values) for name, column in self.labels.items()}
        scores = {name: values[mask] for name, values in self.scores.items()}
        return ScoreTable(self.index[mask], self.epoch[mask], self.permutation[mask], labels, scores)

    @cached_property
    def units(self) -> Codes:
        """The sample of each row, numbered from 0 without gaps."""
        return np.unique(self.index, return_inverse=True)[1]

    @cached_property
    def clusters(self) -> Codes:
        """The cluster of each row, numbered from 0 without gaps: the one answer to what is independent evidence.

        Samples of one group form a cluster; a sample without a group is one of its own.
        """
        group = self.labels["group"]
        names = np.where(group.equal(""), len(group.values) + self.index, group.codes)
        return np.unique(names, return_inverse=True)[1]

    @cached_property
    def cluster_keys(self) -> list[str]:
        """What identifies each cluster in other parts of the same task, in the order of their numbers."""
        group = self.labels["group"]
        first = np.unique(self.clusters, return_index=True)[1]
        return [group.values[group.codes[row]] or f"\0{self.index[row]}" for row in first]


class TableBuilder:
    """Gathers the rows of one task."""

    def __init__(self, metrics: Sequence[str]) -> None:
        self._index = array("i")
        self._epoch = array("i")
        self._permutation = array("i")
        self._codes = {name: array("i") for name in LABELS}
        self._values: dict[str, dict[str, int]] = {name: {} for name in LABELS}
        self._scores = {name: array("d") for name in metrics}

    def __len__(self) -> int:
        return len(self._index)

    @property
    def last_index(self) -> int:
        """The sample of the last row."""
        return self._index[-1]

    def add(self, index: int, epoch: int, permutation: int, labels: Iterable[str], scores: Iterable[float]) -> None:
        """Add a row; labels and scores in the order of `LABELS` and of the metrics."""
        self._index.append(index)
        self._epoch.append(epoch)
        self._permutation.append(permutation)
        for name, label in zip(LABELS, labels, strict=True):
            values = self._values[name]
            self._codes[name].append(values.setdefault(label, len(values)))
        for column, score in zip(self._scores.values(), scores, strict=True):
            column.append(score)

    def table(self) -> ScoreTable:
        """Return the rows as a table."""
        labels = {
            name: Labels(np.frombuffer(self._codes[name], dtype=np.intc), tuple(values))
            for name, values in self._values.items()
        }
        scores = {name: np.frombuffer(column, dtype=np.float64) for name, column in self._scores.items()}
        index, epoch, permutation = (
            np.frombuffer(one, dtype=np.intc) for one in (self._index, self._epoch, self._permutation)
        )
        return ScoreTable(index, epoch, permutation, labels, scores)


class ScoreWriter:
    """Writes ``scores.csv`` and hands its rows on in tables of a limited size, in one pass over the samples.

    Parameters
    ----------
    file : text file
        To write to.
    metrics : mapping of str to sequence of str
        Each task's per-sample metrics.
    consume : callable
        Is given each task's name with a table of some of its rows; those of one sample are always together.
    tabled : collection of str
        The tasks whose targets and answers are short names; the free text of others has no place in a table of scores.
    """

    def __init__(
        self,
        file: TextIO,
        metrics: Mapping[str, Sequence[str]],
        consume: Callable[[str, ScoreTable], None],
        tabled: Collection[str],
    ) -> None:
        self._tabled = frozenset(tabled)
        self._metrics = metrics
        self._consume = consume
        self._columns = sorted({name for names in metrics.values() for name in names})
        self._writer = csv.writer(file, lineterminator="\n")
        self._writer.writerow([*COLUMNS, *self._columns])
        self._builders = {task: TableBuilder(names) for task, names in metrics.items()}

    def add(self, sample: Mapping[str, Any]) -> None:
        """Add a line of ``samples.jsonl``."""
        task, scores = sample["task"], sample["scores"]
        target = parsed = choice = ""
        if task in self._tabled:
            target, parsed = sample["target"] or "", sample["parsed"] or ""
            choice = "" if sample["choice"] is None else str(sample["choice"])
        about = (sample["group"], sample["topic"], sample["difficulty"], sample["question_type"])
        clean = "" if sample.get("clean") is None else "yes" if sample["clean"] else "no"
        labels = (*about, target, parsed, choice, answer_length(sample["output"]), sample["outcome"], clean)
        values = [scores.get(name, 0.0) for name in self._metrics[task]]
        builder = self._builders[task]
        if len(builder) >= CHUNK and builder.last_index != sample["index"]:
            self._consume(task, builder.table())
            builder = self._builders[task] = TableBuilder(self._metrics[task])
        place = (sample["index"], sample["epoch"], sample["permutation"])
        builder.add(*place, labels, values)
        cells = [f"{scores.get(name, 0.0):g}" if name in self._metrics[task] else "" for name in self._columns]
        self._writer.writerow([task, place[0], sample["id"], *place[1:], *labels, *cells])

    def finish(self) -> None:
        """Hand on the rows that are left."""
        for task, builder in self._builders.items():
            if len(builder):
                self._consume(task, builder.table())


def read_scores(path: Path) -> dict[str, ScoreTable]:
    """Read ``scores.csv``: each task's table.

    Raises
    ------
    UserError
        If the file is missing or is none of ours.
    """
    builders: dict[str, TableBuilder] = {}
    with open_text(path) as file:
        reader = csv.reader(file)
        header = next(reader, [])
        if tuple(header[: len(COLUMNS)]) != COLUMNS:
            raise UserError(f"must begin with the columns {', '.join(COLUMNS)}", path=path, line=1)
        first_label, first_metric = COLUMNS.index(LABELS[0]), len(COLUMNS)
        for cells in reader:
            given = [name for name, cell in zip(header[first_metric:], cells[first_metric:], strict=True) if cell]
            builder = builders.setdefault(cells[0], TableBuilder(given))
            scores = [float(cell) for cell in cells[first_metric:] if cell]
            index, epoch, permutation = (int(cells[n]) for n in (1, 3, 4))
            builder.add(index, epoch, permutation, cells[first_label:first_metric], scores)
    return {task: builder.table() for task, builder in builders.items()}


def read_ids(run: Path, task: str) -> dict[int, str]:
    """Return the id of each sample of a task by its position in the task's data.

    Parameters
    ----------
    run : Path
        The run directory.
    task : str
        The task.

    Raises
    ------
    UserError
        If ``scores.csv`` is missing.
    """
    with open_text(run / SCORES) as file:
        return {int(row["index"]): row["id"] for row in csv.DictReader(file) if row["task"] == task}
