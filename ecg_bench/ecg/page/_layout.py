"""Where on the paper which lead is drawn, from when to when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from ecg_bench.ecg import LEADS, Ecg, Signal

SPEED = 25.0  # mm/s
GAIN = 10.0  # mm/mV
PAGE_S = 10.0
COLUMNS = 4
GRID = (("I", "aVR", "V1", "V4"), ("II", "aVL", "V2", "V5"), ("III", "aVF", "V3", "V6"))
RHYTHM = ("II", "V1", "I", "V5")  # the first of these that is there is the rhythm strip
FEW = 6  # so many leads or less are drawn one under another, each in its whole length

EDGE = 5.0  # mm of paper around everything
HEAD = 15.0
FOOT = 10.0
PULSE = 10.0  # room for the calibration pulse
MIN_ROW, MAX_ROW = 25.0, 70.0
ROOM = (6.0, 5.0)  # least mm above and below a baseline, for the lead's name and a flat trace
NAME = (7.0, 20.0)  # least and most mm of a lead's name above the baseline; between them it keeps clear of the trace
NAME_S = 0.32  # how much of the trace lies below a name


@dataclass(frozen=True)
class Trace:
    """A stretch of one lead on the paper: its left end and baseline in millimetres, its samples in millivolts."""

    lead: str
    x: float
    y: float
    name_y: float  # the line that its name stands on
    signal: Signal
    first: bool  # stands at the left end of its row


@dataclass(frozen=True)
class Layout:
    """A page in millimetres, with what is drawn on it.

    Parameters
    ----------
    width, height : float
        Of the paper, whole large squares.
    traces : tuple of Trace
        Row by row.
    pulses : tuple of float
        Baselines at which a calibration pulse stands.
    shown_s : float
        Seconds of the record that the longest trace shows.
    shared : bool
        Whether every column shows the same seconds, as the record is too short for one after another.
    """

    width: float
    height: float
    traces: tuple[Trace, ...]
    pulses: tuple[float, ...]
    shown_s: float
    shared: bool


def lay_out(ecg: Ecg) -> Layout:
    """Return the page of a record: 3 x 4 and a rhythm strip, or a row for each lead where there are few."""
    shown = min(ecg.duration, PAGE_S)
    rows, shared = _rows(ecg, shown)
    gaps = _gaps(rows)
    left = EDGE + PULSE
    traces: list[Trace] = []
    baselines: list[float] = []
    y = HEAD
    for row, gap in zip(rows, gaps, strict=False):
        y += gap
        baselines.append(y)
        x = left
        for place, (lead, signal, seconds) in enumerate(row):
            if signal is not None:
                traces.append(Trace(lead, x, y, y - _above(signal, ecg.rate), signal, first=place == 0))
            x += seconds * SPEED
    right = left + max(sum(seconds for *_, seconds in row) for row in rows) * SPEED
    height = _square(y + gaps[-1] + FOOT)
    return Layout(_square(max(right, left + 60.0) + EDGE), height, tuple(traces), tuple(baselines), shown, shared)


Stretch = tuple[str, Signal | None, float]


def _rows(ecg: Ecg, shown: float) -> tuple[list[list[Stretch]], bool]:
    """Return lead, samples and seconds of each stretch, row by row; whether columns share their seconds."""
    level = {lead: _levelled(ecg, lead) for lead in _present(ecg)}
    if len(level) <= FEW:
        whole = round(shown * ecg.rate)
        return [[(lead, signal[:whole], shown)] for lead, signal in level.items()], False
    column = PAGE_S / COLUMNS
    shared = ecg.duration < PAGE_S * 0.98
    rows: list[list[Stretch]] = []
    for leads in GRID:
        row: list[Stretch] = []
        for place, lead in enumerate(leads):
            start = 0.0 if shared else place * column
            stretch = slice(round(start * ecg.rate), round((start + column) * ecg.rate) + 1)
            row.append((lead, level[lead][stretch] if lead in level else None, column))
        rows.append(row)
    strip = next((lead for lead in RHYTHM if lead in level), None)
    if strip is not None:
        rows.append([(strip, level[strip][: round(shown * ecg.rate)], shown)])
    return rows, shared


def _present(ecg: Ecg) -> Sequence[str]:
    """Return the names of a record's leads in the usual order, those kept upside down the right way up."""
    names = {name.removeprefix("-") for name in ecg.leads}
    return [name for name in LEADS if name in names]


def _levelled(ecg: Ecg, lead: str) -> Signal:
    """Return a lead without a constant offset, as every electrocardiograph takes it off."""
    signal = ecg.lead(lead)
    finite = signal[np.isfinite(signal)]
    return signal - np.float32(np.median(finite)) if len(finite) else signal


def _gaps(rows: list[list[Stretch]]) -> list[float]:
    """Return the millimetres above each row and below the last one, so that traces keep clear of each other.

    What is far out of the ordinary may overlap, as on any electrocardiograph; a spike doesn't blow up the page.
    """
    columns = max(len(row) for row in rows)
    spans = np.array([[_span(signal) for _, signal, _ in row * (columns // len(row))] for row in rows])
    ups, downs = spans[..., 0], spans[..., 1]
    apart = (downs[:-1] + ups[1:]).max(axis=1) + 3.0  # what stands below each other counts
    between = [_square(min(max(MIN_ROW, float(gap)), MAX_ROW)) for gap in apart]
    first, last = float(ups[0].max()), float(downs[-1].max())
    return [_square(min(first + 3.0, MAX_ROW)), *between, min(last, MAX_ROW)]


def _above(signal: Signal, rate: float) -> float:
    """Return the millimetres from a baseline up to the lead's name."""
    below = signal[: ceil(NAME_S * rate)]
    finite = below[np.isfinite(below)]
    highest = float(finite.max()) * GAIN + 1.0 if len(finite) else 0.0
    return min(max(highest, NAME[0]), NAME[1])


def _span(signal: Signal | None) -> tuple[float, float]:
    """Return the millimetres that a trace takes above and below its baseline, single outliers left out."""
    finite = np.empty(0) if signal is None else signal[np.isfinite(signal)]
    if not len(finite):
        return ROOM
    low, high = np.quantile(finite, (0.002, 0.998))
    return max(float(high) * GAIN, ROOM[0]), max(float(-low) * GAIN, ROOM[1])


def _square(millimetres: float) -> float:
    """Round up to whole large squares."""
    return ceil(millimetres / 5 - 1e-9) * 5.0
