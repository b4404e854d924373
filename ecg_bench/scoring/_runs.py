"""Text metrics over the answers of a stored run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ecg_bench._version import VERSION
from ecg_bench.errors import UserError
from ecg_bench.metrics import few_clusters
from ecg_bench.runs import NAMED_ANSWERS, RunDirectory, ScoredTaskRecord, ScoringRecord, Scorings, TaskRecord, now
from ecg_bench.scoring._guards import notices_of, notices_of_flags
from ecg_bench.scoring._metrics import Applied, apply
from ecg_bench.text_metrics import Guards, Pair, TextMetric, guard


@dataclass
class _Answers:
    """The answers of one task that have a reference."""

    places: list[tuple[Any, ...]] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)

    def clusters(self) -> np.ndarray[Any, np.dtype[np.intp]]:
        return np.unique(self.groups, return_inverse=True)[1]


def score_run(path: str | Path, metrics: Mapping[str, TextMetric]) -> dict[str, ScoringRecord]:
    """Add text metrics to a complete run: ``scorings/METRIC.csv`` and ``.json``, and the metrics in its results.

    Answers that are empty, or could not be got, score 0 and are counted. No model that answered is asked again.

    Parameters
    ----------
    path : path
        The run directory.
    metrics : mapping of str to TextMetric
        By name, as `open_metrics` returns them.

    Returns
    -------
    dict of str to ScoringRecord
        What each metric says.

    Raises
    ------
    UserError
        If there is no complete run, or none of its tasks has reference answers.
    """
    run = RunDirectory(Path(path))
    header, _ = run.header, run.results
    answers = _answers(run)
    if not answers:
        raise UserError(
            "none of its tasks has open answers with references: text metrics compare an answer with a reference",
            path=run.path,
        )
    guards = {task: guard(some.pairs) for task, some in answers.items()}
    scorings = Scorings(run)
    samples_sha256 = scorings.samples_sha256()
    cards = {task.name: task for task in header.tasks}
    records = {}
    for name, metric in metrics.items():
        applied = {
            task: apply(metric, some.pairs, some.clusters(), seed=header.settings["seed"], of=_of(cards[task]))
            for task, some in answers.items()
        }
        records[name] = ScoringRecord(
            name=name,
            kind="text metric",
            ecg_bench=VERSION,
            fingerprint=header.fingerprint,
            samples_sha256=samples_sha256,
            made=now(),
            source={"signature": metric.signature},
            tasks={task: _task_record(guards[task], one) for task, one in applied.items()},
            notices=_notices(metric, answers, guards, applied),
        )
        columns = list(next(iter(applied.values())).comparison.scores)
        scorings.write(records[name], columns, _rows(answers, applied))
    return records


def _answers(run: RunDirectory) -> dict[str, _Answers]:
    found: dict[str, _Answers] = {}
    named = {task.name for task in run.header.tasks if task.type in NAMED_ANSWERS}
    for sample in run.samples():
        if sample["task"] in named or sample["request"]["options"] or sample["target"] is None:
            continue
        some = found.setdefault(sample["task"], _Answers())
        some.places.append(tuple(sample[key] for key in ("task", "index", "id", "epoch", "permutation")))
        question = sample["request"]["messages"][-1]["content"]
        some.pairs.append(Pair(sample["parsed"] or "", sample["target"], question))
        some.groups.append(sample["group"] or f"\0{sample['index']}")
    return found


def _of(task: TaskRecord) -> str:
    return f"task:{task.name}@{task.version}|data:{task.data_sha256[:12]}|prompt:{task.prompt_sha256[:12]}"


def _task_record(guards: Guards, applied: Applied) -> ScoredTaskRecord:
    flags = {**guards.counts, **applied.flagged}
    return ScoredTaskRecord(n=guards.pairs, metrics=dict(applied.estimates), flags=flags)


def _notices(
    metric: TextMetric, answers: Mapping[str, _Answers], guards: Mapping[str, Guards], applied: Mapping[str, Applied]
) -> list[str]:
    found = [notice for task, some in answers.items() for notice in few_clusters(task, len(set(some.groups)))]
    found += [notice for task, one in guards.items() for notice in notices_of(task, one)]
    if not metric.diagnostic:
        for task, one in applied.items():
            found += notices_of_flags(task, guards[task].pairs, one.flagged)
    return found


def _rows(answers: Mapping[str, _Answers], applied: Mapping[str, Applied]) -> Iterator[Sequence[Any]]:
    for task, some in answers.items():
        columns = applied[task].comparison.scores.values()
        for place, *values in zip(some.places, *columns, strict=True):
            yield [*place, *(f"{value:.9g}" for value in values)]
