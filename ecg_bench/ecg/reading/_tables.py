"""ECGs in CSV files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ecg_bench.ecg import Ecg
from ecg_bench.ecg.reading._said import Said, build
from ecg_bench.errors import UserError
from ecg_bench.files import read_rows

_UNITS = re.compile(r"\s*[(\[]\s*(?P<units>[^)\]]*?)\s*[)\]]\s*$")
_TIMES = {"time": 1.0, "time_s": 1.0, "time_ms": 1e-3, "t": 1.0, "seconds": 1.0}
_SPREAD = 0.01  # by how much steps of time may differ, since they are written with few digits


def read_table(path: Path, leads: Sequence[str] | None, units: str | None, rate: float | None) -> Ecg:
    """Read a table with a column for each lead, named by it.

    Units may stand behind the names, as in ``II (mV)``. A column ``time`` (seconds), ``time_s`` or ``time_ms`` gives
    the sampling rate. An empty cell is a missing sample.

    Raises
    ------
    UserError
        With the line at fault, if a cell is no number or the time doesn't go on in equal steps.
    """
    rows = []
    names: list[str] = []
    for line, row in read_rows(path):
        names = names or list(row)
        try:
            rows.append([float(cell) if cell.strip() else np.nan for cell in row.values()])
        except ValueError:
            bad = next(name for name, cell in row.items() if not _is_number(cell))
            raise UserError(f"the cell of {bad} is no number: {row[bad][:40]!r}", path=path, line=line) from None
    if not rows:
        raise UserError("has no samples: a line of names must be followed by one for each sample", path=path)
    values = np.array(rows)
    said_rate = None
    units_found = set()
    columns = []
    leads_found = []
    for column, name in enumerate(names):
        found = _UNITS.search(name)
        bare = name[: found.start()] if found else name
        factor = _TIMES.get(bare.lower())
        if factor is not None:
            if found:
                factor = 1e-3 if found["units"].lower() == "ms" else 1.0
            said_rate = _rate_of(values[:, column] * factor, path)
            continue
        if found:
            units_found.add(found["units"])
        columns.append(column)
        leads_found.append(bare)
    if len(units_found) > 1:
        raise UserError(
            f"its leads are in several units, {', '.join(sorted(units_found))}: give one", path=path, line=1
        )
    said = Said(tuple(leads_found), units_found.pop() if units_found else None, said_rate)
    return build(path, values[:, columns], said, leads, units, rate)


def _is_number(cell: str) -> bool:
    try:
        return not cell.strip() or float(cell) is not None
    except ValueError:
        return False


def _rate_of(seconds: np.ndarray, path: Path) -> float | None:
    if len(seconds) < 2:
        return None
    steps = np.diff(seconds)
    step = float(np.median(steps))
    if not step > 0 or not np.isfinite(steps).all() or np.abs(steps - step).max() > max(_SPREAD * step, 1e-3 * step):
        worst = int(np.nanargmax(np.abs(steps - step))) if np.isfinite(steps).any() else 0
        raise UserError("the time doesn't go on in equal steps", path=path, line=worst + 3)
    return round((len(seconds) - 1) / float(seconds[-1] - seconds[0]), 6)
