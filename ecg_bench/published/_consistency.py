"""What can be wrong with a file of printed tables beyond the form of its single fields."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import HttpUrl, TypeAdapter

from ecg_bench.errors import did_you_mean
from ecg_bench.published._file import Cell, Column, Publication, Ref, Table
from ecg_bench.published._records import Unit

Place = tuple[int | str, ...]
Problems = Iterator[tuple[Place, str]]


def problems(publication: Publication) -> Problems:
    """Yield what is wrong, each with the place of the field that is at fault."""
    yield from _url(publication.url)
    seen: set[str] = set()
    for i, table in enumerate(publication.tables):
        if table.name in seen:
            yield ("tables", i, "name"), f"the table {table.name!r} appears twice"
        seen.add(table.name)
        for place, message in _in_table(table, publication.systems):
            yield ("tables", i, *place), message
    for place, message in _in_checks(publication):
        yield ("checks", *place), message


def _url(url: str) -> Problems:
    try:
        TypeAdapter(HttpUrl).validate_python(url)
    except ValueError:
        yield ("url",), f"must be a web address, but is {url!r}"


def _in_table(table: Table, systems: dict[str, str]) -> Problems:
    names = [column.name for column in table.columns]
    for i, name in enumerate(names):
        if name in names[:i]:
            yield ("columns", i), f"the column {name!r} appears twice"
    for row, cells in table.cells.items():
        if table.rows == "system" and row not in systems:
            yield ("cells", row), f"{row!r} is not among the systems{did_you_mean(row, systems)}"
        if len(cells) != len(names):
            yield ("cells", row), f"the row {row!r} has {len(cells)} cells where the table has {len(names)} columns"
            continue
        for i, (cell, column) in enumerate(zip(cells, table.columns, strict=True)):
            wrong = _in_cell(cell, column, table.unit)
            if wrong:
                yield ("cells", row, i), f"{wrong} (row {row!r}, column {column.name!r})"


def _in_cell(cell: Cell, column: Column, unit: Unit) -> str:
    if cell.rank is not None and cell.rank < 1:
        return f"ranks begin with 1, but this one is {cell.rank:g}"
    if cell.value is None:
        return ""
    if unit == "per cent" and not 0 <= cell.value <= 100:
        return f"{cell.text} is no per cent from 0 to 100"
    if unit == "answers" and (cell.step != 1 or not 0 <= cell.value <= (column.n or cell.value)):
        return f"{cell.text} is no number of answers" + (f" from 0 to {column.n}" if column.n else "")
    return f"{cell.text} is no rank" if unit == "rank" and cell.value < 1 else ""


def _in_checks(publication: Publication) -> Problems:
    checks = publication.checks
    tables = {table.name: table for table in publication.tables}

    def look(place: Place, ref: Ref) -> Problems:
        table = tables.get(ref[0])
        if table is None:
            yield place, f"there is no table {ref[0]!r}{did_you_mean(ref[0], tables)}"
        elif ref[1] not in (columns := [column.name for column in table.columns]):
            yield place, f"{ref[0]} has no column {ref[1]!r}{did_you_mean(ref[1], columns)}"
        elif len(ref) == 3 and ref[2] not in table.cells:
            yield place, f"{ref[0]} has no row {ref[2]!r}{did_you_mean(ref[2], table.cells)}"

    for i, means in enumerate(checks.means):
        for column in (means.f, means.precision, means.recall):
            yield from look(("means", i), (means.table, column))
        low = min(means.lowest * (1 - b) + b for b in (means.baseline or (0.0, 0.0))[:2])
        if not 0 <= low < 1:
            yield ("means", i, "lowest"), f"must be from 0 to below 1 before rescaling, but is {low:g}"
    for kind, refs in (
        ("same", [one.cells for one in checks.same]),
        ("claims", [one.columns for one in checks.claims]),
    ):
        for i, columns in enumerate(refs):
            for ref in columns:
                yield from look((kind, i), ref)
    for i, derived in enumerate(checks.derived):
        for ref in ((derived.table, derived.column), *derived.of):
            yield from look(("derived", i), ref)
    for i, tested in enumerate(checks.tested):
        wrong = [*look(("tested", i), tested.ranks), *look(("tested", i), tested.values)]
        yield from wrong
        if not wrong:
            table = tables[tested.values[0]]
            (n,) = [column.n for column in table.columns if column.name == tested.values[1]]
            if n is None or table.unit not in ("per cent", "answers"):
                yield ("tested", i, "values"), "must name a column of per cent or answers that has n"
            if not _has_ranks(tables[tested.ranks[0]], tested.ranks[1]):
                yield ("tested", i, "ranks"), "must name a column with printed ranks"
    for i, claim in enumerate(checks.claims):
        if (claim.kind == "better") != bool(claim.pairs):
            yield ("claims", i), "a claim of the kind 'better' names pairs, and no other does"


def _has_ranks(table: Table, column: str) -> bool:
    place = [one.name for one in table.columns].index(column)
    return table.unit == "rank" or any(cells[place].rank is not None for cells in table.cells.values())
