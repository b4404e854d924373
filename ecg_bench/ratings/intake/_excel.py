"""Reading Excel workbooks that strangers filled in: merged cells, formulas, and files made to fill the memory."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from ecg_bench.errors import UserError
from ecg_bench.ratings.intake._grid import Row, Sheet, Uncomputed

MOST_UNPACKED = 256 * 1024 * 1024  # bytes
MOST_COLUMNS = 1_000
MOST_CELLS = 10_000_000
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"')
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")


def is_zip(data: bytes) -> bool:
    """Whether a file is a ZIP archive, as all newer office files are."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def read_workbook(path: Path, data: bytes, wanted: str | None) -> list[Sheet]:
    """Return the worksheets of a workbook, or the one that is wanted.

    Raises
    ------
    UserError
        If it is damaged, of another kind, holds macros, or is too large.
    """
    _inspect(path, data)
    try:
        with warnings.catch_warnings():  # openpyxl warns of what has nothing to do with cells
            warnings.simplefilter("ignore")
            return _read(path, data, wanted)
    except UserError:
        raise
    except Exception as error:  # openpyxl raises all there is on damaged files
        raise UserError(
            f"cannot be read as an Excel workbook ({type(error).__name__}): open it and save it again, or as CSV",
            path=path,
        ) from None


def _read(path: Path, data: bytes, wanted: str | None) -> list[Sheet]:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    names = [one.title for one in book.worksheets]
    if wanted is not None and wanted not in names:
        raise UserError(f"has no sheet {wanted!r}, but {', '.join(map(repr, names))}", path=path)
    chosen = [name for name in names if wanted in (None, name)]
    sheets = [_sheet(path, book, name) for name in chosen]
    formulas = [sheet for sheet in sheets if _FORMULA.search(_source(book, sheet.name))]
    if formulas:
        raw = load_workbook(io.BytesIO(data), read_only=True, data_only=False)
        for sheet in formulas:
            _mark_uncomputed(sheet, _values(path, raw[sheet.name]))
    for sheet in sheets:
        _fill_merged(sheet, _source(book, sheet.name))
    if not sheets:
        raise UserError("has no worksheet", path=path)
    return sheets


def _inspect(path: Path, data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            names = {one.filename for one in entries}
            kind = archive.read("mimetype")[:60] if "mimetype" in names else b""
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, EOFError):
        raise UserError("is a damaged or incomplete file: save it again as .xlsx or CSV", path=path) from None
    if b"opendocument" in kind:
        raise UserError("is an OpenDocument sheet: save it as .xlsx or CSV", path=path)
    if any(name.endswith("vbaProject.bin") for name in names) or path.suffix.lower() == ".xlsm":
        raise UserError("is a workbook with macros: save it as .xlsx or CSV", path=path)
    if "xl/workbook.xml" not in names and not any(name.startswith("xl/") for name in names):
        raise UserError("is an archive but no .xlsx workbook: unpack it, or save the sheet as .xlsx or CSV", path=path)
    if sum(one.file_size for one in entries) > MOST_UNPACKED or len(entries) > 10_000:
        raise UserError(
            f"holds more than {MOST_UNPACKED >> 20} MiB once unpacked: save the sheet with the ratings alone, as CSV",
            path=path,
        )


def _sheet(path: Path, book: Any, name: str) -> Sheet:
    rows = [Row(line, tuple(map(_text, cells))) for line, cells in enumerate(_values(path, book[name]), 1)]
    while rows and rows[-1].blank:
        rows.pop()
    return Sheet(path=path, encoding="Excel", separator="Excel", name=name, rows=rows)


def _values(path: Path, worksheet: Any) -> list[tuple[Any, ...]]:
    """Return the values of a worksheet, as many as there really are: what it declares may be anything."""
    worksheet.reset_dimensions()
    found, size = [], 0
    for cells in worksheet.iter_rows(values_only=True):
        while cells and cells[-1] is None:
            cells = cells[:-1] if len(cells) < MOST_COLUMNS else _stripped(cells)
        size += len(cells) + 1
        if len(cells) > MOST_COLUMNS or size > MOST_CELLS:
            raise UserError(
                f"the sheet {worksheet.title!r} has more than {MOST_COLUMNS} columns or {MOST_CELLS:,} cells: "
                "delete what is no rating, or save it as CSV",
                path=path,
            )
        found.append(tuple(cells))
    return found


def _stripped(cells: tuple[Any, ...]) -> tuple[Any, ...]:
    last = max((place for place, value in enumerate(cells) if value is not None), default=-1)
    return cells[: last + 1]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value)


def _mark_uncomputed(sheet: Sheet, raw: list[tuple[Any, ...]]) -> None:
    for place, (row, values) in enumerate(zip(sheet.rows, raw, strict=False)):
        cells = list(row.cells) + [""] * (len(values) - len(row.cells))
        for column, value in enumerate(values):
            if not cells[column] and value is not None:
                cells[column] = Uncomputed(value)
        sheet.rows[place] = Row(row.line, tuple(cells))


def _source(book: Any, name: str) -> bytes:
    with book[name]._get_source() as file:
        return bytes(file.read())


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _fill_merged(sheet: Sheet, source: bytes) -> None:
    """Give each cell of a merged range the value of its first: only that one is stored."""
    left = MOST_CELLS
    for match in _MERGED.finditer(source):
        first_column, last_column = _column(match[1]), _column(match[3])
        first, last = int(match[2]), min(int(match[4]), len(sheet.rows))
        if not 0 < first <= last or last_column > MOST_COLUMNS or first_column > len(sheet.rows[first - 1].cells):
            continue
        value = sheet.rows[first - 1].cells[first_column - 1]
        left -= (last - first + 1) * (last_column - first_column + 1)
        if not value.strip():
            continue
        if left < 0:
            raise UserError("has more merged cells than can be filled: save it as CSV", path=sheet.path)
        sheet.merged.append(first)
        for line in range(first, last + 1):
            row = sheet.rows[line - 1]
            cells = list(row.cells) + [""] * (last_column - len(row.cells))
            cells[first_column - 1 : last_column] = [value] * (last_column - first_column + 1)
            sheet.rows[line - 1] = Row(line, tuple(cells))
