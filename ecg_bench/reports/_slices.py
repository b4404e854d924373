"""Parts of the layers' samples: systems in rows, parts in columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecg_bench.boards._records import BoardRecord, SliceCellRecord, SliceDifferenceRecord, SliceRecord
from ecg_bench.reports._layers import Layer, bar

SHOWN = 24  # contrasts of a layer's facet; leaderboard.json has them all


@dataclass(frozen=True)
class Facet:
    """A layer's samples, divided in one way."""

    layer: Layer
    name: str
    parts: list[SliceRecord]
    sizes: list[str]  # of each part; empty where they differ by system, and then stand with the values
    lines: list[tuple[str, list[tuple[SliceCellRecord, str] | None]]]
    contrasts: list[tuple[SliceRecord, SliceDifferenceRecord]]
    contrasts_in_all: int

    @property
    def first(self) -> str:
        """Return the system that the others are compared with."""
        return next(iter(self.layer.cells), "")

    @property
    def title(self) -> str:
        return self.name.replace("_", " ")


def facets(board: BoardRecord, layers: Sequence[Layer]) -> list[Facet]:
    """Return all facets of all layers, in the board's order; the strongest contrasts of each first."""
    by_id = {layer.record.id: layer for layer in layers}
    groups: dict[tuple[str, str], list[SliceRecord]] = {}
    for one in board.slices:
        if one.layer in by_id and one.cells:
            groups.setdefault((one.layer, one.facet), []).append(one)
    return [_facet(by_id[layer], name, parts) for (layer, name), parts in groups.items()]


def _facet(layer: Layer, name: str, parts: list[SliceRecord]) -> Facet:
    values = [v for part in parts for cell in part.cells for v in (cell.value, cell.low, cell.high)]
    ends = min(values, default=0.0), max(values, default=1.0)
    columns = [{cell.system: cell for cell in part.cells} for part in parts]
    lines: list[tuple[str, list[tuple[SliceCellRecord, str] | None]]] = []
    for system in layer.cells:
        found = [column.get(system) for column in columns]
        if any(found):
            lines.append((system, [(one, bar(one.value, one.low, one.high, ends)) if one else None for one in found]))
    sizes = [{(cell.n, cell.clusters) for cell in part.cells} for part in parts]
    shown = [f"n {n}, {clusters} groups" if len(one) == 1 else "" for one in sizes for n, clusters in [min(one)]]
    contrasts = [(part, one) for part in parts for one in part.differences]
    contrasts.sort(key=lambda pair: (2.0 if pair[1].p is None else pair[1].p, -abs(pair[1].contrast)))
    return Facet(layer, name, parts, shown, lines, contrasts[:SHOWN], len(contrasts))
