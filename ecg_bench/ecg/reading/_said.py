"""What a file says of itself, and what has to be said for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ecg_bench.ecg import Ecg
from ecg_bench.ecg.reading._names import Wanted
from ecg_bench.ecg.reading._units import in_millivolts
from ecg_bench.errors import UserError


@dataclass(frozen=True)
class Said:
    """What a file says beside the samples; None and empty where it doesn't."""

    leads: tuple[str, ...] | None = None
    units: str | None = None
    rate: float | None = None
    record: str = ""
    patient: str = ""


def build(
    path: Path, values: Any, said: Said, leads: Sequence[str] | None, units: str | None, rate: float | None
) -> Ecg:
    """Return the record of a file's values and of what it or the user says of them.

    Parameters
    ----------
    path : Path
        The file.
    values : array, shape (samples, leads)
        In the file's units.
    said : Said
        By the file.
    leads, units, rate
        By the user, as `read_ecg` takes them.

    Raises
    ------
    UserError
        If neither says it, both say it differently, or the values are no table of numbers.
    """
    array = np.asarray(values)
    if array.ndim != 2 or array.dtype.kind not in "fiu":
        raise UserError(
            f"must hold numbers of shape (samples, leads), but holds {array.dtype} of shape {array.shape}", path=path
        )
    if not array.size:
        raise UserError("has no samples", path=path)
    if said.rate is not None and rate is not None and abs(said.rate - rate) > 1e-6 * abs(rate):
        raise UserError(f"says {said.rate:g} samples per second, and rate={rate:g} was given", path=path)
    in_use = said.units or units
    hertz = said.rate if said.rate is not None else rate
    if in_use is None:
        raise UserError("doesn't say its units: give units='mV' or units='uV'", path=path)
    if hertz is None:
        raise UserError("doesn't say its sampling rate: give rate=500 or what it is", path=path)
    names = said.leads or leads
    if names is None:
        raise UserError("doesn't say its leads: give leads=('I', 'II', …), a name for each column", path=path)
    if len(names) != array.shape[1]:
        turned = ": is it turned, leads before samples?" if len(names) == array.shape[0] else ""
        raise UserError(f"has {array.shape[1]} columns, where {len(names)} leads are named{turned}", path=path)
    try:
        factor = in_millivolts(in_use)
        if units is not None and in_millivolts(units) != factor:
            raise UserError(f"says {in_use}, and units={units!r} was given")
        wanted = Wanted.of(names, leads if said.leads else None, path)
        signal = array[:, list(wanted.columns)].astype(np.float64) * factor * wanted.signs
        return Ecg(signal.astype(np.float32), wanted.names, hertz, said.record or path.stem, said.patient)
    except UserError as error:
        text = str(error)
        raise UserError(text if text.startswith(str(path)) else f"{path}: {text}") from None
