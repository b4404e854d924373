"""A sheet as an Excel workbook: a list in each rating cell, everything else locked."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ecg_bench.ratings.sheets._page import Page
from ecg_bench.texts import clean, is_formula

if TYPE_CHECKING:
    from openpyxl.styles import PatternFill
    from openpyxl.worksheet.worksheet import Worksheet

RATINGS, LEVELS, HOW = "Ratings", "Levels", "How to rate"
_WIDTHS = {"code": 11, "question": 40, "reference": 48, "passage": 60, "answer": 60, "rating": 25, "comment": 32}
_EDITED = ("rating", "comment")
_BAND, _INPUT, _HEAD = "F3F5F7", "FFF9E5", "DDE3EA"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can say; when a sheet was made is nobody's business
_STAMP = "1980-01-01T00:00:00Z"


def workbook_bytes(page: Page) -> bytes:
    """Return a workbook, the same bytes for the same page."""
    from openpyxl import Workbook

    book = Workbook()
    book.properties.creator, book.properties.title = "ecg-bench", "Rating sheet"
    book.remove(book.worksheets[0])
    _fill_ratings(book.create_sheet(RATINGS), page)
    levels = [("level", "meaning"), *zip(page.rubric.scale.levels, page.rubric.meanings, strict=True)]
    _fill_text(book.create_sheet(LEVELS), levels, (28, 100), head=True)
    _fill_text(book.create_sheet(HOW), [(line,) for line in page.instructions], (110,), head=False)
    buffer = io.BytesIO()
    book.save(buffer)
    return _timeless(buffer.getvalue())


def _fill_ratings(sheet: Worksheet, page: Page) -> None:
    from openpyxl.styles import Alignment, Protection
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation
    from openpyxl.worksheet.properties import PageSetupProperties

    _heads(sheet, page.columns)
    top, free = Alignment(wrap_text=True, vertical="top"), Protection(locked=False)
    band, to_fill_in = _fill(_BAND), _fill(_INPUT)
    for number, (row, block) in enumerate(zip(page.rows, page.blocks, strict=True), 2):
        for column, name in enumerate(page.columns, 1):
            cell = sheet.cell(number, column)
            cell.alignment = top
            if name in _EDITED:
                cell.protection = free
                cell.number_format = "@"  # so that a comment of the rater's is text too
                cell.fill = to_fill_in
            else:
                _write(cell, row[column - 1])
                if block % 2 == 0:
                    cell.fill = band
    for column, name in enumerate(page.columns, 1):
        sheet.column_dimensions[get_column_letter(column)].width = _WIDTHS[name]
    sheet.freeze_panes = "B2"
    names = f"'{LEVELS}'!$A$2:$A${len(page.rubric.scale) + 1}"  # not in the rule itself, which holds 255 characters
    choice = DataValidation(
        type="list",
        formula1=names,
        allow_blank=True,
        showErrorMessage=True,
        errorTitle="No such level",
        error="Please choose one of the levels in the list, or leave the cell empty and write a comment.",
    )
    if page.rows:
        letter = get_column_letter(page.columns.index("rating") + 1)
        choice.add(f"{letter}2:{letter}{len(page.rows) + 1}")
        sheet.add_data_validation(choice)
    _lock(sheet)
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"


def _fill_text(sheet: Worksheet, rows: Sequence[Sequence[str]], widths: Sequence[int], *, head: bool) -> None:
    from openpyxl.styles import Alignment
    from openpyxl.utils import get_column_letter

    for number, row in enumerate(rows, 1):
        for column, text in enumerate(row, 1):
            cell = sheet.cell(number, column)
            _write(cell, clean(text))
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    if head:
        _heads(sheet, rows[0])
    for column, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    _lock(sheet)


def _heads(sheet: Worksheet, names: Sequence[str]) -> None:
    from openpyxl.styles import Font

    bold, head = Font(bold=True), _fill(_HEAD)
    for column, name in enumerate(names, 1):
        cell = sheet.cell(1, column)
        _write(cell, name)
        cell.font, cell.fill = bold, head


def _fill(colour: str) -> PatternFill:
    from openpyxl.styles import PatternFill

    return PatternFill("solid", fgColor=colour)


def _write(cell: Any, text: str) -> None:
    """Write text that stays text, whatever it begins with."""
    if text:
        cell.value = text
        cell.data_type = "s"
        cell.quotePrefix = is_formula(text)


def _lock(sheet: Worksheet) -> None:
    """Protect against slips, not against people: there is no password, and rows and columns may be resized."""
    sheet.protection.sheet = True
    sheet.protection.formatColumns = False
    sheet.protection.formatRows = False


def _timeless(data: bytes) -> bytes:
    """Return a workbook without the times at which it and its parts were written."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"(<dcterms:\w+[^>]*>)[^<]*(</)", rb"\g<1>" + _STAMP.encode() + rb"\g<2>", part)
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, part)
    return out.getvalue()
