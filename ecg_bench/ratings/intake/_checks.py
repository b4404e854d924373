"""What is looked at in a sheet as a whole before its rows are read."""

from __future__ import annotations

from ecg_bench.errors import UserError
from ecg_bench.ratings._records import normal
from ecg_bench.ratings.intake._mapping import SheetMapping
from ecg_bench.ratings.intake._marks import Mark, read_mark
from ecg_bench.ratings.intake._notes import Notes
from ecg_bench.ratings.intake._open import Opened


def drop_row_numbers(opened: Opened, told: SheetMapping, notes: Notes) -> None:
    """Forget a column of samples that numbers the rows, or anything else that is not the question."""
    fields = opened.columns.fields
    if not {"sample", "question"} <= set(fields) or "task" in fields or "sample" in told.columns:
        return
    width = max(fields["sample"], fields["question"])
    pairs = {
        (row.cells[fields["sample"]].strip(), normal(row.cells[fields["question"]]))
        for row in opened.rows
        if width < len(row.cells)
    }
    pairs = {pair for pair in pairs if all(pair)}
    if len({one for one, _ in pairs}) == len({other for _, other in pairs}) == len(pairs):
        return
    name = opened.columns.header.cells[fields.pop("sample")].strip()
    text = f"the column {name!r} doesn't go with the questions one to one: it is not taken for the sample"
    notes.decide("COLUMN", text, opened.path, guess=True)


def refuse_counts_as_marks(opened: Opened) -> None:
    """Refuse a table of counts, whose columns look like those of marks.

    Raises
    ------
    UserError
        If many cells hold numbers above 1.
    """
    marks, counts = 0, 0
    system = opened.columns.fields.get("system", 0)
    for row in opened.rows if opened.columns.levels else ():
        if system >= len(row.cells) or not row.cells[system].strip():
            continue  # such as a row of totals
        for column in opened.columns.levels:
            mark = read_mark(row.cells[column]) if column < len(row.cells) else Mark.BLANK
            marks += mark is not Mark.BLANK
            counts += mark is Mark.NUMBER
    if counts * 10 > marks:
        raise UserError(
            "has numbers where marks were expected: for counts of answers make a row for each system and level, with "
            "the columns system, level and count",
            path=opened.path,
        )
