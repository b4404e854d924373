"""Opening a folder of a public data set by what it holds."""

from __future__ import annotations

from pathlib import Path

from ecg_bench.ecg.sets._ecgqa import EcgQa, Split, Variant
from ecg_bench.ecg.sets._mimic import RECORDS, MimicEcg
from ecg_bench.ecg.sets._ptbxl import DATABASE, PtbXl
from ecg_bench.errors import UserError


def open_set(root: str | Path, *, variant: Variant = "template", split: Split = "test") -> PtbXl | MimicEcg | EcgQa:
    """Open a folder of PTB-XL, MIMIC-IV-ECG or ECG-QA.

    Parameters
    ----------
    root : path-like
        The folder.
    variant, split : str
        Of ECG-QA.

    Raises
    ------
    UserError
        If it is none of them.
    """
    folder = Path(root).expanduser()
    if not folder.is_dir():
        raise UserError("there is no such folder", path=folder)
    if (folder / DATABASE).is_file():
        return PtbXl(folder)
    if (folder / RECORDS).is_file():
        return MimicEcg(folder)
    for version in ("ptbxl", "mimic"):
        try:
            return EcgQa(folder, version, variant, split)
        except UserError:
            continue
    raise UserError(
        f"is no data set known here: PTB-XL holds {DATABASE}, MIMIC-IV-ECG {RECORDS}, and ECG-QA a folder ecgqa",
        path=folder,
    )
