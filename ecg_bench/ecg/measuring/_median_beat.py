"""The median of the beats that look alike, and where its QRS begins and ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ecg_bench.ecg.measuring._beats import Beats, Ints, segments
from ecg_bench.ecg.measuring._prepare import HERTZ, Floats, Prepared, high_passed, smoothed

BEFORE, AFTER = 0.40, 0.70  # seconds of the median beat around the middle of QRS
WIDE = 0.18  # seconds from which the end of QRS is looked at again
MEDIAN_ERROR = 1.25


class Span(NamedTuple):
    """First and last sample of a wave within the median beat."""

    begin: int
    end: int


@dataclass(frozen=True)
class MedianBeat:
    """The median of the dominant beats, on a baseline through the points just before each QRS.

    Parameters
    ----------
    signal : array, shape (samples, leads)
        Millivolts; 0 is the level just before QRS.
    qrs : Span
        QRS over all leads.
    noise : float
        Standard error of the median in millivolts, the mean over leads.
    """

    signal: Floats
    qrs: Span
    noise: float

    @property
    def middle(self) -> int:
        """The sample that the beats' places stand for."""
        return round(BEFORE * HERTZ)


def median_beat(record: Prepared, beats: Beats) -> tuple[MedianBeat, Floats]:
    """Return the median beat and the whole record on the same baseline."""
    places = beats.places[beats.dominant]
    rough = _median(segments(high_passed(record.signal), places, BEFORE, AFTER))
    begin = _qrs(rough, record.independent).begin - round(BEFORE * HERTZ)
    flat = _on_baseline(record.signal, places + begin)
    pieces = segments(flat, places, BEFORE, AFTER)
    signal = _median(pieces)
    qrs = _qrs(signal, record.independent)
    signal = signal - signal[max(qrs.begin - 8, 0) : max(qrs.begin - 1, 1)].mean(axis=0)
    # What differs between beats from one sample to the next is noise; a median has 1.25 times a mean's error.
    steps = np.diff(pieces, axis=1)
    spread = 1.4826 * float(np.nanmedian(np.abs(steps - _median(steps))))
    noise = spread / np.sqrt(2) * MEDIAN_ERROR / np.sqrt(len(places))
    return MedianBeat(signal, qrs, noise), flat


def _median(pieces: Floats) -> Floats:
    """Return the median over the first axis of what is finite; 0 where nothing is."""
    ordered = np.sort(pieces, axis=0)  # NaN goes last
    count = np.isfinite(pieces).sum(axis=0)
    middle = [np.maximum(place, 0)[None] for place in ((count - 1) // 2, count // 2)]
    low, high = (np.take_along_axis(ordered, place, axis=0)[0] for place in middle)
    found: Floats = np.where(count > 0, (low + high) / 2, 0.0)
    return found


def _on_baseline(signal: Floats, onsets: Ints) -> Floats:
    """Return a signal less the straight lines between its levels just before each QRS (shape kept)."""
    points = np.clip(onsets[:, None] + np.arange(-8, -1), 0, len(signal) - 1)
    levels = signal[points].mean(axis=1)
    time = np.arange(len(signal))
    middle = onsets - 5
    found: Floats = signal - np.stack([np.interp(time, middle, level) for level in levels.T], axis=1)
    return found


def _qrs(beat: Floats, columns: list[int]) -> Span:
    """Return where QRS begins and ends, from the spatial velocity of the median beat.

    It begins where the velocity first stays above a share of its peak, over what there is of it just before; it ends
    where the velocity has stayed below one for some time.
    """
    speed = np.sqrt((np.gradient(smoothed(beat[:, columns], 0.006), axis=0) ** 2).sum(axis=1))
    speed = smoothed(speed[:, None], 0.006)[:, 0]
    middle = round(BEFORE * HERTZ)
    near = slice(middle - round(0.09 * HERTZ), middle + round(0.1 * HERTZ))
    around = slice(middle - round(0.14 * HERTZ), middle + round(0.14 * HERTZ))
    top = float(speed[near].max())
    rest = float(np.percentile(speed[middle - round(0.2 * HERTZ) : middle + round(0.25 * HERTZ)], 15))
    size = np.linalg.norm(beat[:, columns], axis=1)
    fast = _run(
        np.flatnonzero(speed[around] > 0.3 * top) + around.start, near.start + int(np.argmax(speed[near])), size
    )
    limit = max(0.045 * top, min(1.6 * rest, 0.2 * top))
    begin, end = _edges(speed, fast, limit, limit)
    if end - begin > WIDE * HERTZ:
        # ST and T may be steep too, as in ventricular beats: what goes on as before is no part of QRS.
        after = float(np.median(speed[fast[1] + round(0.025 * HERTZ) : fast[1] + round(0.085 * HERTZ)]))
        begin, end = _edges(speed, fast, max(limit, 0.08 * top), max(limit, min(1.5 * after, 0.25 * top)))
    # Smoothing has moved both edges outwards by the half of its window.
    return Span(begin + 2, max(end - 2, begin + 3))


def _run(fast: Ints, top: int, size: Floats) -> tuple[int, int]:
    """Return the first and last fast sample of the run that holds the fastest.

    Gaps belong to it where they are short, or where the line stays far from its level before QRS: the plateau of a left
    bundle branch block.
    """
    highest = float(size[fast[0] : fast[-1] + 1].max())
    gaps = np.diff(fast)
    apart = gaps > round(0.045 * HERTZ)
    for place in np.flatnonzero(apart & (gaps < round(0.1 * HERTZ))):
        apart[place] = float(size[fast[place] : fast[place + 1]].min()) < 0.5 * highest
    run = np.concatenate([[0], np.cumsum(apart)])
    same = fast[run == run[np.searchsorted(fast, top)]]
    return int(same[0]), int(same[-1])


def _edges(speed: Floats, fast: tuple[int, int], early: float, late: float) -> tuple[int, int]:
    """Return the last quiet sample before what is fast, and the first of some quiet time after it."""
    begin, end = fast
    quiet, still = round(0.008 * HERTZ), round(0.012 * HERTZ)
    while begin > quiet and (speed[begin - quiet : begin] > early).any():
        begin -= 1
    while end < len(speed) - still - 1 and (speed[end + 1 : end + 1 + still] > late).any():
        end += 1
    return begin, end
