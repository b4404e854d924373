"""What is known of every answer of a board before its texts are written: where it lies, how it ended, what it scored.

A survey holds numbers and labels of all answers, but of no text more than the beginning of a question.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import nan
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ecg_bench.errors import UserError
from ecg_bench.evaluation import Run
from ecg_bench.files import open_text, sha256_of_file
from ecg_bench.ratings import Rating
from ecg_bench.reports._samples_columns import NOTHING, Growing, mean
from ecg_bench.reports._samples_judges import Cases, Verdicts
from ecg_bench.reports._samples_lines import offsets
from ecg_bench.reports._samples_marks import HUMAN, Marks, score
from ecg_bench.runs import KEYS, SAMPLES, SCORINGS, RunDirectory, ScoringRecord, Scorings

LABEL = 110  # characters of a question that stand in the list of samples
OWN, TEXT_METRIC, JUDGE = "own", "text metric", "judge"  # what a score comes from, beside HUMAN
LEARNING = 4_000_000  # characters from which the frequent words are learnt

Texts = list[str]


class TrackKey(NamedTuple):
    """Which of a system's answers to a sample it is: its run, epoch and order of the options."""

    system: int
    run: int
    epoch: int
    permutation: int


@dataclass
class Track:
    """One answer to each sample of a task; labels are numbers of the task's values."""

    places: Growing = field(default_factory=lambda: Growing("q", -1))
    labels: dict[str, Growing] = field(default_factory=dict)
    scores: dict[str, Growing] = field(default_factory=dict)
    marks: dict[int, list[Rating]] = field(default_factory=dict)

    def score(self, name: str, row: int, value: float) -> None:
        """Note a score of an answer."""
        column = self.scores.get(name)
        if column is None:
            column = self.scores[name] = Growing("d", nan)
        column.put(row, value)


@dataclass
class TaskSurvey:
    """The answers to one task; rows are numbered as samples were first met."""

    name: str
    title: str
    type: str
    rows: dict[str, int] = field(default_factory=dict)
    index: list[int] = field(default_factory=list)
    facets: dict[str, Texts] = field(default_factory=lambda: {"topic": [], "difficulty": [], "group": []})
    beginnings: Texts = field(default_factory=list)  # of the questions
    values: dict[str, dict[str, int]] = field(default_factory=dict)  # the different texts of each label
    tracks: dict[TrackKey, Track] = field(default_factory=dict)
    metrics: dict[str, tuple[str, str]] = field(default_factory=dict)  # what a score comes from, and its criterion
    sizes: Growing = field(default_factory=lambda: Growing("q", 0))

    def row(self, sample: Mapping[str, Any]) -> int:
        """Return the row of a sample, which is a new one if need be."""
        known = self.rows.get(sample["id"])
        if known is not None:
            return known
        self.index.append(sample["index"])
        for name, texts in self.facets.items():
            texts.append(sample[name])
        messages = sample["request"]["messages"]
        question = " ".join((messages[-1]["content"] if messages else "")[: 4 * LABEL].split())
        self.beginnings.append(question if len(question) <= LABEL else f"{question[:LABEL]}…")
        return self.rows.setdefault(sample["id"], len(self.rows))

    def track(self, key: TrackKey) -> Track:
        """Return a track, which is a new one if need be."""
        track = self.tracks.get(key)
        if track is None:
            track = self.tracks[key] = Track()
        return track

    def label(self, track: Track, name: str, row: int, text: str | None) -> None:
        """Note a text of an answer; None where there is nothing to say."""
        if text is not None:
            numbers = self.values.setdefault(name, {})
            codes = track.labels.get(name)
            if codes is None:
                codes = track.labels[name] = Growing("i", NOTHING)
            codes.put(row, numbers.setdefault(text, len(numbers)))

    @property
    def order(self) -> npt.NDArray[np.intp]:
        """The rows in the order of the task's data."""
        return np.argsort(np.array(self.index, dtype=np.int64), kind="stable")


@dataclass
class SurveyedRun:
    """A run, and the judges' runs about it."""

    run: Run
    system: int
    path: Path
    verdicts: list[Verdicts]


