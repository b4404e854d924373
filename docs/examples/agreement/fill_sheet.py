"""Fill in a rating sheet in the place of an expert: ``python fill_sheet.py sheet.xlsx``.

The rule is simple, since the answers are: the reference itself is correct, the beginning of it incomplete, all else
incorrect. Now and then the rater is one level off, as people are. This is a stand-in for a tutorial and for tests; no
clinician has rated anything here.
"""

from __future__ import annotations

import random
import sys

import openpyxl

LEVELS = ("incorrect", "partially incorrect", "correct but incomplete", "correct")
SLIP = 0.08  # how often the rater is one level off


def main(path: str) -> None:
    """Fill in the sheet."""
    rng = random.Random(2)
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    columns = {cell.value: n for n, cell in enumerate(sheet[1])}
    for row in sheet.iter_rows(min_row=2):
        answer, reference = (str(row[columns[name]].value or "") for name in ("answer", "reference"))
        if not answer:
            continue
        level = 3 if answer == reference else 2 if reference.startswith(answer) else 0
        if rng.random() < SLIP:
            level += 1 if level == 0 else -1
        row[columns["rating"]].value = LEVELS[level]
    book.save(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
