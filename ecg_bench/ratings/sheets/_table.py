"""Sheets as text: CSV and TSV, and the key."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from ecg_bench.ratings.sheets._order import Assignment
from ecg_bench.ratings.sheets._page import Page, Rubric
from ecg_bench.texts import defused

KEY_COLUMNS = (
    *("code", "run", "task", "sample", "epoch", "system", "group", "topic", "repeat", "position", "inclusion"),
    *("stratum", "scale", "criterion", "question", "answer"),
)
_BOM = "\ufeff"  # without it, Excel takes a CSV file for text of the machine's old code page


def table_bytes(page: Page, separator: str) -> bytes:
    """Return a sheet as CSV or TSV that Excel opens rightly, and in which nothing is a formula."""
    rows = ([defused(cell) for cell in row] + ["", ""] for row in page.rows)
    return (_BOM + _text([page.columns, *rows], separator)).encode()


def key_bytes(assignments: Sequence[Assignment], by: Rubric) -> bytes:
    """Return the key: for each code, whose answers it stands for, with texts in full and as they are."""
    return _text([KEY_COLUMNS, *_key_rows(assignments, by)], ",").encode(errors="replace")  # halves of pairs


def _key_rows(assignments: Sequence[Assignment], by: Rubric) -> Iterable[list[str]]:
    for row in assignments:
        for one in row.drawn:
            answer = one.answer
            yield [
                *(row.code, answer.run, answer.task, answer.sample, str(answer.epoch), answer.system, answer.group),
                *(answer.topic, str(row.repeat), str(row.position), repr(one.inclusion), one.stratum),
                *(str(by.scale), by.criterion, answer.question, answer.text),
            ]


def _text(rows: Iterable[Sequence[str]], separator: str) -> str:
    """Return rows as CSV, all cells quoted: a lone carriage return in a cell would end its row otherwise."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return out.getvalue()
