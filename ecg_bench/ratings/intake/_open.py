"""Files as they are handed in: opened, and their columns found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ecg_bench.errors import UserError
from ecg_bench.ratings.intake._columns import Columns, find_columns
from ecg_bench.ratings.intake._grid import Row, Sheet
from ecg_bench.ratings.intake._headers import describe_headers
from ecg_bench.ratings.intake._levels import ASK
from ecg_bench.ratings.intake._mapping import SheetMapping
from ecg_bench.ratings.intake._notes import Notes
from ecg_bench.ratings.intake._sheets import Opening, open_sheets

_TRIED = 20  # rows among which the header is looked for
_TELLING = frozenset({"question", "answer", "system", "level", "sample", "rater", "code", "count"})


@dataclass
class Opened:
    """A sheet with its columns.

    Parameters
    ----------
    number : int
        Of the file, from 0.
    path : Path
        The file.
    sheet : Sheet
        The table in it.
    columns : Columns
        What its columns hold.
    rows : list of Row
        Those below the header.
    without_rating : set of int
        Lines of rows that say something but hold no rating, each of which is reported.
    """

    number: int
    path: Path
    sheet: Sheet
    columns: Columns
    rows: list[Row]
    without_rating: set[int] = field(default_factory=set)

    @property
    def excel(self) -> bool:
        """Whether it is a worksheet, whose cells can't be shifted by a separator too many."""
        return bool(self.sheet.name)


def open_file(number: int, path: Path, data: bytes, told: SheetMapping, notes: Notes) -> Opened:
    """Open a file and find the table of ratings in it.

    Raises
    ------
    UserError
        If there is none, or more than one.
    """
    sheets = open_sheets(path, data, Opening(told.encoding, told.separator, told.sheet))
    named = [sheet for sheet in sheets if sheet.rows]
    found = [(sheet, *header) for sheet in named if (header := _header(sheet, told)) is not None]
    if not found:
        raise _unknown(named[0] if named else sheets[0])
    if len(found) > 1:
        names = ", ".join(repr(sheet.name) for sheet, _, _ in found)
        raise UserError(f"has several sheets that look like ratings ({names}): name one with --sheet", path=path)
    sheet, place, columns = found[0]
    _note(sheet, place, columns, [one.name for one in named if one is not sheet], notes)
    return Opened(number, path, sheet, columns, sheet.rows[place + 1 :])


def _header(sheet: Sheet, told: SheetMapping) -> tuple[int, Columns] | None:
    tried = [place for place, row in enumerate(sheet.rows) if not row.blank][:_TRIED]
    wrong: UserError | None = None
    for place in tried:
        if sum(bool(cell.strip()) for cell in sheet.rows[place].cells) < 2:
            continue
        try:
            columns = find_columns(sheet, place, told)
        except UserError as error:
            wrong = wrong or error
            continue
        if columns is not None and (told.system or told.columns or _TELLING & set(columns.fields)):
            return place, columns
    if wrong is not None:
        raise wrong
    return None


def _unknown(sheet: Sheet) -> UserError:
    """Say what a sheet would need to be read."""
    head = next((row for row in sheet.rows if not row.blank), None)
    if head is None:
        return UserError("has no rows", path=sheet.path)
    return UserError(
        f"is no rating sheet that can be recognised: its columns {describe_headers(head.cells)} don't say which holds "
        "the rating and which the system. Say so, as in --column level=COLUMN --column system=COLUMN (or --system "
        f"NAME); where levels have names of their own, {ASK}",
        path=sheet.path,
        line=head.line or None,
    )


def _note(sheet: Sheet, place: int, columns: Columns, others: list[str], notes: Notes) -> None:
    path = sheet.path
    notes.decide("ENCODING", f"read as {sheet.encoding}", path, guess="guessed" in sheet.encoding)
    above = [row.line for row in sheet.rows[:place] if not row.blank]
    for line in above:
        notes.decide("ABOVE_HEADER", "above the header: no rating", path, line, guess=True)
    if others:
        shown = ", ".join(map(repr, others))
        notes.decide("OTHER_SHEETS", f"the sheets {shown} look like no ratings and were not read", path)
    for line in sheet.merged:
        notes.decide("MERGED_CELLS", "merged cells: each has the value of the first", path, line)
    for text in columns.doubtful:
        notes.decide("COLUMN", text, path, columns.header.line or None, guess=True)
    for record in columns.records:
        if not record.meaning:
            notes.decide("IGNORED_COLUMN", f"the column {record.header!r} is not read: {record.why}", path)


def misshapen(row: Row, opened: Opened) -> str:
    """Say why a row can be no row of ratings whatever its cells hold; empty if it can."""
    header = opened.columns.header.cells
    if row.cells[:1] == header[:1] and [cell.strip() for cell in row.cells] == [cell.strip() for cell in header]:
        return "the header again"
    if len(row.cells) > len(header) and not opened.excel and any(cell.strip() for cell in row.cells[len(header) :]):
        return f"has {len(row.cells)} cells where the header has {len(header)}"
    return ""


def fill_down(opened: Opened, notes: Notes) -> None:
    """Give rows the question (or sample) of the row above, where a column has each only once.

    That is what is left of merged cells in a text file. It is done only where at least half of the rows have none.
    """
    filled: Mapping[str, int] = {
        name: column
        for name in (("question",) if "question" in opened.columns.fields else ("sample",))
        if (column := opened.columns.fields.get(name, -1)) >= 0 and _sparse(opened.rows, column)
    }
    for name, column in filled.items():
        last = ""
        for place, row in enumerate(opened.rows):
            if row.blank or column >= len(row.cells):
                continue
            if row.cells[column].strip():
                last = row.cells[column]
                continue
            cells = (*row.cells[:column], last, *row.cells[column + 1 :])
            opened.rows[place] = Row(row.line, cells)
            notes.decide("FILLED", f"the {name} is that of the row above", opened.path, row.line, guess=True)


def _sparse(rows: list[Row], column: int) -> bool:
    cells = [column < len(row.cells) and bool(row.cells[column].strip()) for row in rows if not row.blank]
    return len(cells) > 1 and cells[0] and sum(cells) * 2 <= len(cells)
