"""Published results on a terminal, as Markdown and as CSV."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ecg_bench.published._records import ContradictionRecord, PublishedCellRecord, PublishedRecord, PublishedTableRecord

if TYPE_CHECKING:
    from rich.console import Console

MARK = "*"
LEGEND = f"{MARK} contradicted by other printed numbers: see the contradictions"
CERTAIN = "can't all be right"
UNLIKELY = "hard to believe, or in need of a rule that isn't stated"
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~&#$!])")
_AT_START = re.compile(r"^([-+=]|\d+(?=[.)]))")


def print_published(record: PublishedRecord, console: Console) -> None:
    """Print published results on a terminal: every table, what contradicts what, and what can't be tested.

    Ranks stand in brackets, as printed; intervals are Wilson's at 95 %, in per cent.
    """
    from rich.markup import escape
    from rich.table import Table

    def said(text: str) -> str:
        return escape(plain(text))

    console.print(f"[bold]{said(record.title)}[/]  {record.status}")
    for text in (record.source, record.url, record.read):
        if text:
            console.print(f"[dim]{said(text)}[/]")
    console.print()
    for table in record.tables:
        console.print(f"[bold]{said(table.name)}[/]  {said(_title(table, record))}")
        for block in _blocks(table, record, console.width):
            shown = Table(box=None, pad_edge=False)
            shown.add_column(said(block[0][0]), header_style="dim")
            for name in block[0][1:]:
                shown.add_column(said(name), justify="right", header_style="dim")
            for row in block[1:]:
                shown.add_row(*(said(cell) for cell in row))
            console.print(shown)
        for note in _notes(table, record):
            console.print(f"[dim]{said(note)}[/]")
        console.print()
    for heading, found in _grouped(record):
        console.print(f"[bold]{heading}[/]")
        for one in found:
            console.print(f"  {said(one.sentence)}")
        console.print()
    console.print(f"[bold]What can't be tested[/]\n  {said(record.untestable)}")


def _blocks(table: PublishedTableRecord, record: PublishedRecord, width: int) -> Iterator[list[list[str]]]:
    """Yield a table in parts that fit a terminal's width, so that no number is cut or broken."""
    grid = _grid(table, record)
    widths = [max(len(row[i]) for row in grid) + 2 for i in range(len(grid[0]))]
    columns: list[int] = []
    for i in range(1, len(widths)):
        if columns and widths[0] + sum(widths[j] for j in columns) + widths[i] > width:
            yield [[row[j] for j in (0, *columns)] for row in grid]
            columns = []
        columns.append(i)
    yield [[row[j] for j in (0, *columns)] for row in grid]


def _grid(table: PublishedTableRecord, record: PublishedRecord) -> list[list[str]]:
    marked = _marked(table, record)
    rows = [[table.rows, *table.columns]]
    for start in range(0, len(table.cells), len(table.columns)):
        cells = table.cells[start : start + len(table.columns)]
        rows.append([cells[0].system, *(shown_cell(one, table.unit, marked) for one in cells)])
    return rows


def as_markdown(record: PublishedRecord) -> str:
    """Return published results as Markdown, a table for each that was printed; all text is escaped."""
    parts = [f"# {marked_down(record.title)} ({record.status})\n\n{_line(record.source)}, {_link(record.url)}\n"]
    if record.read:
        parts.append(f"{_line(record.read)}\n")
    for table in record.tables:
        lines = ["| " + " | ".join(marked_down(cell) for cell in row) + " |" for row in _grid(table, record)]
        lines.insert(1, "|" + " --- |" + " ---: |" * len(table.columns))
        notes = "".join(f"\n- {_line(note)}" for note in _notes(table, record))
        head = f"## {marked_down(table.name)}: {marked_down(_title(table, record))}"
        parts.append(f"{head}\n\n" + "\n".join(lines) + f"\n{notes}".rstrip() + "\n")
    for heading, found in _grouped(record):
        parts.append(f"## {heading}\n\n" + "".join(f"- {_line(one.sentence)}\n" for one in found))
    parts.append(f"## What can't be tested\n\n{_line(record.untestable)}\n")
    return "\n".join(parts)


