"""Headers of WFDB records.

The form is that of the WFDB Applications Guide, "header(5)": a line for the record, a line for each signal, and
comments.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from ecg_bench.ecg.reading._units import in_millivolts
from ecg_bench.errors import UserError
from ecg_bench.files import read_text

_RECORD = re.compile(
    r"(?P<name>[^\s/]+)(?:/(?P<segments>\d{1,12}))?\s+(?P<signals>\d{1,12})"
    r"(?:\s+(?P<rate>\d*\.?\d+(?:[eE][-+]?\d+)?)(?:/\S*)?(?:\s+(?P<samples>\d{1,15})(?:\s.*)?)?)?$",
    re.ASCII,
)
_SIGNAL = re.compile(
    r"(?P<file>\S+)\s+(?P<format>\d{1,6})(?:x(?P<frame>\d{1,6}))?(?::(?P<skew>\d{1,12}))?(?:\+(?P<offset>\d{1,15}))?"
    r"(?:\s+(?P<gain>[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?)(?:\((?P<baseline>-?\d{1,12})\))?(?:/(?P<units>\S+))?"
    r"(?:\s+(?P<resolution>\d+)(?:\s+(?P<zero>-?\d{1,12})(?:\s+(?P<first>-?\d+)(?:\s+(?P<checksum>-?\d{1,12})"
    r"(?:\s+(?P<block>\d+)(?:\s+(?P<name>.*))?)?)?)?)?)?)?$",
    re.ASCII,
)
DEFAULT_RATE = 250.0  # of a header that gives none, by the guide


@dataclass(frozen=True, slots=True)
class SignalLine:
    """One signal of a header.

    Parameters
    ----------
    file : str
        The file that holds it, in the header's folder.
    format, frame, skew, offset : int
        The number of its storage format, samples per frame, samples by which it lags, bytes before the first.
    gain : float
        Digital steps per unit; above or below 0.
    baseline : int
        The digital value of 0 units.
    to_millivolts : float
        Millivolts of one unit; NaN where it is not measured in volts, as a channel of another kind.
    units : str
        As the header writes them.
    checksum : int or None
        The sum of its samples modulo 65,536, where the header says it.
    name : str
        As the header writes it.
    line : int
        1-based, of the header.
    """

    file: str
    format: int
    frame: int
    skew: int
    offset: int
    gain: float
    baseline: int
    to_millivolts: float
    units: str
    checksum: int | None
    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Header:
    """What a header says; `samples` is 0 where it doesn't say how many there are."""

    name: str
    rate: float
    samples: int
    signals: tuple[SignalLine, ...]
    comments: tuple[str, ...]


def read_header(path: Path) -> Header:
    """Read the header of a WFDB record.

    Raises
    ------
    UserError
        With the line at fault: if the file is none, has other signals than it says, or is made of segments.
    """
    lines = []
    comments = []
    for number, text in enumerate(read_text(path).splitlines(), 1):
        stripped = text.strip()
        if stripped.startswith("#"):
            comments.append(stripped[1:].strip())
        elif stripped:
            lines.append((number, stripped))
    if not lines:
        raise UserError(
            "is empty, where a WFDB header begins with the record's name and its number of signals", path=path
        )
    first, text = lines[0]
    found = _RECORD.match(text)
    if found is None:
        raise UserError(
            f"is no WFDB header: its first line must give name, signals, rate and samples, but is {text[:80]!r}",
            path=path,
            line=first,
        )
    if found["segments"] is not None:
        raise UserError(
            f"is a record of {found['segments']} segments, which have headers of their own: read those", path=path
        )
    count = int(found["signals"])
    if count != len(lines) - 1:
        raise UserError(f"says {count} signals, but describes {len(lines) - 1}", path=path, line=first)
    signals = tuple(_signal_of(text, path, number) for number, text in lines[1:])
    rate = float(found["rate"] or DEFAULT_RATE)
    if not 0 < rate < math.inf:
        raise UserError(f"its sampling rate must be above 0 Hz, but is {rate:g}", path=path, line=first)
    return Header(found["name"], rate, int(found["samples"] or 0), signals, tuple(comments))


def _signal_of(text: str, path: Path, line: int) -> SignalLine:
    parsed = _parse_signal(text)
    if parsed is None:
        raise UserError(f"is no line of a WFDB header for a signal: {text[:80]!r}", path=path, line=line)
    if parsed[0] in (".", "..") or "/" in parsed[0] or "\\" in parsed[0]:
        raise UserError(f"names the file {parsed[0]!r}, which must lie in the header's folder", path=path, line=line)
    return SignalLine(*parsed, line)


def _parse_signal(text: str) -> tuple[str, int, int, int, int, float, int, float, str, int | None, str] | None:
    found = _SIGNAL.match(text)
    if found is None:
        return None
    units = found["units"] or "mV"  # by the guide
    try:
        to_millivolts = in_millivolts(units)
    except UserError:
        to_millivolts = float("nan")
    baseline = found["baseline"] or found["zero"] or 0
    return (
        found["file"],
        int(found["format"]),
        int(found["frame"] or 1),
        int(found["skew"] or 0),
        int(found["offset"] or 0),
        float(found["gain"] or 0),
        int(baseline),
        to_millivolts,
        units,
        None if found["checksum"] is None else int(found["checksum"]),
        found["name"] or "",
    )
