"""What ``--data`` names: synthetic ECGs, a folder of PTB-XL, or conversations in JSONL files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ecg_bench.adapters.finetune._rows import Rows
from ecg_bench.adapters.signal._rows import SignalRow, made_rows, read_signal_rows
from ecg_bench.adapters.signal._synthetic import instruction_rows
from ecg_bench.errors import UserError

SYNTHETIC = "synthetic"
RECORDS, SEED = 2000, 1
SELECTION_SHARE = 0.05
SELECTION_SEEDS = 1_000_000
PTBXL_TABLE = "ptbxl_database.csv"
EXAMPLE = "synthetic:n=2000,seed=1"


def read_set(given: str, hertz: float) -> Rows:
    """Read what is learned from.

    Parameters
    ----------
    given : str
        ``synthetic``, which may be followed by ``:n=2000,seed=1``; a folder of PTB-XL; or a folder or file of
        conversations with ``media``.
    hertz : float
        The encoder's sampling rate, by which one of PTB-XL's two recordings is chosen.

    Raises
    ------
    UserError
        If it is none of these, or something in it is wrong.
    """
    name, colon, arguments = given.partition(":")
    if name == SYNTHETIC:
        n, seed = _numbers(arguments) if colon else (RECORDS, SEED)
        n_selection = max(1, round(n * SELECTION_SHARE))
        selection = instruction_rows(n_selection, seed + SELECTION_SEEDS)
        return made_rows(f"{SYNTHETIC}:n={n},seed={seed}", instruction_rows(n, seed), selection)
    path = Path(given).expanduser()
    if (path / PTBXL_TABLE).is_file():
        from ecg_bench.adapters.signal._ptbxl import ptbxl_rows

        return ptbxl_rows(path, hertz)
    return read_signal_rows(path)


def _numbers(text: str) -> tuple[int, int]:
    found = {"n": RECORDS, "seed": SEED}
    for part in text.split(","):
        key, _, value = part.partition("=")
        if key not in found or not value.isdecimal() or (key == "n" and value.strip("0") == ""):
            raise UserError(f"--data {SYNTHETIC}:{text}: expected whole numbers, such as {EXAMPLE}")
        found[key] = int(value)
    return found["n"], found["seed"]


def labels_in(rows: Sequence[SignalRow]) -> tuple[str, ...]:
    """Return the SCP codes that are said of any ECG.

    Raises
    ------
    UserError
        If none are known.
    """
    found = sorted({code for row in rows for code in row.codes or ()})
    if not found:
        raise UserError('--arch resnet learns SCP codes: give conversations with "codes", PTB-XL, or synthetic ECGs')
    return tuple(found)
