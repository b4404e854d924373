"""From printed tables to a record: intervals and contradictions are computed here, and stored nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from ecg_bench.published._file import Cell, Column, Publication, Table
from ecg_bench.published._findings import contradictions
from ecg_bench.published._records import PublishedCellRecord, PublishedRecord, PublishedTableRecord
from ecg_bench.statistics import wilson


def build(publication: Publication) -> PublishedRecord:
    """Return the record of a publication."""
    return PublishedRecord(
        name=publication.name,
        title=publication.title,
        source=publication.source,
        url=publication.url,
        tables=[_table(table) for table in publication.tables],
        contradictions=contradictions(publication),
        untestable=publication.untestable,
        read=publication.read,
        systems=publication.systems,
    )


def _table(table: Table) -> PublishedTableRecord:
    return PublishedTableRecord(
        name=table.name,
        title=table.title,
        page=table.page,
        unit=table.unit,
        columns=[column.name for column in table.columns],
        cells=list(_cells(table)),
        notes=list(table.notes),
        rows=table.rows,
    )


def _cells(table: Table) -> Iterator[PublishedCellRecord]:
    for row, cells in table.cells.items():
        for column, cell in zip(table.columns, cells, strict=True):
            share = _share(table, column, cell)
            low = high = None
            if share is not None and column.n is not None:
                low, high = (100 * end for end in wilson(share / 100 * column.n, column.n))
            yield PublishedCellRecord(
                system=row,
                column=column.name,
                value=None if cell.value is None else float(cell.value),
                rank=cell.rank,
                n=column.n,
                low=low,
                high=high,
                share=share,
                printed=cell.text,
            )


def _share(table: Table, column: Column, cell: Cell) -> float | None:
    """Return the share in per cent that a cell prints or implies."""
    if cell.value is None:
        return None
    if table.unit == "per cent":
        return float(cell.value)
    return 100 * float(cell.value) / column.n if table.unit == "answers" and column.n else None
