"""A system's runs beside the documents that it was given: what it had seen, and how it scored there and elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.contamination._questions import TaskQuestions, questions_of
from ecg_bench.contamination._records import ContaminationRecord
from ecg_bench.contamination._seen import N, Seen, TaskSeen, seen_by
from ecg_bench.errors import UserError
from ecg_bench.evaluation import Run
from ecg_bench.metrics import METRICS
from ecg_bench.runs import EstimateRecord, ScoreTable
from ecg_bench.statistics import clustered_mean, wilson

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Contamination:
    """What a system had seen.

    Attributes
    ----------
    records : tuple of ContaminationRecord
        One for each task.
    seen : Seen
        Which samples, by task.
    """

    records: tuple[ContaminationRecord, ...]
    seen: Seen

    def mask(self, task: str, table: ScoreTable) -> Mask:
        """Return which rows of a table of scores are of samples that were seen in either way, shape (rows,)."""
        one = self.seen.tasks[task]
        return np.isin(table.index, one.index[one.seen])


def contamination(
    runs: Run | Sequence[Run],
    documents: Sequence[str | Path],
    *,
    n: int = N,
    include: Sequence[str | Path] = (),
) -> Contamination:
    """Say which samples of its tasks a system had seen, and how it scored on those and on the others.

    Parameters
    ----------
    runs : Run or sequence of Run
        Complete runs of one system; where several asked the same sample, it counts once, with the mean of its scores.
    documents : sequence of str or path
        What the system was finetuned on or retrieves from; see `seen_by`.
    n : int
        Words of an n-gram.
    include : sequence of path
        Further packs.

    Returns
    -------
    Contamination
        The main metric has Wilson's interval where every sample is right or wrong, else that of `clustered_mean`.

    Raises
    ------
    UserError
        If a document can't be read, the runs are of several systems, or they asked different data.
    """
    runs = [runs] if isinstance(runs, Run) else list(runs)
    systems = {run.system for run in runs}
    if len(systems) != 1:
        raise UserError(f"contamination is that of one system, but these runs are of {', '.join(sorted(systems))}")
    tasks = _questions(runs, include)
    seen = seen_by(documents, tasks, n=n, include=include)
    records = tuple(_record(runs, task, seen) for task in seen.tasks)
    return Contamination(records, seen)


def _questions(runs: Iterable[Run], include: Sequence[str | Path]) -> list[TaskQuestions]:
    """Return the samples of each task that any of the runs asked."""
    hashes: dict[str, str] = {}
    found: dict[str, TaskQuestions] = {}
    for run in runs:
        for record, task in zip(run.header.tasks, questions_of(run, include), strict=True):
            if hashes.setdefault(task.task, record.data_sha256) != record.data_sha256:
                raise UserError(f"asked other data as {task.task} than the other runs of {run.system}", path=run.path)
            before = found.get(task.task)
            known = set() if before is None else {one.index for one in before.questions}
            new = tuple(one for one in task.questions if one.index not in known)
            if before is not None:
                new = before.questions + new
            found[task.task] = TaskQuestions(task.task, new, task.passages)
    return list(found.values())


def _record(runs: Sequence[Run], task: str, seen: Seen) -> ContaminationRecord:
    one = seen.tasks[task]
    # Whether an open question was answered says nothing of what the system knew.
    told = next(run.results.tasks[task].main_metric for run in runs if task in run.results.tasks) != "answered"
    values, clusters = _scores(runs, task, one)
    signature = f"task:{task}|{_data(runs, task)}|n:{seen.n}|documents:{seen.documents}"
    return ContaminationRecord(
        system=runs[0].system,
        task=task,
        documents=seen.documents,
        samples=len(one.index),
        passages_seen=None if one.passage is None else int(one.passage.sum()),
        overlapping=int(one.overlapping.sum()),
        undecided=int(one.undecided.sum()),
        n=seen.n,
        seen=_estimate(values[one.seen], clusters[one.seen], f"{signature}|part:seen") if told else None,
        unseen=_estimate(values[~one.seen], clusters[~one.seen], f"{signature}|part:unseen") if told else None,
    )


def _data(runs: Sequence[Run], task: str) -> str:
    record = next(one for run in runs for one in run.header.tasks if one.name == task)
    return f"data:{record.data_sha256[:12]}|metric:{record.main_metric}"


def _scores(runs: Sequence[Run], task: str, one: TaskSeen) -> tuple[Floats, npt.NDArray[np.integer[Any]]]:
    """Return each sample's main metric, averaged over its rows in all runs, and its cluster."""
    order = np.argsort(one.index)
    numerator, denominator = np.zeros(len(order)), np.zeros(len(order))
    groups = [""] * len(order)
    for run in runs:
        if task not in run.scores:
            continue
        table = run.scores[task]
        statistics = METRICS[run.results.tasks[task].main_metric].statistics(table)
        places = order[np.searchsorted(one.index, table.index, sorter=order)]
        numerator += np.bincount(places, statistics.numerator, len(order))
        denominator += np.bincount(places, statistics.denominator, len(order))
        group = table.labels["group"]
        for place, code in zip(places.tolist(), group.codes.tolist(), strict=True):
            groups[place] = group.values[code]
    names = [name or f"\0{index}" for name, index in zip(groups, one.index.tolist(), strict=True)]
    clusters = np.unique(names, return_inverse=True)[1]
    return np.divide(numerator, denominator, out=np.zeros(len(order)), where=denominator > 0), clusters


def _estimate(values: Floats, clusters: npt.NDArray[np.integer[Any]], signature: str) -> EstimateRecord | None:
    n = len(values)
    if n == 0:
        return None
    value = float(values.mean())
    if np.isin(values, (0.0, 1.0)).all():
        low, high = wilson(float(values.sum()), n, CONFIDENCE)
        method = "wilson"
    else:
        estimate = clustered_mean(values, clusters, confidence=CONFIDENCE)
        method = estimate.method
        if estimate.low is None or estimate.high is None:  # a single cluster: as little as one answer says
            low, high = wilson(value, 1, CONFIDENCE)
            method = "wilson on clusters"
        else:
            low, high = estimate.low, estimate.high
    return EstimateRecord(
        value=value, low=low, high=high, method=method, confidence=CONFIDENCE, n=n, signature=signature
    )
