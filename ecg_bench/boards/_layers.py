"""From the runs of a task to its layers: cells, differences and ranks from the same samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.boards._added import added_columns
from ecg_bench.boards._clean import only_clean
from ecg_bench.boards._columns import Codes, Column, Floats, clusters_of, own_columns
from ecg_bench.boards._guards import guard
from ecg_bench.boards._layer import Layer
from ecg_bench.boards._layer_marks import coarse, few, judge_marks, recipe_marks
from ecg_bench.boards._layer_records import layer_record
from ecg_bench.boards._records import ALPHA, LayerRecord, MarkRecord
from ecg_bench.boards._rows import Row, record_of
from ecg_bench.runs import ScoreTable, read_ids
from ecg_bench.statistics import Ranking, rank_layers

DRAWS = 10_000


@dataclass(frozen=True)
class TaskLayers:
    """The layers of one task, and what must be known of them."""

    task: str
    title: str
    rows: tuple[Row, ...]
    layers: tuple[Layer, ...]
    records: tuple[LayerRecord, ...]
    marks: tuple[MarkRecord, ...]


def task_layers(task: str, rows: Sequence[Row], *, rank_all: bool, seed: int, clean: bool = False) -> TaskLayers:
    """Compare the systems of a task on every layer that their runs hold.

    Parameters
    ----------
    task : str
        The task.
    rows : sequence of Row
        The systems that have it.
    rank_all : bool
        Whether to rank systems together that `guard` would keep apart.
    seed : int
        Of all resampling.
    clean : bool
        Whether to look only at samples that no training split of a public data set holds.
    """
    guards = guard(task, rows, rank_all=rank_all)
    found = {
        row.name: [dict([*own_columns(run, task), *added_columns(run, task)]) for run in row.on(task)] for row in rows
    }
    places = _places(task, rows)
    marks = list(guards.marks)
    if clean:
        found, own = only_clean(task, rows, found, seed)
        marks += own
    layers = []
    for metric in dict.fromkeys(name for some in found.values() for one in some for name in one):
        columns = {
            name: tuple(one[metric] for one in some)
            for name, some in found.items()
            if all(metric in one for one in some)
        }
        if not columns:
            continue
        own = [*recipe_marks(task, metric, columns, rank_all=rank_all), *judge_marks(task, metric, columns, rows)]
        marks += own
        unranked = guards.unranked | {name for mark in own if mark.unranked for name in mark.systems}
        layers.append(_layer(task, metric, columns, unranked, rows, places))
    rankings = _compared(layers, seed)
    marks += [*few(task, layers), *coarse(rankings, layers)]
    tables = [*_tables(task, rows, places)]
    by_layer = [
        layer_record(layer, ranking, rows, tables, [m for m in marks if m.layer in (task, layer.id)])
        for layer, ranking in zip(layers, rankings, strict=True)
    ]
    if not any(one.main for one in by_layer):  # open answers that nobody has scored yet: all that is known of them
        by_layer = [one.model_copy(update={"main": one.kind == "open answers"}) for one in by_layer]
    record = record_of(rows[0].on(task)[0], task)
    return TaskLayers(
        task, record.title if record is not None else task, tuple(rows), tuple(layers), tuple(by_layer), tuple(marks)
    )


def _places(task: str, rows: Sequence[Row]) -> dict[str, npt.NDArray[np.int64]]:
    """Return for each system whose data differ from the first's where its samples stand there; -1 for none."""
    hashes = {row.name: (record_of(row.on(task)[0], task) or None) for row in rows}
    data = {name: record.data_sha256 if record else "" for name, record in hashes.items()}
    first = rows[0].name
    if len(set(data.values())) == 1:
        return {}
    ids = {row.name: read_ids(row.on(task)[0].path, task) for row in rows}
    there = {sample: place for place, sample in ids[first].items()}
    return {
        name: np.array([there.get(own.get(n, ""), -1) for n in range(max(own, default=-1) + 1)], dtype=np.int64)
        for name, own in ids.items()
        if data[name] != data[first]
    }


def _layer(
    task: str,
    metric: str,
    columns: Mapping[str, tuple[Column, ...]],
    unranked: frozenset[str] | set[str],
    rows: Sequence[Row],
    places: Mapping[str, npt.NDArray[np.int64]],
) -> Layer:
    scores = {name: _averaged(some, places.get(name)) for name, some in columns.items()}
    tested = [name for name in columns if name not in unranked and len(scores[name][0])]
    common: Codes = np.empty(0, dtype=np.int64)
    if tested:
        common = scores[tested[0]][0]
        for name in tested[1:]:
            common = np.intersect1d(common, scores[name][0])
    return Layer(
        f"{task}:{metric}",
        task,
        metric,
        columns,
        scores,
        tuple(tested) if len(common) else (),
        common,
        clusters_of(_tables(task, rows, places), common),
    )


def _tables(task: str, rows: Sequence[Row], places: Mapping[str, Any]) -> Iterator[ScoreTable]:
    """Yield the tables whose samples stand where the first system's do."""
    for row in rows:
        if row.name not in places:
            yield from (run.scores[task] for run in row.on(task))


def _averaged(columns: Sequence[Column], places: npt.NDArray[np.int64] | None) -> tuple[Codes, Floats]:
    """Return a system's samples and their mean scores, over all answers of all its runs."""
    index = np.concatenate([one.index for one in columns])
    totals, answers = (np.concatenate([getattr(one, name) for one in columns]) for name in ("totals", "answers"))
    if places is not None:
        index = places[index]
        totals, answers, index = totals[index >= 0], answers[index >= 0], index[index >= 0]
    own, units = np.unique(index, return_inverse=True)
    return own, np.bincount(units, totals, len(own)) / np.maximum(np.bincount(units, answers, len(own)), 1)


def _compared(layers: Sequence[Layer], seed: int) -> list[Ranking | None]:
    """Compare the systems of every layer; layers of the same systems and samples share their resamples."""
    found: list[Ranking | None] = [None] * len(layers)
    groups: dict[tuple[Any, ...], list[int]] = {}
    for n, layer in enumerate(layers):
        if len(layer.ranked) > 1 and len(layer.common) > 1:
            groups.setdefault((layer.ranked, layer.common.tobytes()), []).append(n)
    for places in groups.values():
        some = rank_layers(
            [layers[n].matrix() for n in places],
            layers[places[0]].clusters,
            alpha=ALPHA,
            draws=DRAWS,
            seed=seed,
        )
        for n, ranking in zip(places, some, strict=True):
            found[n] = ranking
    return found
