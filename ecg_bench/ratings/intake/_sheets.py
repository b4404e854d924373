"""Opening a rating sheet: from bytes to rows of cells with their line numbers."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecg_bench.errors import UserError
from ecg_bench.ratings.intake._excel import is_zip, read_workbook
from ecg_bench.ratings.intake._grid import Row, Sheet

MOST_BYTES = 512 * 1024 * 1024
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_MARKS = (  # longer byte-order marks first: that of UTF-32 begins with that of UTF-16
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_TRIED = 200  # rows that the separator is found out from


@dataclass(frozen=True)
class Opening:
    """How to open files, where the user says so.

    Parameters
    ----------
    encoding, separator : str, optional
        Of text files.
    sheet : str, optional
        The name of an Excel sheet.
    """

    encoding: str | None = None
    separator: str | None = None
    sheet: str | None = None


def open_sheets(path: Path, data: bytes, how: Opening) -> list[Sheet]:
    """Return the sheets of a file: one, or those of a workbook.

    Raises
    ------
    UserError
        If it is none that can be read.
    """
    if len(data) > MOST_BYTES:
        raise UserError(f"is larger than {MOST_BYTES >> 20} MiB: split it", path=path)
    if data.startswith(_OLD_EXCEL):
        raise UserError("is an old or a locked Excel file: save it as .xlsx without a password, or as CSV", path=path)
    if is_zip(data):
        return read_workbook(path, data, how.sheet)
    text, encoding = _decode(path, data, how.encoding)
    if not text.strip():
        raise UserError("is empty", path=path)
    if path.suffix.lower() in (".jsonl", ".ndjson", ".json") or text.lstrip()[0] in "[{":
        return [_json(path, text, encoding)]
    return [_separated(path, text, encoding, how.separator)]


def _decode(path: Path, data: bytes, wanted: str | None) -> tuple[str, str]:
    try:
        if wanted is not None:
            return data.decode(wanted).removeprefix("\ufeff"), wanted
        for mark, encoding in _MARKS:
            if data.startswith(mark):
                return data.decode(encoding), encoding.removesuffix("-sig") + " with a byte-order mark"
        if data.count(b"\x00") * 5 > len(data):
            little = data[1::2].count(0) >= data[0::2].count(0)
            encoding = "utf-16-le" if little else "utf-16-be"
            return _plausible(path, data.decode(encoding)), f"{encoding} (guessed)"
    except LookupError:
        raise UserError(f"there is no encoding {wanted!r}: try utf-8, cp1252 or utf-16") from None
    except UnicodeDecodeError as error:
        raise UserError(f"is no text in {error.encoding} (byte {error.start}): save it as UTF-8", path=path) from None
    try:
        return _plausible(path, data.decode("utf-8")), "utf-8"
    except UnicodeDecodeError:
        pass
    try:
        return _plausible(path, data.decode("cp1252")), "cp1252 (guessed)"
    except UnicodeDecodeError as error:
        raise UserError(f"is neither UTF-8 nor CP1252 text (byte {error.start}): save it as UTF-8", path=path) from None


def _plausible(path: Path, text: str) -> str:
    """Return a text, unless it has so many control characters that the file is something else."""
    odd = sum(text.count(chr(code)) for code in range(32) if chr(code) not in "\t\n\r\x0b\x0c\x1e\x1f")
    if odd > len(text) // 1000:
        raise UserError("is no table: save it as .xlsx, CSV or JSONL", path=path)
    return text


def _separated(path: Path, text: str, encoding: str, wanted: str | None) -> Sheet:
    first, _, rest = text.partition("\n")
    told = first.strip().lower().removeprefix("sep=") if first.strip().lower().startswith("sep=") else ""
    skipped = 1 if told else 0
    body = rest if told else text
    separator = wanted or (told if told in SEPARATORS else "") or _separator(body)
    sheet = Sheet(path=path, encoding=encoding, separator=SEPARATORS.get(separator, separator))
    try:
        reader = csv.reader(io.StringIO(body, newline=""), delimiter=separator, strict=True)
    except TypeError:
        raise UserError(f"a separator is one character, but {separator!r} was given") from None
    line = 1
    try:
        for cells in reader:
            sheet.rows.append(Row(line + skipped, tuple(cells)))
            line = reader.line_num + 1
    except csv.Error as error:
        # The quote that is missing or too many stands where the row begins, not where the reader gave up.
        raise UserError(
            f"is not valid CSV in the row that begins here ({error}): check its quotation marks",
            path=path,
            line=line + skipped,
        ) from None
    return sheet


def _separator(text: str) -> str:
    """Return the separator by which most rows have as many cells as the first; the one with more cells in a draw."""
    best, found = (0.0, 0), ","
    for separator in SEPARATORS:
        sizes = []
        try:
            for cells in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
                if any(cell.strip() for cell in cells):
                    sizes.append(len(cells))
                if len(sizes) == _TRIED:
                    break
        except csv.Error:
            continue
        size, times = Counter(sizes).most_common(1)[0] if sizes else (0, 0)
        if size > 1 and max(sizes[:3]) > 1:
            best, found = max((best, found), ((times / len(sizes), size), separator))
    return found


def _json(path: Path, text: str, encoding: str) -> Sheet:
    rows: list[tuple[int, Any]] = []
    kind = "JSON array" if text.lstrip().startswith("[") else "JSON lines"
    line = None
    try:
        if kind == "JSON array":
            rows = list(enumerate(json.loads(text), 1))
        else:
            for number, one in enumerate(text.split("\n"), 1):
                line = number
                if one.strip():
                    rows.append((number, json.loads(one)))
    except json.JSONDecodeError as error:
        raise UserError(
            f"is not valid JSON: {error.msg} at column {error.colno}", path=path, line=line or error.lineno
        ) from None
    except (RecursionError, ValueError) as error:  # nested too deeply; a number of very many digits
        raise UserError(f"cannot be read as JSON: {error}", path=path, line=line) from None
    names: dict[str, None] = {}
    for number, row in rows:
        if not isinstance(row, dict):
            raise UserError(f"row {number} must be a JSON object, but is a {type(row).__name__}", path=path)
        names |= dict.fromkeys(row)
    if len(names) > 1000:
        raise UserError(f"has {len(names)} different names of fields: this is no table of ratings", path=path)
    sheet = Sheet(path=path, encoding=encoding, separator=kind, rows=[Row(0, tuple(names))])
    sheet.rows += [Row(number, tuple(_cell(row.get(name)) for name in names)) for number, row in rows]
    return sheet


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        return " | ".join(_cell(one) for one in value)
    return json.dumps(value, ensure_ascii=False)
