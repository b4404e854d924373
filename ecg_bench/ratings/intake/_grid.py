"""A sheet as rows of texts, whatever kind of file it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


class Uncomputed(str):
    """The text of a spreadsheet's formula whose value was never stored: nobody knows what the cell says."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Parameters
    ----------
    line : int
        The line of the file where it begins, the row of a worksheet, or the number of a JSON object, from 1.
    cells : tuple of str
        As they stand there.
    """

    line: int
    cells: tuple[str, ...]

    @property
    def blank(self) -> bool:
        """Whether there is nothing in it."""
        return not any(cell.strip() for cell in self.cells)


@dataclass
class Sheet:
    """One table of a file.

    Parameters
    ----------
    path : Path
        The file.
    encoding, separator : str
        How it was read; for people.
    name : str
        The name of the worksheet; empty in a text file.
    rows : list of Row
        Those above the header too.
    merged : list of int
        First lines of merged cells that were filled.
    """

    path: Path
    encoding: str
    separator: str
    name: str = ""
    rows: list[Row] = field(default_factory=list)
    merged: list[int] = field(default_factory=list)
