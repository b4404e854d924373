"""From the stored samples of a run to its results: a pure function of what is on disk."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ecg_bench.evaluation._label_results import LabelSums
from ecg_bench.evaluation._prepare import PlannedTask, PreparedRun
from ecg_bench.metrics import DRAWS, Estimate, Metric, Tally, metrics_for
from ecg_bench.runs import ANSWER_LENGTHS, BoundsRecord, EstimateRecord, ResultsRecord, ScoreTable, TaskResultRecord
from ecg_bench.samples import Outcome
from ecg_bench.settings import Settings
from ecg_bench.task_types import multiple_choice

FACETS = {
    "topic": "topic",
    "difficulty": "difficulty",
    "question_type": "question_type",
    "key_position": "target",
    "answer_length": "answer_length",  # of the answers, not of the samples: it differs from system to system
}


class ResultsBuilder:
    """Sums up the samples of a run, a part at a time.

    Parameters
    ----------
    run : PreparedRun
        What was asked.
    """

    def __init__(self, run: PreparedRun) -> None:
        self._run = run
        self._tasks = {one.task.name: _TaskSums(one, run.settings) for one in run.tasks}

    def add(self, task: str, table: ScoreTable) -> None:
        """Add some rows of a task; all rows of one sample come together."""
        self._tasks[task].add(table)

    def results(self) -> ResultsRecord:
        """Return the results of everything added."""
        header = self._run.header
        return ResultsRecord(
            system=header.system.name,
            fingerprint=header.fingerprint,
            tasks={name: sums.result(self._run) for name, sums in self._tasks.items()},
        )


class _TaskSums:
    def __init__(self, planned: PlannedTask, settings: Settings) -> None:
        self._planned = planned
        self._repeats = planned.plan.repeats * settings.epochs
        plan, epochs = planned.plan, settings.epochs
        # Where each label is asked for by itself, labels take the place of permutations, and are no orders of options.
        permutations = 1 if plan.labels else plan.repeats
        metrics = metrics_for(planned.metrics, permutations=permutations, epochs=epochs, clustered=plan.clustered)
        self._main = next(metric for metric in metrics if metric.name == planned.main_metric)
        self._labels = LabelSums(plan.labels, each=planned.task.card.form == "yes_no") if plan.labels else None
        # Where each sample has a set of answers of its own, "by key" would be by sample.
        sets = bool(plan.labels) or plan.clustered
        self._facets = {name: label for name, label in FACETS.items() if name != "key_position" or not sets}
        self._tallies = [Tally(metric, self._repeats) for metric in metrics]
        self._slices: dict[str, dict[str, Tally]] = {name: {} for name in self._facets}
        self._outcomes = dict.fromkeys(map(str, Outcome), 0)
        self._n = 0

    def add(self, table: ScoreTable) -> None:
        self._n += len(table)
        for outcome in self._outcomes:
            self._outcomes[outcome] += int(table.labels["outcome"].equal(outcome).sum())
        for tally in self._tallies:
            tally.add(table)
        if self._labels is not None:
            self._labels.add(table)
        for name, label in self._facets.items():
            column, parts = table.labels[label], self._slices[name]
            for value in filter(None, column.values):
                parts.setdefault(value, Tally(self._main, self._repeats)).add(table.where(column.equal(value)))

    def result(self, run: PreparedRun) -> TaskResultRecord:
        seed, signature = run.settings.seed, _signature(self._planned, run)
        errors = self._outcomes[Outcome.ERROR]
        bounds = None
        if errors:
            main = next(tally for tally in self._tallies if tally.metric is self._main)
            total, n = main.numerator, main.denominator
            bounds = BoundsRecord(worst=total / n, best=(total + errors) / n)
        metrics = _estimates(self._tallies, seed, signature)
        if self._labels is not None:
            metrics |= self._labels.overall(seed, signature)
        return TaskResultRecord(
            n=self._n,
            samples=self._planned.n_samples,
            repeats=self._repeats,
            main_metric=self._main.name,
            outcomes=self._outcomes,
            metrics=metrics,
            bounds=bounds,
            slices={
                name: {value: _estimates([parts[value]], seed, signature) for value in _in_order(parts)}
                for name, parts in self._slices.items()
                if len(parts) > 1
            },
            labels=self._labels.by_label(seed, signature) if self._labels is not None else {},
        )


def _in_order(values: Iterable[str]) -> list[str]:
    """Return the values of a facet by name, ranges of words by their length."""
    return sorted(values, key=lambda value: (ANSWER_LENGTHS.get(value, 0), value))


def _estimates(tallies: list[Tally], seed: int, signature: str) -> dict[str, EstimateRecord]:
    found = {}
    for tally in tallies:
        one = tally.estimate(seed)
        if one is not None:
            found[tally.metric.name] = _record(tally.metric, one, seed, signature)
    return found


def _record(metric: Metric, one: Estimate, seed: int, signature: str) -> EstimateRecord:
    resampling = "" if one.method.startswith("wilson") else f"|draws:{DRAWS}|draw_seed:{seed}|numpy:{np.__version__}"
    return EstimateRecord(
        value=one.value,
        low=one.low,
        high=one.high,
        method=one.method,
        confidence=one.confidence,
        n=one.n,
        signature=f"{metric.name}|version:{metric.version}|{signature}{resampling}",
    )


def _signature(planned: PlannedTask, run: PreparedRun) -> str:
    record = next(task for task in run.header.tasks if task.name == planned.task.name)
    settings: Settings = run.settings
    parts: dict[str, Any] = {
        "task": f"{record.name}@{record.version}",
        "data": record.data_sha256[:12],
        "prompt": record.prompt_sha256[:12],
        "mode": settings.mode,
        "seed": settings.seed,
        "limit": settings.limit,
        "fewshot": settings.num_fewshot,
        "epochs": settings.epochs,
        "ecg": record.presentation or None,
        "disturbance": record.disturbance or None,
    }
    if record.type == "multiple_choice":
        parts |= {
            "permutations": settings.permutations,
            "score_by": settings.score_by,
            "reader": multiple_choice.READER,
        }
    parts["ecg_bench"] = run.header.ecg_bench
    return "|".join(f"{name}:{value}" for name, value in parts.items() if value is not None)
