"""Conversations about PTB-XL in the words of the shipped tasks: folds 1 to 8 to learn from, 9 to select on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from ecg_bench.adapters.finetune._rows import Rows
from ecg_bench.adapters.signal._from_tasks import rows_of_tasks
from ecg_bench.adapters.signal._rows import SignalRow, made_rows
from ecg_bench.ecg.scp import describe
from ecg_bench.ecg.sets import PtbXl
from ecg_bench.errors import UserError
from ecg_bench.samples import Sample

REPORT = "ecg/ptbxl-report"
LABELS = ("all", "diag", "subdiag", "superdiag", "form", "rhythm")
TRAIN, SELECTION = tuple(range(1, 9)), (9,)
FROM_500 = 250  # samples a second that an encoder takes, from which on the recordings of 500 Hz are read


def ptbxl_rows(root: Path, hertz: float, seed: int = 0) -> Rows:
    """Return the conversations of the shipped tasks on PTB-XL: its reports, and the labels of each family.

    ECGs that the folder doesn't hold are passed over: a part of the set is enough to learn from.

    Raises
    ------
    UserError
        If the folder is none of PTB-XL, or holds nothing of folds 1 to 8.
    """
    data = PtbXl(root)
    codes = {
        Path(name).name: tuple(sorted(row.codes)) for row in data.rows for name in (row.filename_lr, row.filename_hr)
    }
    held = {row.fold for row in data.rows}
    which = "500" if hertz >= FROM_500 else "100"

    def codes_of(sample: Sample) -> tuple[str, ...] | None:
        return codes.get(Path(sample.media[0].path).stem)

    def rows(folds: Collection[int]) -> list[SignalRow]:
        found = []
        for fold in sorted(held & set(folds)):
            given = {"root": str(root), "fold": str(fold), "hertz": which, "missing": "skip"}
            for task in (REPORT, *(f"ecg/ptbxl-{family}" for family in LABELS)):
                try:
                    found += [_in_english(row) for row in rows_of_tasks(task, given, seed, codes_of)]
                except UserError:
                    if task == REPORT:
                        raise  # of labels, a part of the set may have none of a family in a fold
        return found

    train = rows(TRAIN)
    if not train:
        raise UserError("holds no ECG of folds 1 to 8, which are for training", path=root)
    return made_rows(str(root), train, rows(SELECTION))


def _in_english(row: SignalRow) -> SignalRow:
    """Put the statements of an ECG in place of its report: most reports are German, and the task asks for English."""
    if row.task != REPORT or not row.codes:
        return row
    answer = row.turns[-1].model_copy(update={"content": describe(row.codes)})
    return replace(row, turns=(*row.turns[:-1], answer))
