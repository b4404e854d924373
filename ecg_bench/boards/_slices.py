"""Parts of a layer's samples: how systems do on them, and which of them make a difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan

import numpy as np
import numpy.typing as npt

from ecg_bench.boards._columns import Codes, Floats, clusters_of
from ecg_bench.boards._layer import Layer
from ecg_bench.boards._layers import TaskLayers
from ecg_bench.boards._records import SliceCellRecord, SliceDifferenceRecord, SliceRecord
from ecg_bench.runs import ScoreTable
from ecg_bench.statistics import benjamini_hochberg, clustered_mean, contrast, paired_means

Mask = npt.NDArray[np.bool_]
Names = npt.NDArray[np.object_]

# By what samples are divided, and the label that says it. Those of the second kind differ from system to system, as
# the place of the right option does under another seed, so that no difference can be made of them.
OF_SAMPLES = {"topic": "topic", "difficulty": "difficulty", "question_type": "question_type"}
OF_ANSWERS = {"key_position": "target", "answer_length": "answer_length"}
MOST = 40  # parts of a facet, the largest ones
LEAST = 2  # samples of a part


@dataclass(frozen=True)
class _Part:
    layer: str
    facet: str
    name: str
    cells: list[SliceCellRecord]
    differences: list[SliceDifferenceRecord]


def slices_of(task: TaskLayers) -> list[SliceRecord]:
    """Return the slices of a task's main layers, in the order of the facets.

    Differences are those to the layer's first ranked system. The p-values of their contrasts (on this part against all
    other samples) are adjusted by Benjamini and Hochberg's method over all slices and systems of the layer: they say
    where to look, and nothing more.
    """
    found = []
    for layer in task.layers:
        if layer.first.main and any(len(index) for index, _ in layer.scores.values()):
            found += _of_layer(task, layer)
    return found


def _of_layer(task: TaskLayers, layer: Layer) -> list[SliceRecord]:
    record = next(one for one in task.records if one.id == layer.id)
    best = next((one.system for one in record.cells if one.rank_low is not None), "")
    parts = [
        part
        for facet, label in (OF_SAMPLES | OF_ANSWERS).items()
        if facet != "key_position" or record.kind == "multiple choice"
        for part in _facet(task, layer, facet, label, best if facet in OF_SAMPLES else "")
    ]
    tested = [(n, m) for n, part in enumerate(parts) for m, one in enumerate(part.differences) if one.p is not None]
    adjusted = benjamini_hochberg([parts[n].differences[m].p or 0.0 for n, m in tested])
    for (n, m), p in zip(tested, adjusted, strict=True):
        parts[n].differences[m] = parts[n].differences[m].model_copy(update={"p_adjusted": float(p)})
    return [
        SliceRecord(layer=part.layer, facet=part.facet, name=part.name, cells=part.cells, differences=part.differences)
        for part in parts
    ]


def _facet(task: TaskLayers, layer: Layer, facet: str, label: str, best: str) -> Iterator[_Part]:
    tables = {row.name: row.on(layer.task)[0].scores[layer.task] for row in task.rows if row.name in layer.scores}
    names = {name: _names(table, label, layer.scores[name][0]) for name, table in tables.items()}
    counts: dict[str, int] = {}
    for some in names.values():
        for value, n in zip(*np.unique(some, return_counts=True), strict=True):
            counts[str(value)] = max(counts.get(str(value), 0), int(n))
    values = sorted((value for value in counts if value and counts[value] >= LEAST), key=lambda one: -counts[one])
    if len(values) < 2:
        return
    common = None
    if best and len(layer.ranked) > 1:
        table = tables[best]
        common = _names(table, label, layer.common)
    for value in sorted(values[:MOST]):
        cells = [_cell(layer, name, tables[name], names[name] == value) for name in tables]
        differences = []
        if common is not None:
            inside = common == value
            differences = [
                one
                for name in layer.ranked
                if name != best and (one := _difference(layer, name, best, inside)) is not None
            ]
        yield _Part(layer.id, facet, value, [one for one in cells if one is not None], differences)


def _names(table: ScoreTable, label: str, index: Codes) -> Names:
    """Return the label of each of some samples: that of its first answer."""
    if label not in table.labels:
        return np.array([""] * len(index), dtype=object)
    column = table.labels[label]
    places, first = np.unique(table.index, return_index=True)
    at = np.minimum(np.searchsorted(places, index), len(places) - 1)
    values = np.array(column.values, dtype=object)[column.codes[first][at]]
    return np.where(places[at] == index, values, "").astype(object)


def _cell(layer: Layer, name: str, table: ScoreTable, inside: Mask) -> SliceCellRecord | None:
    index, values = layer.scores[name][0][inside], layer.scores[name][1][inside]
    if not len(index):
        return None
    clusters = clusters_of([table], index)
    least, most = layer.first.domain or (float(values.min()), float(values.max()) + 1e-12)
    # One answer to each sample has Wilson's interval in the whole of a run, and so it has here.
    own = np.arange(len(index)) if np.isin(values, (0, 1)).all() else clusters
    one = clustered_mean((values - least) / (most - least), own)
    low, high = (None, None) if one.low is None or one.high is None else (one.low, one.high)
    return SliceCellRecord(
        system=name,
        value=float(values.mean()),
        low=least if low is None else least + low * (most - least),
        high=most if high is None else least + high * (most - least),
        n=len(index),
        clusters=len(np.unique(clusters)),
    )


def _difference(layer: Layer, name: str, best: str, inside: Mask) -> SliceDifferenceRecord | None:
    """Return how a part contributes to the difference between a system and the best one."""
    pair = np.column_stack([layer.values_of(name, layer.common), layer.values_of(best, layer.common)])
    d: Floats = pair[:, 0] - pair[:, 1]
    if not inside.any():
        return None
    value = float(d[inside].mean())
    low = high = None
    codes = np.unique(layer.clusters[inside], return_inverse=True)[1]
    if codes.max(initial=-1) >= 1:
        found = paired_means(pair[inside], codes)
        ends = float(found.low[0, 1]), float(found.high[0, 1])
        low, high = (None, None) if isnan(ends[0]) else ends
    other, p = contrast(d, layer.clusters, inside)
    return SliceDifferenceRecord(
        system=name,
        value=value,
        low=low,
        high=high,
        share=value * float(inside.mean()),
        contrast=0.0 if other is None else other,
        p=p,
        p_adjusted=None,
    )
