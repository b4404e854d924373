"""Writing WFDB records."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

import numpy as np

from ecg_bench.ecg import Ecg
from ecg_bench.errors import UserError
from ecg_bench.files import PART, make_folder, write_whole

_NAME = re.compile(r"[-\w]+", re.ASCII)
_MISSING = -(1 << 15)
_LARGEST = (1 << 15) - 1
_GAINS = (10_000, 1_000, 100, 10)  # steps per mV


def write_wfdb(ecg: Ecg, folder: str | Path, name: str) -> Path:
    """Write a record in WFDB format 16, as ``NAME.hea`` and ``NAME.dat``.

    A step is 0.1 microvolts where all of the record lies within 3.2 mV, else 1, 10 or 100 microvolts. Metadata that is
    text, a number or a list of texts goes into comments, ``key: value``; so does the patient.

    Parameters
    ----------
    ecg : Ecg
        What is written.
    folder : path-like
        Where to; it is made if need be.
    name : str
        The record's name: letters, digits, ``-`` and ``_``.

    Returns
    -------
    Path
        The header.

    Raises
    ------
    UserError
        If the name can't be one, the values go beyond 3.2 V, or the files can't be written.
    """
    if not _NAME.fullmatch(name):
        raise UserError(f"a WFDB record can't be called {name!r}: use letters, digits, - and _")
    signal = ecg.signal.astype(np.float64)
    present = np.isfinite(signal)
    top = float(np.abs(signal[present]).max(initial=0))
    gain = next((gain for gain in _GAINS if top * gain <= _LARGEST), None)
    if gain is None:
        raise UserError(f"{name}: {top:g} mV are beyond what a WFDB record of an ECG holds; is it in microvolts?")
    digital = np.full(signal.shape, _MISSING, dtype="<i2")
    digital[present] = np.rint(signal[present] * gain).astype("<i2")
    sums = digital.sum(axis=0, dtype=np.int64) % 65536
    lines = [f"{name} {len(ecg.leads)} {ecg.rate:.10g} {len(digital)}"]
    for column, lead in enumerate(ecg.leads):
        lines.append(f"{name}.dat 16 {gain}(0)/mV 16 0 {digital[0, column]} {sums[column]} 0 {lead}")
    lines += _comments(ecg)
    home = make_folder(folder)
    _write_bytes(home / f"{name}.dat", digital.tobytes())
    write_whole(home / f"{name}.hea", "\n".join(lines) + "\n")
    return home / f"{name}.hea"


def _comments(ecg: Ecg) -> list[str]:
    facts = {"patient": ecg.patient} if ecg.patient else {}
    for key, value in ecg.metadata.items():
        if isinstance(value, str | int | float):
            facts[key] = str(value)
        elif isinstance(value, tuple | list) and all(isinstance(one, str) for one in value):
            facts[key] = ", ".join(value)
    # Whatever is in them, a comment is one line.
    return [f"# {' '.join(f'{key}: {value}'.split())}" for key, value in facts.items()]


def _write_bytes(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}{PART}")
    try:
        part.write_bytes(data)
        os.replace(part, path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise UserError(f"cannot be written: {error.strerror}", path=path) from None
