"""Reading an ECG from a file, whatever its format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ecg_bench.ecg import Ecg
from ecg_bench.ecg.reading._aecg import read_aecg
from ecg_bench.ecg.reading._arrays import read_array
from ecg_bench.ecg.reading._tables import read_table
from ecg_bench.ecg.reading._units import in_millivolts
from ecg_bench.ecg.reading._wfdb import read_wfdb
from ecg_bench.errors import UserError

SUFFIXES = (".hea", ".npy", ".npz", ".csv", ".tsv", ".xml")


def read_ecg(
    path: str | Path, *, leads: Sequence[str] | None = None, units: str | None = None, rate: float | None = None
) -> Ecg:
    """Read an ECG; its format goes by the file's suffix.

    ``.hea`` is a WFDB record (its suffix may be left out), ``.npy`` and ``.npz`` are NumPy's arrays, ``.csv`` and
    ``.tsv`` tables with a column for each lead, ``.xml`` is an HL7 annotated ECG.

    Parameters
    ----------
    path : path-like
        The file.
    leads : sequence of str, optional
        Where the file names its leads: the ones wanted, in the order wanted. Where it doesn't: the names of its
        columns.
    units : {"mV", "uV", "V", "nV"}, optional
        Of the values, where the file doesn't say.
    rate : float, optional
        Samples per second, where the file doesn't say.

    Returns
    -------
    Ecg
        In millivolts.

    Raises
    ------
    UserError
        If the file is missing, damaged or of no format known here, doesn't say what has to be known, or says something
        else than `units` or `rate`.
    """
    if units is not None:
        in_millivolts(units)
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix == ".dat" or (suffix not in SUFFIXES and file.with_name(f"{file.name}.hea").is_file()):
        file = file.with_suffix(".hea") if suffix == ".dat" else file.with_name(f"{file.name}.hea")
        suffix = ".hea"
    if suffix in (".npy", ".npz"):
        return read_array(file, leads, units, rate)
    if suffix in (".csv", ".tsv"):
        return read_table(file, leads, units, rate)
    if suffix not in SUFFIXES:
        if not file.exists():
            raise UserError("no such ECG record: give a file, or a WFDB record with or without .hea", path=file)
        raise UserError(f"is no ECG that can be read: its name must end in one of {', '.join(SUFFIXES)}", path=file)
    ecg = read_wfdb(file, leads) if suffix == ".hea" else read_aecg(file, leads)
    if rate is not None and abs(rate - ecg.rate) > 1e-6 * ecg.rate:
        raise UserError(f"says {ecg.rate:g} samples per second, and rate={rate:g} was given", path=file)
    if units is not None:
        raise UserError(f"says its units itself: leave out units={units!r}", path=file)
    return ecg


def read_many(paths: Iterable[str | Path]) -> list[Ecg]:
    """Read ECGs, each as `read_ecg` does.

    Raises
    ------
    UserError
        At the first that can't be read.
    """
    return [read_ecg(path) for path in paths]
