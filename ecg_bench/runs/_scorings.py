"""Scores that are added to a stored run: beside it, in files of their own, and in its results."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from ecg_bench.files import sha256_of_file, to_json, write_whole, writing
from ecg_bench.runs._directory import RESULTS, SAMPLES, SCORINGS, RunDirectory, read_record
from ecg_bench.runs._records import EstimateRecord, ResultsRecord, ScoringRecord

KEYS = ("task", "index", "id", "epoch", "permutation")


class Scorings:
    """The scorings of one complete run.

    Parameters
    ----------
    run : RunDirectory
        The run.
    """

    def __init__(self, run: RunDirectory) -> None:
        self._run = run
        self._folder = run.path / SCORINGS

    def samples_sha256(self) -> str:
        """Return the hash of the run's answers, which a scoring names."""
        return sha256_of_file(self._run.path / SAMPLES)

    def read(self) -> Iterator[ScoringRecord]:
        """Yield every scoring, in the order of their names.

        Raises
        ------
        UserError
            If one is damaged.
        """
        for path in sorted(self._folder.glob("*.json")):
            yield read_record(path, ScoringRecord)

    def write(self, record: ScoringRecord, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Keep a scoring, in place of one of the same name, and add its metrics to ``results.json``.

        Parameters
        ----------
        record : ScoringRecord
            What it says.
        columns : sequence of str
            What each row holds after `KEYS`.
        rows : iterable of sequence
            Of ``scorings/NAME.csv``: a row for each answer.
        """
        results = self._without(record.name)
        with suppress(FileExistsError):
            self._folder.mkdir()
        with writing(self._folder / f"{record.name}.csv") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([*KEYS, *columns])
            writer.writerows(rows)
        write_whole(self._folder / f"{record.name}.json", to_json(record.model_dump(mode="json")))
        write_whole(self._run.path / RESULTS, to_json(_with(results, [record]).model_dump(mode="json")))

    def _without(self, name: str) -> ResultsRecord:
        """Return the results without what a scoring of some name added."""
        results = RunDirectory(self._run.path).results  # read anew: another scoring may have been added since
        before = next((one for one in self.read() if one.name == name), None)
        if before is None:
            return results
        tasks = {}
        for task, result in results.tasks.items():
            added = before.tasks[task].metrics if task in before.tasks else {}
            metrics = {k: one for k, one in result.metrics.items() if k not in added}
            tasks[task] = result.model_copy(update={"metrics": metrics})
        return results.model_copy(update={"tasks": tasks})

    def added_to(self, results: ResultsRecord) -> ResultsRecord:
        """Return results with what the scorings of these very answers say; those of other answers are left out."""
        found = list(self.read())
        if not found:
            return results
        sha256 = self.samples_sha256()
        return _with(results, [one for one in found if one.samples_sha256 == sha256])


def _with(results: ResultsRecord, scorings: Sequence[ScoringRecord]) -> ResultsRecord:
    tasks = dict(results.tasks)
    for scoring in scorings:
        for task, scored in scoring.tasks.items():
            if task in tasks:
                metrics: dict[str, EstimateRecord] = {**tasks[task].metrics, **scored.metrics}
                tasks[task] = tasks[task].model_copy(update={"metrics": metrics})
    return results.model_copy(update={"tasks": tasks})
