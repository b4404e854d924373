"""From a layer and what was found out by comparing its systems to its record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import isnan
from typing import Any

import numpy as np

from ecg_bench.boards._cells import cell
from ecg_bench.boards._columns import clusters_of
from ecg_bench.boards._guards import outcomes_of
from ecg_bench.boards._layer import Layer
from ecg_bench.boards._records import ALPHA, CellRecord, DifferenceRecord, LayerRecord, MarkRecord, PowerRecord
from ecg_bench.boards._rows import Row
from ecg_bench.runs import ScoreTable
from ecg_bench.statistics import Ranking


def layer_record(
    layer: Layer,
    ranking: Ranking | None,
    rows: Sequence[Row],
    tables: Sequence[ScoreTable],
    marks: Sequence[MarkRecord],
) -> LayerRecord:
    """Return a layer as the board holds it; without a ranking its systems stand in the order of their values."""
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
