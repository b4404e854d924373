"""From the stored samples of a run to its results: a pure function of what is on disk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ecg_bench.evaluation._prepare import PlannedTask, PreparedRun
from ecg_bench.metrics import DRAWS, METRICS, Estimate, Metric, estimate, metrics_for
from ecg_bench.runs import BoundsRecord, EstimateRecord, ResultsRecord, ScoreTable, TaskResultRecord
from ecg_bench.samples import Outcome
from ecg_bench.settings import Settings
from ecg_bench.task_types import multiple_choice

FACETS = {"topic": "topic", "difficulty": "difficulty", "key_position": "target"}


def results(run: PreparedRun, tables: Mapping[str, ScoreTable]) -> ResultsRecord:
    """Return the results of a run from the score tables of its tasks."""
    return ResultsRecord(
        system=run.header.system.name,
        fingerprint=run.header.fingerprint,
        tasks={one.task.name: _task_result(one, tables[one.task.name], run) for one in run.tasks},
    )


def _task_result(planned: PlannedTask, table: ScoreTable, run: PreparedRun) -> TaskResultRecord:
    seed = run.settings.seed
    signature = _signature(planned, run)
    metrics = metrics_for(planned.plan.metrics, planned.plan.repeats)
    main = METRICS[planned.main_metric]
    errors = int(table.labels["outcome"].equal(Outcome.ERROR).sum())
    bounds = None
    if errors:
        stats = main.statistics(table)
        total, n = float(stats.numerator.sum()), float(stats.denominator.sum())
        bounds = BoundsRecord(worst=total / n, best=(total + errors) / n)
    return TaskResultRecord(
        n=len(table),
        samples=planned.n_samples,
        repeats=planned.plan.repeats,
        main_metric=main.name,
        outcomes={str(outcome): int(table.labels["outcome"].equal(outcome).sum()) for outcome in Outcome},
        metrics=_estimates(metrics, table, seed, signature),
        bounds=bounds,
        slices={
            name: parts for name, label in FACETS.items() if (parts := _slices(label, main, table, seed, signature))
        },
    )


def _slices(
    label: str, metric: Metric, table: ScoreTable, seed: int, signature: str
) -> dict[str, dict[str, EstimateRecord]]:
    column = table.labels[label]
    values = sorted(value for value in column.values if value)
    if len(values) < 2:
        return {}
    return {value: _estimates([metric], table.where(column.equal(value)), seed, signature) for value in values}


def _estimates(metrics: list[Metric], table: ScoreTable, seed: int, signature: str) -> dict[str, EstimateRecord]:
    found = {}
    for metric in metrics:
        one = estimate(metric, table, seed)
        if one is not None:
            found[metric.name] = _record(metric, one, seed, signature)
    return found


def _record(metric: Metric, one: Estimate, seed: int, signature: str) -> EstimateRecord:
    resampling = "" if one.method == "wilson" else f"|draws:{DRAWS}|draw_seed:{seed}|numpy:{np.__version__}"
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
    }
    if record.type == "multiple_choice":
        parts |= {
            "permutations": settings.permutations,
            "score_by": settings.score_by,
            "reader": multiple_choice.READER,
        }
    parts["ecg_bench"] = run.header.ecg_bench
    return "|".join(f"{name}:{value}" for name, value in parts.items() if value is not None)
