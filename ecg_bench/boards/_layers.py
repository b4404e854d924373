"""From the runs of a task to its layers: cells, differences and ranks from the same samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import isnan
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.boards._cells import cell
from ecg_bench.boards._columns import Codes, Column, Floats, clusters_of, columns_of
from ecg_bench.boards._guards import guard, outcomes_of
from ecg_bench.boards._records import ALPHA, CellRecord, DifferenceRecord, LayerRecord, MarkRecord, PowerRecord
from ecg_bench.boards._rows import Row, record_of
from ecg_bench.judging import families_of
from ecg_bench.runs import ScoreTable, read_ids
from ecg_bench.statistics import Ranking, rank_layers

DRAWS = 10_000
FEW_CLUSTERS = 30


@dataclass(frozen=True)
class Layer:
    """One layer of one task, before and after its systems are compared.

    Attributes
    ----------
    id, task, metric : str
        Its names.
    columns : mapping of str to tuple of Column
        Each system's scores: several if its runs repeat each other.
    scores : mapping of str to (array of int, array of float)
        Each system's samples, ascending, and the mean score of each.
    ranked : tuple of str
        The systems that are compared.
    common : array of int, shape (samples,)
        The samples that all of them have.
    clusters : array of int, shape (samples,)
        What is independent evidence among these.
    """

    id: str
    task: str
    metric: str
    columns: Mapping[str, tuple[Column, ...]]
    scores: Mapping[str, tuple[Codes, Floats]]
    ranked: tuple[str, ...]
    common: Codes
    clusters: Codes

    @property
    def first(self) -> Column:
        """Any of its columns, for what all have in common."""
        return next(iter(self.columns.values()))[0]

    def matrix(self) -> Floats:
        """Return the ranked systems' scores on the common samples, shape (samples, systems)."""
        columns = [self.values_of(name, self.common) for name in self.ranked]
        return np.column_stack(columns) if columns else np.empty((len(self.common), 0))

    def values_of(self, system: str, index: Codes) -> Floats:
        """Return a system's scores on some of its samples."""
        own, values = self.scores[system]
        return values[np.searchsorted(own, index)]


@dataclass(frozen=True)
class TaskLayers:
    """The layers of one task, and what must be known of them."""

    task: str
    title: str
    rows: tuple[Row, ...]
    layers: tuple[Layer, ...]
    records: tuple[LayerRecord, ...]
    marks: tuple[MarkRecord, ...]


