"""The first table: systems in rows, layers in columns, kinds of layers as headings over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from ecg_bench.boards._records import BoardRecord, LayerKind, SystemRecord
from ecg_bench.reports._layers import Cell, Layer

KINDS: tuple[LayerKind, ...] = get_args(LayerKind)
HEADINGS = {
    "multiple choice": "Multiple choice",
    "open answers": "Open answers",
    "text metric": "Text metrics",
    "judge": "Judge",
    "corrected judge": "Corrected judge",
    "human": "Human",
}


@dataclass(frozen=True)
class Group:
    """Columns of one kind."""

    kind: int
    heading: str
    columns: list[Layer]


@dataclass(frozen=True)
class Line:
    """A system, and its cell in every column."""

    system: SystemRecord
    cells: list[tuple[int, Layer, Cell | None]]


@dataclass(frozen=True)
class Table:
    """A table of the page; the layer whose order its rows have is the first."""

    groups: list[Group]
    lines: list[Line]

    @property
    def columns(self) -> list[Layer]:
        return [layer for group in self.groups for layer in group.columns]


def table(board: BoardRecord, layers: Sequence[Layer]) -> Table:
    """Return some layers as a table, in the order of the first column."""
    groups = []
    for n, kind in enumerate(KINDS):
        columns = [layer for layer in layers if layer.record.kind == kind]
        if columns:
            groups.append(Group(n, HEADINGS[kind], columns))
    order = list(groups[0].columns[0].cells) if groups else []
    systems = sorted(board.systems, key=lambda one: order.index(one.name) if one.name in order else len(order))
    return Table(
        groups,
        [
            Line(one, [(group.kind, layer, layer.cells.get(one.name)) for group in groups for layer in group.columns])
            for one in systems
        ],
    )
