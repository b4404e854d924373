"""Tables of data sets, and their cells."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.files import read_rows


def folder_of(root: str | Path, needs: Sequence[str], what: str) -> Path:
    """Return a data set's folder, where what it is known by is there.

    Raises
    ------
    UserError
        If it isn't.
    """
    folder = Path(root)
    if not folder.is_dir():
        raise UserError(f"is no folder: give the folder of {what}", path=folder)
    for name in needs:
        if not (folder / name).exists():
            raise UserError(f"is not a folder of {what}: it has no {name}", path=folder)
    return folder


@dataclass(frozen=True)
class Cells:
    """A line of a table; its methods complain with file and line."""

    path: Path
    line: int
    row: Mapping[str, str]

    def text(self, column: str) -> str:
        """Return a cell without the spaces around it."""
        if column not in self.row:
            raise UserError(
                f"has no column {column!r}{did_you_mean(column, [name for name in self.row if name])}",
                path=self.path,
                line=1,
            )
        return self.row[column].strip()

    def number(self, column: str) -> float | None:
        """Return a finite number, or None where the cell is empty."""
        text = self.text(column)
        try:
            value = float(text) if text else None
        except ValueError:
            value = math.nan
        if value is not None and not math.isfinite(value):
            raise self._wrong(column, "a number")
        return value

    def whole(self, column: str) -> int:
        """Return a whole number; ``15709.0`` is one too, as pandas writes it."""
        value = self.number(column)
        if value is None or value != int(value):
            raise self._wrong(column, "a whole number")
        return int(value)

    def path_below(self, column: str) -> str:
        """Return the path of a file below the set's folder; empty where the cell is."""
        text = self.text(column)
        if text.startswith("/") or "\\" in text or ".." in Path(text).parts:
            raise self._wrong(column, "a path below the set's folder")
        return text

    def _wrong(self, column: str, expected: str) -> UserError:
        return UserError(
            f"the column {column} must hold {expected}, but holds {self.row[column][:60]!r}",
            path=self.path,
            line=self.line,
        )


def read_cells(path: Path) -> Iterator[Cells]:
    """Yield the lines of a CSV file."""
    for line, row in read_rows(path):
        yield Cells(path, line, row)
