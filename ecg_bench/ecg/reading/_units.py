"""Units of potential."""

from __future__ import annotations

from ecg_bench.errors import UserError

# Both signs for micro, the Greek letter and the one of its own, are in use.
_IN_MILLIVOLTS = {"v": 1e3, "mv": 1.0, "uv": 1e-3, "\u00b5v": 1e-3, "\u03bcv": 1e-3, "nv": 1e-6}


def in_millivolts(units: str) -> float:
    """Return how many millivolts one of the units is; their case doesn't matter.

    Raises
    ------
    UserError
        If they are no units of potential.
    """
    factor = _IN_MILLIVOLTS.get(units.strip().lower())
    if factor is None:
        raise UserError(f"{units!r} are no units of an ECG: they must be V, mV, uV or nV")
    return factor
