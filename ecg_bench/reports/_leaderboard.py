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
    "ECG": "ECG",
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
class Seen:
    """What a system was given before, of the samples of all its tasks together."""

    samples: int
    passages: int | None
    questions: int

    @property
    def share(self) -> float:
        """The least share of samples that can have been seen, by their passage or their words."""
        return max(self.passages or 0, self.questions) / max(1, self.samples)


@dataclass(frozen=True)
class Line:
    """A system, its cell in every column, and what it had seen; None where nobody said what it was given."""

    system: SystemRecord
    cells: list[tuple[int, Layer, Cell | None]]
    seen: Seen | None


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
            Line(
                one,
                [(group.kind, layer, layer.cells.get(one.name)) for group in groups for layer in group.columns],
                _seen(board, one.name),
            )
            for one in systems
        ],
    )


def _seen(board: BoardRecord, system: str) -> Seen | None:
    own = [one for one in board.contamination if one.system == system]
    if not own:
        return None
    known = [one.passages_seen for one in own if one.passages_seen is not None]
    return Seen(sum(one.samples for one in own), sum(known) if known else None, sum(one.overlapping for one in own))
