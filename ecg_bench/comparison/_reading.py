"""Reading what is compared: which samples both runs were asked, and their scores."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.errors import UserError
from ecg_bench.evaluation import Run
from ecg_bench.files import open_text, sha256_of
from ecg_bench.metrics import METRICS
from ecg_bench.runs import KEYS, SCORES, SCORINGS, RunDirectory, ScoreTable, ScoringRecord, Scorings
from ecg_bench.samples import LETTERS

Codes = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]

BESIDE = ("state",)  # columns of a scoring that are no scores
LEVEL = "_level"


@dataclass(frozen=True)
class ScoreColumn:
    """A score that was added to a run: the scoring it belongs to, and its column there."""

    scoring: ScoringRecord
    column: str


class Side:
    """One of two runs that are compared; everything is read once, when it is first needed.

    Parameters
    ----------
    run : Run
        A complete run.

    Raises
    ------
    UserError
        If it is not complete.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.header = run.header
        self.results = run.results
        self._columns: dict[tuple[str, str], dict[str, tuple[Codes, Floats]]] = {}

    @property
    def tables(self) -> Mapping[str, ScoreTable]:
        """The scores of each task."""
        return self.run.scores

    @cached_property
    def ids(self) -> dict[str, dict[int, str]]:
        """Each task's ids by position in its data; tables of scores don't keep them."""
        found: dict[str, dict[int, str]] = {}
        with open_text(self.run.path / SCORES) as file:
            reader = csv.reader(file)
            next(reader, None)
            for task, index, sample, *_ in reader:
                found.setdefault(task, {})[int(index)] = sample
        return found

    @cached_property
    def added(self) -> dict[str, ScoreColumn]:
        """Scores of single answers that were added to the run, by the name that its results give them.

        Scorings of other answers than those that the run holds now are left out, for which the samples are hashed.
        """
        scorings = Scorings(RunDirectory(self.run.path))
        records = list(scorings.read())
        if not records:
            return {}
        sha256 = scorings.samples_sha256()
        found = {}
        for record in records:
            if record.samples_sha256 != sha256:
                continue
            columns = self._names(record)
            for column in columns:
                name = column
                if record.kind == "judge":
                    name = record.name if len(columns) == 1 else f"{record.name}.{column}"
                found[name] = ScoreColumn(record, column)
        return found

    def _names(self, record: ScoringRecord) -> list[str]:
        with open_text(self._file(record)) as file:
            header = next(csv.reader(file), [])
        if tuple(header[: len(KEYS)]) != KEYS:
            raise UserError(f"must begin with the columns {', '.join(KEYS)}", path=self._file(record), line=1)
        if record.kind == "text metric":
            return header[len(KEYS) :]
        return [one for one in header[len(KEYS) :] if one not in BESIDE and not one.endswith(LEVEL)]

    def _file(self, record: ScoringRecord) -> Path:
        return self.run.path / SCORINGS / f"{record.name}.csv"

    def scores(self, task: str, metric: str, samples: Codes) -> Floats | None:
        """Return a metric's score of some samples, the mean over their repeats.

        Parameters
        ----------
        task, metric : str
            Of which task, by which metric.
        samples : array of int, shape (n,)
            Positions in the task's data, each once.

        Returns
        -------
        array of float, shape (n,), or None
            NaN where a sample has no score; None where the run has no such score of single samples.
        """
        if metric in METRICS:
            if metric not in self.results.tasks[task].metrics:
                return None
            table = self.tables[task]
            stats = METRICS[metric].statistics(table)
            return _by_sample(table.index, stats.numerator, stats.denominator, samples)
        if metric not in self.added or task not in (rows := self._added(self.added[metric])):
            return None
        index, values = rows[task]
        return _by_sample(index, values, np.ones(len(values)), samples)

    def _added(self, wanted: ScoreColumn) -> dict[str, tuple[Codes, Floats]]:
        """Return the samples and values of a column, by task; answers without a value are left out."""
        key = (wanted.scoring.name, wanted.column)
        if key not in self._columns:
            rows: dict[str, tuple[list[int], list[float]]] = {}
            path = self._file(wanted.scoring)
            with open_text(path) as file:
                for number, row in enumerate(csv.DictReader(file), 2):
                    if row[wanted.column]:
                        index, values = rows.setdefault(row["task"], ([], []))
                        try:
                            index.append(int(row["index"]))
                            values.append(float(row[wanted.column]))
                        except ValueError:
                            message = f"the index and {wanted.column} must be numbers: score the run again"
                            raise UserError(message, path=path, line=number) from None
            self._columns[key] = {task: (np.array(a), np.array(b)) for task, (a, b) in rows.items()}
        return self._columns[key]

    def contents(self, tasks: frozenset[str]) -> dict[str, dict[str, str]]:
        """Return a hash of what each sample of some tasks asks, by task and id. It opens the samples."""
        found: dict[str, dict[str, str]] = {task: {} for task in tasks}
        for sample in self.run.samples():
            if sample["task"] in tasks and sample["id"] not in found[sample["task"]]:
                found[sample["task"]][sample["id"]] = _content(sample)
        return found

    def requests(self, wanted: frozenset[tuple[str, str]]) -> Iterator[dict[str, Any]]:
        """Yield the stored answers to some samples, each by task and id. It opens the samples."""
        for sample in self.run.samples():
            if (sample["task"], sample["id"]) in wanted:
                yield sample


def _by_sample(rows: Codes, numerator: Floats, denominator: Floats, samples: Codes) -> Floats:
    order = np.argsort(samples)
    places = np.minimum(np.searchsorted(samples, rows, sorter=order), len(samples) - 1)
    places = order[places]
    known = samples[places] == rows
    total = np.bincount(places[known], numerator[known], len(samples))
    count = np.bincount(places[known], denominator[known], len(samples))
    found: Floats = np.divide(total, count, out=np.full(len(samples), np.nan), where=count > 0)
    return found


def question_of(sample: Mapping[str, Any]) -> str:
    """Return the last turn of a prompt: the question, after any worked examples."""
    return str(sample["request"]["messages"][-1]["content"])


def _content(sample: Mapping[str, Any]) -> str:
    """Return a hash of what a sample asks, whatever the order in which its options are shown."""
    request, target = sample["request"], sample["target"] or ""
    question, options = question_of(sample), list(request["options"])
    for text in sorted(options, key=lambda one: (-len(one), one)):
        question = question.replace(text, "")
    right = options[LETTERS.index(target)] if options and target else target
    return sha256_of(json.dumps([question, sorted(options), right, request["media"]], sort_keys=True))
