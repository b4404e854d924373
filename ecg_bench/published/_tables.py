"""Looking printed numbers up."""

from __future__ import annotations

from collections.abc import Mapping

from ecg_bench.published._file import Cell, Column, Publication, Ref, Table


class Tables:
    """The tables of a publication, by their names.

    Parameters
    ----------
    publication : Publication
        One without problems.
    """

    def __init__(self, publication: Publication) -> None:
        self._tables = {table.name: table for table in publication.tables}

    def table(self, name: str) -> Table:
        """Return a table."""
        return self._tables[name]

    def column(self, table: str, name: str) -> Column:
        """Return what is said of a column."""
        return next(column for column in self._tables[table].columns if column.name == name)

    def cells(self, ref: Ref) -> dict[str, Cell]:
        """Return the cells of a column by row, or the one that is named."""
        table = self._tables[ref[0]]
        place = [column.name for column in table.columns].index(ref[1])
        rows = table.cells if len(ref) == 2 else {ref[2]: table.cells[ref[2]]}
        return {row: cells[place] for row, cells in rows.items()}

    def values(self, ref: Ref) -> dict[str, float]:
        """Return the printed values of a column."""
        return {row: float(cell.value) for row, cell in self.cells(ref).items() if cell.value is not None}

    def ranks(self, ref: Ref) -> dict[str, float]:
        """Return the ranks of a column: as printed; or those of its values, where none is printed."""
        printed = {row: cell.rank for row, cell in self.cells(ref).items() if cell.rank is not None}
        if printed:
            return printed
        values = self.values(ref)
        if self._tables[ref[0]].unit == "rank":
            return values
        better = self.column(*ref[:2]).better
        return {} if better is None else rank_values(values, higher=better == "higher")


def rank_values(values: Mapping[str, float], *, higher: bool) -> dict[str, float]:
    """Return the ranks of values, the best with rank 1; equal values share the mean of their ranks."""
    sign = -1 if higher else 1
    signed = [sign * value for value in values.values()]
    return {
        row: sum(other < sign * value for other in signed) + (sum(other == sign * value for other in signed) + 1) / 2
        for row, value in values.items()
    }
