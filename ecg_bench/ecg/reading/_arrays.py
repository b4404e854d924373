"""ECGs in NumPy's files."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ecg_bench.ecg import Ecg
from ecg_bench.ecg.reading._said import Said, build
from ecg_bench.errors import UserError

_BROKEN = (OSError, ValueError, EOFError, MemoryError, OverflowError, zipfile.BadZipFile)


def read_array(path: Path, leads: Sequence[str] | None, units: str | None, rate: float | None) -> Ecg:
    """Read a ``.npy`` array of shape (samples, leads), or a ``.npz`` archive that holds it as ``signal``.

    An archive may also hold ``leads``, ``rate``, ``units``, ``record`` and ``patient``. Python objects in either are
    refused, since loading one can run a program.

    Raises
    ------
    UserError
        If it is no such file, or what it doesn't say wasn't given.
    """
    try:
        loaded: Any = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise UserError("no such file", path=path) from None
    except _BROKEN as error:
        raise UserError(f"is no NumPy file of numbers: {error}", path=path) from None
    if path.suffix.lower() == ".npy":
        if not isinstance(loaded, np.ndarray):
            raise UserError("is no .npy file: an archive must end in .npz", path=path)
        return build(path, loaded, Said(), leads, units, rate)
    if isinstance(loaded, np.ndarray):
        raise UserError("is no .npz archive: an array must end in .npy", path=path)
    try:
        with loaded:
            parts = {name: loaded[name] for name in loaded.files}
    except _BROKEN as error:
        raise UserError(f"is no archive of numbers: {error}", path=path) from None
    if "signal" not in parts:
        raise UserError(
            f"must hold an array called 'signal', and holds {', '.join(sorted(parts)) or 'none'}", path=path
        )
    try:
        said = Said(
            leads=tuple(str(name) for name in parts["leads"].ravel()) if "leads" in parts else None,
            units=str(parts["units"].item()) if "units" in parts else None,
            rate=float(parts["rate"].item()) if "rate" in parts else None,
            record=str(parts["record"].item()) if "record" in parts else path.stem,
            patient=str(parts["patient"].item()) if "patient" in parts else "",
        )
    except (TypeError, ValueError):
        raise UserError("its rate, units, record and patient must be one value each", path=path) from None
    return build(path, parts["signal"], said, leads, units, rate)