class Survey:
    """Reads runs once.

    Parameters
    ----------
    runs : mapping of str to sequence of Run
        Each system's runs, by its name on the board.
    ratings : sequence of Rating
        What humans said.
    """

    def __init__(self, runs: Mapping[str, Sequence[Run]], ratings: Sequence[Rating]) -> None:
        self.systems = list(runs)
        self.runs: list[SurveyedRun] = []
        self.tasks: dict[str, TaskSurvey] = {}
        self.examples: Texts = []
        self._learnt = 0
        self._cases: dict[Path, Cases] = {}
        self._marks = Marks(ratings)
        for system, (name, some) in enumerate(runs.items()):
            for run in some:
                path = run.path / SAMPLES
                if not path.is_file():
                    continue
                scorings = list(_scorings(run))
                verdicts = [one for scoring in scorings if (one := Verdicts.of(run, scoring, self._cases)) is not None]
                number = len(self.runs)
                self.runs.append(SurveyedRun(run, system, path, verdicts))
                self._read(number, {name, run.system}, strictly=len(some) > 1)
                for scoring in scorings:
                    self._score(number, scoring)

    def _read(self, number: int, names: set[str], *, strictly: bool) -> None:
        surveyed = self.runs[number]
        cards = {one.name: one for one in surveyed.run.header.tasks}
        for place, sample in offsets(surveyed.path):
            name = sample["task"]
            if name not in self.tasks:
                card = cards.get(name)
                self.tasks[name] = TaskSurvey(name, card.title if card else name, card.type if card else "")
            task = self.tasks[name]
            new = sample["id"] not in task.rows
            row = task.row(sample)
            track = task.track(TrackKey(surveyed.system, number, sample["epoch"], sample["permutation"]))
            track.places.put(row, place)
            task.label(track, "outcome", row, sample["outcome"])
            if sample["request"]["options"]:
                task.label(track, "parsed", row, sample["parsed"])
                task.label(track, "target", row, sample["target"])
            for metric, value in sample["scores"].items():
                task.metrics.setdefault(metric, (OWN, ""))
                track.score(metric, row, value)
            self._rate(task, track, row, self._marks.of(names, sample, strictly=strictly))
            judged = sum(one.size(sample) for one in surveyed.verdicts)
            size = len(sample["output"]) + len(sample["reasoning"]) + judged + 80
            task.sizes.put(row, task.sizes.get(row) + size + self._prompt_size(sample, first=new))
            if self._learnt < LEARNING and row % 7 == 0:
                self.examples += (sample["output"], sample["reasoning"])
                self._learnt += len(sample["output"]) + len(sample["reasoning"])

    def _prompt_size(self, sample: Mapping[str, Any], *, first: bool) -> int:
        """Return the characters of a prompt, which systems mostly share."""
        texts = [message["content"] for message in sample["request"]["messages"]]
        if first and self._learnt < LEARNING:
            self.examples += texts
            self._learnt += sum(map(len, texts))
        return sum(map(len, texts)) if first else 0

    @staticmethod
    def _rate(task: TaskSurvey, track: Track, row: int, marks: Sequence[Rating]) -> None:
        if not marks:
            return
        track.marks[row] = list(marks)
        by_criterion: dict[str, list[float]] = {}
        for one in marks:
            value = score(one)
            if one.source == HUMAN and value is not None:
                by_criterion.setdefault(one.criterion, []).append(value)
        for criterion, values in by_criterion.items():
            task.metrics.setdefault(f"human:{criterion}", (HUMAN, criterion))
            track.score(f"human:{criterion}", row, mean(values))

    def _score(self, number: int, scoring: ScoringRecord) -> None:
        surveyed = self.runs[number]
        levels = [name for name in scoring.source.get("levels", {}) if scoring.kind == "judge"]
        path = surveyed.run.path / SCORINGS / f"{scoring.name}.csv"
        with open_text(path) as file:
            reader = csv.DictReader(file)
            columns = [name for name in reader.fieldnames or () if name not in KEYS]
            said = {"state", *(f"{name}_level" for name in levels)}
            names = _names(scoring, [name for name in columns if name not in said])
            try:
                self._take(number, scoring, reader, names, levels)
            except (KeyError, ValueError, TypeError):
                raise UserError("is damaged: score the run again", path=path, line=reader.line_num) from None

    def _take(
        self,
        number: int,
        scoring: ScoringRecord,
        rows: Iterable[Mapping[str, str]],
        names: Mapping[str, str],
        levels: Sequence[str],
    ) -> None:
        system, kind = self.runs[number].system, JUDGE if scoring.kind == "judge" else TEXT_METRIC
        for cells in rows:
            task = self.tasks[cells["task"]]
            track = task.tracks[TrackKey(system, number, int(cells["epoch"]), int(cells["permutation"]))]
            row = task.rows[cells["id"]]
            for column, name in names.items():
                task.metrics.setdefault(name, (kind, column if kind == JUDGE else ""))
                if cells[column]:
                    track.score(name, row, float(cells[column]))
            if kind == JUDGE:
                task.label(track, f"state:{scoring.name}", row, cells["state"])
                for criterion in levels:
                    task.label(
                        track, f"level:{names.get(criterion, criterion)}", row, cells[f"{criterion}_level"] or None
                    )


def _names(scoring: ScoringRecord, columns: Sequence[str]) -> dict[str, str]:
    """Return what each score is called in the results."""
    if scoring.kind != "judge":
        return {name: name for name in columns}
    return {name: scoring.name if len(columns) == 1 else f"{scoring.name}.{name}" for name in columns}


def _scorings(run: Run) -> Iterator[ScoringRecord]:
    """Yield the scorings of these very answers."""
    found = list(Scorings(RunDirectory(run.path)).read())
    if found:
        sha256 = sha256_of_file(run.path / SAMPLES)
        yield from (one for one in found if one.samples_sha256 == sha256)
