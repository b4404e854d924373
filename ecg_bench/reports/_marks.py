"""What must be known about cells, systems or the whole board, as numbered footnotes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from ecg_bench.boards._records import BoardRecord, CellRecord, MarkRecord

SEVERITIES = ("serious", "caution", "note")


@dataclass(frozen=True)
class Footnote:
    """A mark and its number. Numbers, because letters already say which systems can't be told apart."""

    number: int
    mark: MarkRecord


class Footnotes:
    """The marks of a leaderboard, the most severe first."""

    def __init__(self, board: BoardRecord) -> None:
        # Marks of one code stand together, so that the list can be folded.
        ordered = sorted(board.marks, key=lambda mark: (SEVERITIES.index(mark.severity), mark.code))
        self.all = [Footnote(n, mark) for n, mark in enumerate(ordered, 1)]

    def grouped(self) -> list[tuple[MarkRecord, list[Footnote]]]:
        """Return the marks of each code with the first of them."""
        groups = [list(some) for _, some in groupby(self.all, key=lambda one: (one.mark.severity, one.mark.code))]
        return [(some[0].mark, some) for some in groups]

    def of_layer(self, layer: str) -> list[Footnote]:
        """Return the footnotes of a whole column."""
        return [one for one in self.all if one.mark.layer == layer and not one.mark.systems]

    def of_system(self, system: str) -> list[Footnote]:
        """Return the footnotes of a whole row."""
        return [one for one in self.all if not one.mark.layer and system in one.mark.systems]

    def of(self, layer: str, cell: CellRecord) -> list[Footnote]:
        """Return all footnotes of a cell: marks that it names, of its system and layer or of all of them."""
        return [
            one
            for one in self.all
            if one.mark.code in cell.marks
            and one.mark.layer in ("", layer)
            and (not one.mark.systems or cell.system in one.mark.systems)
        ]
