"""Restricting a layer to the samples that no training split of a public data set holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import nan

import numpy as np

from ecg_bench.boards._columns import Codes, Column, clusters_of
from ecg_bench.boards._records import MarkRecord
from ecg_bench.boards._rows import Row
from ecg_bench.errors import UserError
from ecg_bench.evaluation import Run
from ecg_bench.runs import EstimateRecord
from ecg_bench.statistics import bootstrap_ratio, with_width

DRAWS = 10_000
Found = Mapping[str, Sequence[Mapping[str, Column]]]


def clean_samples(run: Run, task: str) -> Codes | None:
    """Return the positions of a task's clean samples; None where the data don't say which those are."""
    table = run.scores[task]
    label = table.labels["clean"]
    if not (label.equal("yes") | label.equal("no")).any():
        return None
    found: Codes = np.unique(table.index[label.equal("yes")])
    return found


def only_clean(
    task: str, rows: Sequence[Row], found: Found, seed: int
) -> tuple[dict[str, list[dict[str, Column]]], list[MarkRecord]]:
    """Return the columns of a task on its clean samples, estimated anew, and what must be known of that.

    What was computed from all answers together, such as a corpus score or a macro F1, can't be taken apart again, and
    is left out.

    Raises
    ------
    UserError
        If a run has no clean sample.
    """
    kept: dict[str, list[dict[str, Column]]] = {}
    sizes = {}
    for row in rows:
        kept[row.name] = []
        for run, columns in zip(row.on(task), found[row.name], strict=True):
            clean = clean_samples(run, task)
            if clean is None:
                message = f"{task}: the data don't say which samples are clean, so that all are shown"
                mark = MarkRecord(code="NOT_KNOWN_CLEAN", severity="caution", message=message, layer=task)
                return {name: [dict(one) for one in some] for name, some in found.items()}, [mark]
            if not len(clean):
                raise UserError(f"has no clean sample of {task}: leave out --clean", path=run.path)
            some = {name: _restricted(one, run, task, clean, seed) for name, one in columns.items()}
            kept[row.name].append({name: one for name, one in some.items() if one is not None})
            sizes[row.name] = len(clean), len(np.unique(run.scores[task].index))
    shown = ", ".join(f"{name} {n} of {of}" for name, (n, of) in sizes.items())
    message = f"{task}: only samples that no training split holds: {shown}; outcomes are those of all samples"
    return kept, [MarkRecord(code="CLEAN", severity="note", message=message, layer=task)]


def _restricted(column: Column, run: Run, task: str, clean: Codes, seed: int) -> Column | None:
    inside = np.isin(column.index, clean)
    if not inside.any():
        return None
    index, totals, answers = column.index[inside], column.totals[inside], column.answers[inside]
    clusters = clusters_of([run.scores[task]], index)
    value = float(totals.sum() / answers.sum())
    low, high = bootstrap_ratio(totals, answers, clusters, draws=DRAWS, seed=seed)
    method = "cluster bootstrap"
    if column.domain == (0.0, 1.0):  # CIDEr goes to 10
        low, high, method = with_width(value, low, high, len(np.unique(clusters)))
    estimate = EstimateRecord(
        value=value,
        low=low,
        high=high,
        method=method,
        confidence=0.95,
        n=float(answers.sum()),
        signature=f"{column.estimate.signature}|samples:clean",
    )
    return replace(
        column, index=index, totals=totals, answers=answers, estimate=estimate, bounds=None, levels=None, words=nan
    )
