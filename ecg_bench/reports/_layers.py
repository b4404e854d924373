"""What the page shows of each layer: cells, a forest, and who can be told from whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ecg_bench.boards._records import ALPHA, BoardRecord, CellRecord, DifferenceRecord, LayerRecord
from ecg_bench.plots import Mark, Row, forest
from ecg_bench.reports._marks import Footnote, Footnotes
from ecg_bench.reports._words import full_name, interval, number, places, ranks, signed

WIDTH = 96.0  # of the small interval in a cell, in pixels


@dataclass(frozen=True)
class Cell:
    """A cell as it is printed."""

    record: CellRecord
    anchor: str
    value: str
    interval: str
    ranks: str
    bar: str
    unread: float
    errors: float
    footnotes: list[Footnote]

    @property
    def own_footnotes(self) -> list[Footnote]:
        """Those of this cell alone; the others stand once, with the row, the column or the board."""
        return [one for one in self.footnotes if one.mark.layer and one.mark.systems]

    @property
    def ranked(self) -> bool:
        return self.record.rank_low is not None


@dataclass(frozen=True)
class Pair:
    """A system against another: the difference, and whether it is more than chance."""

    value: str
    kind: str  # up, down, same or untested


@dataclass(frozen=True)
class Layer:
    """A layer as it is printed; `index` is its place in the board."""

    index: int
    record: LayerRecord
    digits: int
    cells: dict[str, Cell]
    forest: str
    ranked: list[str]
    grid: list[list[Pair | None]]

    @property
    def short(self) -> str:
        """Return the metric, or nothing if the title says it."""
        return "" if self.record.metric in self.record.title else self.record.metric

    @property
    def name(self) -> str:
        return full_name(self.record)


def layers(board: BoardRecord, footnotes: Footnotes) -> list[Layer]:
    """Return all layers of a board in its order."""
    order = {one.name: n for n, one in enumerate(board.systems)}
    return [_layer(n, record, order, footnotes) for n, record in enumerate(board.layers)]


def _layer(index: int, record: LayerRecord, order: dict[str, int], footnotes: Footnotes) -> Layer:
    digits = places(record)
    ends = _ends(record.cells)
    cells = {}
    for cell in record.cells:
        asked = sum(cell.outcomes.values())
        errors = cell.outcomes.get("error", 0)
        cells[cell.system] = Cell(
            record=cell,
            anchor=f"cell-{index}-{order.get(cell.system, len(order))}",
            value=number(cell.value, digits),
            interval=interval(cell.low, cell.high, digits),
            ranks=ranks(cell),
            bar=bar(cell.value, cell.low, cell.high, ends),
            unread=(asked - errors - cell.outcomes.get("ok", 0)) / asked if asked else 0.0,
            errors=errors / asked if asked else 0.0,
            footnotes=footnotes.of(record.id, cell),
        )
    ranked = [cell.system for cell in record.cells if cell.rank_low is not None]
    return Layer(index, record, digits, cells, _forest(record), ranked, _grid(record, ranked, digits))


def _ends(cells: Sequence[CellRecord]) -> tuple[float, float]:
    values = [v for cell in cells for v in (cell.value, cell.low, cell.high) if v is not None]
    return min(values, default=0.0), max(values, default=1.0)


def bar(value: float | None, low: float | None, high: float | None, ends: tuple[float, float]) -> str:
    """Return the path of a small interval with a stroke at its value, between the ends of its column."""
    if value is None:
        return ""

    def x(one: float) -> str:
        return f"{(one - ends[0]) / ((ends[1] - ends[0]) or 1.0) * (WIDTH - 4) + 2:.0f}"

    line = "" if low is None or high is None else f"M{x(low)} 4H{x(high)}"
    return f"{line}M{x(value)} 0V8"


def _forest(layer: LayerRecord) -> str:
    rows = [
        Row(
            cell.system,
            (Mark(cell.value, cell.low, cell.high, hollow=cell.rank_low is None),),
            f"{ranks(cell)}  {''.join(cell.letters)}".strip(),
        )
        for cell in layer.cells
        if cell.value is not None
    ]
    return forest(rows, title=layer.title, axis=layer.metric) if rows else ""


def _grid(layer: LayerRecord, ranked: Sequence[str], digits: int) -> list[list[Pair | None]]:
    """Return the difference of each row's system less each column's."""
    place = {name: n for n, name in enumerate(ranked)}
    grid: list[list[Pair | None]] = [[None] * len(ranked) for _ in ranked]
    for one in layer.differences:
        if one.first in place and one.second in place:
            first, second, kind = place[one.first], place[one.second], _kind(one)
            turned = {"up": "down", "down": "up"}.get(kind, kind)
            grid[first][second] = Pair(signed(one.value, digits), kind)
            grid[second][first] = Pair(signed(-one.value, digits), turned)
    return grid


def _kind(one: DifferenceRecord) -> str:
    if one.p_holm is None:
        return "untested"
    return "same" if one.p_holm >= ALPHA else "up" if one.value > 0 else "down"


def data(board: BoardRecord, shown: Sequence[Layer]) -> dict[str, Any]:
    """Return what the page's script needs: the differences in full, which the grids print in short."""
    made = []
    for layer in shown:
        place = {name: n for n, name in enumerate(layer.ranked)}
        pairs = [
            [
                place[one.first],
                place[one.second],
                signed(one.value, layer.digits),
                interval(one.low, one.high, layer.digits),
                *(None if p is None else float(f"{p:.2g}") for p in (one.p, one.p_holm)),
                one.common,
            ]
            for one in layer.record.differences
            if one.first in place and one.second in place
        ]
        made.append({"id": layer.record.id, "ranked": layer.ranked, "pairs": pairs})
    return {"alpha": ALPHA, "systems": [one.name for one in board.systems], "layers": made}