def task_layers(task: str, rows: Sequence[Row], *, rank_all: bool, seed: int) -> TaskLayers:
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
    """
    guards = guard(task, rows, rank_all=rank_all)
    found = {row.name: [columns_of(run, task) for run in row.on(task)] for row in rows}
    places = _places(task, rows)
    marks = list(guards.marks)
    layers = []
    for metric in dict.fromkeys(name for some in found.values() for one in some for name in one):
        columns = {
            name: tuple(one[metric] for one in some)
            for name, some in found.items()
            if all(metric in one for one in some)
        }
        if not columns:
            continue
        own = [*_recipes(task, metric, columns, rank_all=rank_all), *_judge_marks(task, metric, columns, rows)]
        marks += own
        unranked = guards.unranked | {name for mark in own if mark.unranked for name in mark.systems}
        layers.append(_layer(task, metric, columns, unranked, rows, places))
    rankings = _compared(layers, seed)
    marks += [*_few(task, layers), *_coarse(rankings, layers)]
    tables = [*_tables(task, rows, places)]
    by_layer = [
        _record(layer, ranking, rows, tables, [m for m in marks if m.layer in (task, layer.id)])
        for layer, ranking in zip(layers, rankings, strict=True)
    ]
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


def _record(
    layer: Layer,
    ranking: Ranking | None,
    rows: Sequence[Row],
    tables: Sequence[ScoreTable],
    marks: Sequence[MarkRecord],
) -> LayerRecord:
    cells = []
    for row in rows:
        if row.name not in layer.columns:
            continue
        place = layer.ranked.index(row.name) if row.name in layer.ranked else None
        ranks, letters = None, []
        if ranking is not None and place is not None:
            ranks, letters = (int(ranking.ranks[place, 0]), int(ranking.ranks[place, 1])), list(ranking.letters[place])
        index = layer.scores[row.name][0]
        cells.append(
            cell(
                row,
                layer.task,
                layer.metric,
                layer.columns[row.name],
                layer.scores[row.name],
                clusters_of(tables, index),
                outcomes=outcomes_of(row, layer.task),
                ranks=ranks,
                letters=letters,
                mean=None if ranking is None or place is None else float(ranking.means[place]),
                marks=[m.code for m in marks if not m.systems or row.name in m.systems],
            )
        )
    cells.sort(key=_order(layer, ranking))
    first = layer.first
    return LayerRecord(
        id=layer.id,
        kind=first.kind,
        task=layer.task,
        title=f"{layer.task} {layer.metric}",
        metric=layer.metric,
        domain=first.domain,
        main=first.main,
        common_samples=len(layer.common) if ranking is not None else 0,
        clusters=len(np.unique(layer.clusters)) if ranking is not None else 0,
        interval=ranking.interval if ranking is not None else "",
        test=ranking.test if ranking is not None else _untested(layer),
        cells=cells,
        differences=list(_differences(layer, ranking)) if ranking is not None else [],
        power=_power(layer, ranking) if ranking is not None else None,
    )


def _order(layer: Layer, ranking: Ranking | None) -> Any:
    means = {} if ranking is None else dict(zip(layer.ranked, ranking.means.tolist(), strict=True))

    def key(one: CellRecord) -> tuple[bool, float, str]:
        value = means.get(one.system, one.value if one.value is not None else float("-inf"))
        return (one.system not in means and bool(means), -value, one.system)

    return key


def _untested(layer: Layer) -> str:
    if len(layer.columns) < 2:
        return "one system: nothing to compare"
    if not any(len(index) for index, _ in layer.scores.values()):
        return "not tested: the value belongs to all answers together"
    return "not tested: fewer than two systems can be ranked together on common samples"


def _differences(layer: Layer, ranking: Ranking) -> Iterator[DifferenceRecord]:
    order = sorted(range(len(layer.ranked)), key=lambda n: (-ranking.means[n], layer.ranked[n]))
    found = ranking.differences
    for a, b in combinations(order, 2):
        low, high, p, p_holm = (float(t[a, b]) for t in (found.low, found.high, found.p, ranking.p_holm))
        spread = not (isnan(low) or isnan(high))
        yield DifferenceRecord(
            first=layer.ranked[a],
            second=layer.ranked[b],
            value=float(found.value[a, b]),
            low=low if spread else None,
            high=high if spread else None,
            p=None if isnan(p) else p,
            p_holm=None if isnan(p_holm) else p_holm,
            floor=float(ranking.floors[a, b]),
            common=len(layer.common),
        )


def _power(layer: Layer, ranking: Ranking) -> PowerRecord:
    sentence = ""
    if ranking.detectable is not None:
        sentence = (
            f"A true difference of {ranking.detectable:.3f} between two systems is found here with 80 % power (alpha "
            f"{ALPHA}, without adjustment)."
        )
    order = sorted(range(len(layer.ranked)), key=lambda k: -ranking.means[k])
    verdict = [] if ranking.rejected.any() else ["No two systems can be told apart."]
    if ranking.first_two is not None and not ranking.rejected[order[0], order[1]]:
        first, second = (layer.ranked[k] for k in order[:2])
        verdict.append(separating(first, second, ranking.first_two, ranking.needed, "samples like these"))
    return PowerRecord(
        samples=len(layer.common),
        detectable=ranking.detectable,
        first_two=ranking.first_two,
        needed=ranking.needed,
        sentence=sentence,
        verdict=" ".join(verdict),
    )


def separating(first: str, second: str, difference: float, needed: int | None, what: str) -> str:
    """Say how many samples would separate two systems that could not be told apart."""
    if needed is None:
        return f"{first} and {second} do not differ at all here."
    return (
        f"To separate {first} and {second}, were their difference of {difference:.3f} the true one, would take about "
        f"{needed:,} {what}."
    )


def _recipes(
    task: str, metric: str, columns: Mapping[str, tuple[Column, ...]], *, rank_all: bool
) -> Iterator[MarkRecord]:
    """Mark systems that were scored in another way than most."""
    recipes = {name: some[0].recipe for name, some in columns.items()}
    if len(set(recipes.values())) < 2:
        return
    counts = list(recipes.values())
    main = max(counts, key=lambda one: (counts.count(one), -counts.index(one)))
    others = [name for name, recipe in recipes.items() if recipe != main]
    judged = next(iter(columns.values()))[0].kind == "judge"
    yield MarkRecord(
        code="OTHER_JUDGE" if judged else "OTHER_METRIC",
        severity="serious",
        message=f"{task}:{metric}: {', '.join(others)} {'was' if len(others) == 1 else 'were'} scored by another "
        f"{'version, prompt or model of the judge' if judged else 'version of the metric'} than the others"
        + ("" if rank_all else "; not ranked (--rank-all ranks all)"),
        systems=others,
        layer=f"{task}:{metric}",
        unranked=not rank_all,
    )


def _judge_marks(
    task: str, metric: str, columns: Mapping[str, tuple[Column, ...]], rows: Sequence[Row]
) -> Iterator[MarkRecord]:
    """Mark systems that are judged by a model of their own family, which is known to be kinder to them."""
    for row in rows:
        judge = columns[row.name][0].judge if row.name in columns else ""
        shared = families_of(judge) & families_of(f"{row.name} {row.runs[0].header.system.model}")
        if judge and shared:
            yield MarkRecord(
                code="SAME_FAMILY",
                severity="caution",
                message=f"{task}:{metric}: {row.name} and its judge {judge} are both of the family "
                f"{', '.join(sorted(shared))}: judges are known to prefer their own",
                systems=[row.name],
                layer=f"{task}:{metric}",
            )


def _coarse(rankings: Sequence[Ranking | None], layers: Sequence[Layer]) -> Iterator[MarkRecord]:
    """Say where tests are too coarse to tell any two systems apart, whatever the answers are."""
    for layer, ranking in zip(layers, rankings, strict=True):
        pairs = len(layer.ranked) * (len(layer.ranked) - 1) // 2
        if ranking is not None and ranking.floor * pairs >= ALPHA and float(np.ptp(ranking.means)) > 0:
            yield MarkRecord(
                code="MC_RESOLUTION",
                severity="caution",
                message=f"{layer.id}: with so few samples that systems differ on, a test can give no p below "
                f"{ranking.floor:.2g}, and Holm over {pairs} pairs needs less: no two systems can be told apart",
                layer=layer.id,
            )


def _few(task: str, layers: Sequence[Layer]) -> Iterator[MarkRecord]:
    groups = min((len(np.unique(one.clusters)) for one in layers if one.ranked), default=FEW_CLUSTERS)
    if groups < FEW_CLUSTERS:
        yield MarkRecord(
            code="FEW_CLUSTERS",
            severity="caution",
            message=f"{task}: {groups} independent groups of samples are few: intervals of graded scores may be too "
            "narrow",
            layer=task,
        )