CSV = (
    "publication",
    "status",
    "table",
    "unit",
    "row",
    "column",
    "printed",
    "value",
    "rank",
    "n",
    "share",
    "low",
    "high",
)


def as_csv(record: PublishedRecord) -> str:
    """Return published results as CSV: a row for each printed cell with what contradicts it, then other findings."""
    from ecg_bench.texts import defused

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*CSV, "contradictions"])
    against: dict[tuple[str, str, str], list[str]] = {}
    for found in record.contradictions:
        against.setdefault((found.table, found.system, found.column), []).append(found.sentence)
    for table in record.tables:
        for one in table.cells:
            texts = (record.name, record.status, table.name, table.unit, one.system, one.column)
            numbers = (one.value, one.rank, one.n, one.share, one.low, one.high)
            said = against.pop((table.name, one.system, one.column), [])
            writer.writerow(
                [*(defused(plain(text)) for text in texts), one.printed]
                + ["" if number is None else number for number in numbers]
                + [defused(plain(" ".join(said)))]
            )
    for (name, row, column), sentences in against.items():  # those that are about no single cell
        texts = (record.name, record.status, name, "", row, column)
        writer.writerow([*(defused(plain(text)) for text in texts), *[""] * 7, defused(plain(" ".join(sentences)))])
    return out.getvalue()


def shown_cell(cell: PublishedCellRecord, unit: str, marked: frozenset[tuple[str, str]] = frozenset()) -> str:
    """Return a cell as it is shown: the value as printed, its rank in brackets, and the interval."""
    if cell.value is None and cell.rank is None:
        return "–"
    parts = [cell.printed or ("" if cell.value is None else f"{cell.value:g}")]
    if cell.rank is not None:
        parts.append(f"({cell.rank:g})")
    text = " ".join(part for part in parts if part) + (MARK if (cell.system, cell.column) in marked else "")
    if cell.low is None or cell.high is None:
        return text
    share = "" if unit == "per cent" or cell.share is None else f"{cell.share:.1f} %, "
    return f"{text}  {share}{cell.low:.1f}-{cell.high:.1f}"


def plain(text: str) -> str:
    """Return a text on one line, without controls and without characters that turn the direction of writing."""
    spaced = " ".join(text.split())
    return "".join(one for one in spaced if unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))


def marked_down(text: str) -> str:
    """Return a text that Markdown shows as it is, within a line."""
    return _MARKDOWN.sub(r"\\\1", plain(text))


def _line(text: str) -> str:
    """Return a text that begins a line of Markdown, and no list."""
    escaped = marked_down(text)
    return _AT_START.sub(r"\\\1" if escaped[:1] in "-+=" else r"\1\\", escaped)


def _link(url: str) -> str:
    whole = re.fullmatch(r"https?://[^\s<>\\]+", url)
    return f"<{url}>" if whole else marked_down(url)


def _title(table: PublishedTableRecord, record: PublishedRecord) -> str:
    page = f", {table.page}" if table.page else ""
    return f"{table.title}{page} ({table.unit}; {record.status})"


def _marked(table: PublishedTableRecord, record: PublishedRecord) -> frozenset[tuple[str, str]]:
    return frozenset((one.system, one.column) for one in record.contradictions if one.table == table.name)


def _notes(table: PublishedTableRecord, record: PublishedRecord) -> list[str]:
    counted = {name: one.n for name in table.columns for one in table.cells if one.column == name and one.n}
    notes = list(table.notes)
    if counted:
        told = ", ".join(f"{name} {n:,}" for name, n in counted.items())
        notes.insert(0, f"n: {told}. Ranges: Wilson's 95 % intervals in per cent, computed here.")
    marked = _marked(table, record)
    return [*notes, LEGEND] if any((one.system, one.column) in marked for one in table.cells) else notes


def _grouped(record: PublishedRecord) -> list[tuple[str, list[ContradictionRecord]]]:
    certain = [one for one in record.contradictions if one.certain]
    others = [one for one in record.contradictions if not one.certain]
    if not record.contradictions:
        return [("No contradictions were found", [])]
    groups = [(f"Contradictions: {CERTAIN}", certain), (f"Contradictions: {UNLIKELY}", others)]
    return [(heading, found) for heading, found in groups if found]
