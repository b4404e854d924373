"""Conversations about PTB-XL in the words of the shipped tasks: folds 1 to 8 to learn from, 9 to select on."""

from __future__ import annotations

from pathlib import Path

from ecg_bench.adapters.finetune._rows import Rows
from ecg_bench.adapters.signal._from_tasks import rows_of_tasks
from ecg_bench.adapters.signal._rows import SignalRow, made_rows
from ecg_bench.ecg.sets import PtbXl
from ecg_bench.samples import Sample

TASKS = "ecg/ptbxl-*"
TRAIN, SELECTION = "1-8", "9"
FROM_500 = 250  # samples a second that an encoder takes, from which on the recordings of 500 Hz are read


def ptbxl_rows(root: Path, hertz: float, seed: int = 0) -> Rows:
    """Return the conversations of all shipped tasks on PTB-XL.

    Raises
    ------
    UserError
        If the folder is none of PTB-XL, or holds nothing of folds 1 to 8.
    """
    data = PtbXl(root)
    codes = {row.ecg_id: tuple(sorted(row.codes)) for row in data.rows}

    def codes_of(sample: Sample) -> tuple[str, ...] | None:
        return codes.get(sample.fields.get("ecg_id", 0))

    def rows(fold: str) -> list[SignalRow]:
        which = "500" if hertz >= FROM_500 else "100"
        return rows_of_tasks(TASKS, {"root": str(root), "fold": fold, "hertz": which}, seed, codes_of)

    held = {row.fold for row in data.rows}
    return made_rows(str(root), rows(TRAIN), rows(SELECTION) if 9 in held else [])
