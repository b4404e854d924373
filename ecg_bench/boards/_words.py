"""How a board's numbers, ranks and marks are worded, the same in every form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ecg_bench.boards._records import BoardRecord, CellRecord, DifferenceRecord, LayerRecord, MarkRecord
from ecg_bench.ratings.sheets._cells import clean

ALPHA = 0.05
KINDS = ("multiple choice", "open answers", "text metric", "judge", "corrected judge", "human")
_TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # what turns the direction of the text around it


def plain(text: str) -> str:
    """Return a text in one line, without control characters."""
    return " ".join(_TURNING.sub("", clean(text)).split())


def layer_name(layer: LayerRecord) -> str:
    """Return what a layer is called in headings: its title and its metric."""
    return f"{layer.title}: {layer.metric}"


def digits(layer: LayerRecord) -> int:
    """Return how many decimals a layer's values are shown with."""
    greatest = max((abs(cell.value) for cell in layer.cells if cell.value is not None), default=0.0)
    return 3 if greatest < 10 else 1


def number(value: float | None, layer: LayerRecord) -> str:
    """Return a layer's value as it is shown; a dash where there is none."""
    return "–" if value is None else f"{value + 0.0:.{digits(layer)}f}"


def signed(value: float, layer: LayerRecord) -> str:
    """Return a difference with its sign."""
    shown = f"{value:+.{digits(layer)}f}"
    return shown if float(shown) else shown.replace("-", "+")


def ranks(cell: CellRecord) -> str:
    """Return a cell's range of ranks; empty where it is not ranked."""
    if cell.rank_low is None or cell.rank_high is None:
        return ""
    return str(cell.rank_low) if cell.rank_low == cell.rank_high else f"{cell.rank_low}–{cell.rank_high}"  # noqa: RUF001


def p_value(p: float | None) -> str:
    """Return a p-value as it is shown."""
    return "not tested" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"


def to_best(layer: LayerRecord, cell: CellRecord) -> DifferenceRecord | None:
    """Return the difference of a ranked system to the layer's first: its own mean less the first one's."""
    if cell.rank_low is None or cell.system == layer.cells[0].system:
        return None
    for one in layer.differences:
        if (one.first, one.second) == (cell.system, layer.cells[0].system):
            return one
        if (one.first, one.second) == (layer.cells[0].system, cell.system):
            turned = {"first": one.second, "second": one.first, "value": -one.value}
            ends = {"low": None if one.high is None else -one.high, "high": None if one.low is None else -one.low}
            return one.model_copy(update=turned | ends)
    return None


def by_system(board: BoardRecord, layers: Sequence[LayerRecord]) -> list[str]:
    """Return the systems that have a cell in some layers, in the order of the first layer that they are in."""
    named = dict.fromkeys(cell.system for layer in layers for cell in layer.cells)
    return list(named) or [system.name for system in board.systems]


def groups(board: BoardRecord) -> Iterator[tuple[str, list[LayerRecord]]]:
    """Yield each kind of main layer with its layers; where no layer is main, all of them."""
    shown = [layer for layer in board.layers if layer.main] or board.layers
    for kind in KINDS:
        layers = [layer for layer in shown if layer.kind == kind]
        if layers:
            yield kind, layers


def bands(layers: Sequence[LayerRecord], size: int) -> Iterator[list[LayerRecord]]:
    """Yield layers in portions of at most `size`, as even as can be."""
    count = -(-len(layers) // size)
    for n in range(count):
        yield list(layers[n * len(layers) // count : (n + 1) * len(layers) // count])


@dataclass(frozen=True)
class Notes:
    """The marks of some cells, numbered from 1 in the order of the board.

    Attributes
    ----------
    marks : tuple of MarkRecord
        Those that a cell bears.
    """

    marks: tuple[MarkRecord, ...]

    @classmethod
    def of(cls, board: BoardRecord, layers: Sequence[LayerRecord]) -> Notes:
        """Return the notes that the cells of some layers need."""
        borne = [
            mark
            for mark in board.marks
            if any(_concerns(mark, layer, cell) for layer in layers for cell in layer.cells)
        ]
        known = {mark.code for mark in borne}
        codes = dict.fromkeys(code for layer in layers for cell in layer.cells for code in cell.marks)
        unsaid = [MarkRecord(code=code, severity="note", message=code) for code in codes if code not in known]
        return cls((*borne, *unsaid))

    def numbers(self, layer: LayerRecord, cell: CellRecord) -> list[int]:
        """Return the numbers of a cell's notes."""
        return [n for n, mark in enumerate(self.marks, 1) if _concerns(mark, layer, cell)]

    def lines(self) -> list[str]:
        """Return the sentence of each note, the first for number 1."""
        return [sentence(mark) for mark in self.marks]


def general(board: BoardRecord) -> list[str]:
    """Return what must be known about the board as a whole, or of a system or layer beyond its cells."""
    borne = Notes.of(board, board.layers).marks
    return [sentence(mark) for mark in board.marks if mark not in borne]


def sentence(mark: MarkRecord) -> str:
    """Return what a mark says; what is more than a note begins with its severity."""
    head = "" if mark.severity == "note" else f"{mark.severity}: "
    return plain(f"{head}{mark.message}")


def _concerns(mark: MarkRecord, layer: LayerRecord, cell: CellRecord) -> bool:
    return (
        mark.code in cell.marks and mark.layer in ("", layer.id) and (not mark.systems or cell.system in mark.systems)
    )
