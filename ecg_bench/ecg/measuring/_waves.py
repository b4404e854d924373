"""The waves of the median beat: where P and T begin and end, and how high all waves are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ecg_bench.ecg.measuring._median_beat import MedianBeat, Span
from ecg_bench.ecg.measuring._prepare import HERTZ, Floats, ricker, smoothed

P_WIDTH = 0.022  # seconds: half-width of the bump that P waves are looked for with
_TAIL = 4  # samples at the end of QRS


def t_end(beat: MedianBeat, rr: float) -> tuple[int | None, int]:
    """Return the end of T in the median beat (None where no T stands out) and the last sample it was looked for in.

    In each lead the tangent at the steepest point of T's last limb meets the baseline at its end (Lepeschkin and
    Surawicz, 1952); of the leads with a T of some height, the median.
    """
    begin = beat.qrs.end + round(0.05 * HERTZ)
    reach = min(0.66 * np.sqrt(rr), rr - 0.06)
    last = min(beat.qrs.begin + round(reach * HERTZ), len(beat.signal) - 2)
    if last - begin < round(0.08 * HERTZ):
        return None, last
    smooth = smoothed(smoothed(beat.signal, 0.02), 0.02)
    window = smooth[begin:last]
    # Where a slope goes on to the window's end the level there is no baseline; the one before QRS is.
    heights = np.abs(window).max(axis=0)
    slopes = np.gradient(smooth, axis=0)
    ends = []
    for lead in np.flatnonzero(heights > max(0.08, 8 * beat.noise, 0.35 * float(heights.max()))):
        peak = begin + int(np.argmax(np.abs(window[:, lead])))
        sign = np.sign(smooth[peak, lead])
        limb = -sign * slopes[peak:last, lead]
        if len(limb) < 5:
            continue
        steep = peak + int(np.argmax(limb))
        slope = slopes[steep, lead]
        if slope * sign >= 0:
            continue
        ends.append(steep - smooth[steep, lead] / slope)
    if not ends:
        return None, last
    return int(min(np.median(ends), len(beat.signal) - 1)), last


class PWave(NamedTuple):
    """A P wave of the median beat: its span, and its height in each lead in millivolts."""

    span: Span
    peak: int
    heights: Floats
    size: float


def p_wave(beat: MedianBeat, columns: list[int], earliest: int) -> PWave | None:
    """Return the P wave before QRS in the median beat, if a bump stands out there.

    Parameters
    ----------
    columns : list of int
        Independent leads.
    earliest : int
        Where it may begin: after the T wave of the beat before.
    """
    onset = beat.qrs.begin
    earliest = max(earliest, onset - round(0.36 * HERTZ), 0)
    if onset - earliest < round(0.07 * HERTZ):
        return None
    bumps = ricker(beat.signal[earliest:onset], P_WIDTH)
    space = np.linalg.norm(bumps[:, columns], axis=1)
    inner = space[: len(space) - round(0.03 * HERTZ)]
    if len(inner) < 3:
        return None
    peak = int(np.argmax(inner))
    if peak in (0, len(inner) - 1) and len(inner) > 20:
        # A slope at the edge, such as the end of T, is no wave: the next peak is looked for inside.
        inside = inner[1:-1]
        tops = np.flatnonzero((inside > inner[:-2]) & (inside >= inner[2:])) + 1
        if not len(tops):
            return None
        peak = int(tops[np.argmax(inner[tops])])
    size = float(inner[peak])
    if size < max(0.045 * np.sqrt(len(columns)) / np.sqrt(8), 6 * beat.noise):
        return None
    span = _p_span(beat.signal[earliest:onset][:, columns], peak, bumps[peak, columns])
    top = earliest + peak
    return PWave(Span(earliest + span.begin, earliest + span.end), top, bumps[peak], size)


def _p_span(piece: Floats, peak: int, heights: Floats) -> Span:
    """Return where a P wave begins and ends, seen along the direction in which it is highest."""
    direction = heights / max(float(np.linalg.norm(heights)), 1e-9)
    wave = smoothed(smoothed((piece @ direction)[:, None], 0.012), 0.012)[:, 0]
    reach = round(0.09 * HERTZ)
    low, high = max(peak - reach, 0), min(peak + reach, len(wave) - 1)
    # The line between the lowest points on both sides: P often rides on the end of T.
    left = low + int(np.argmin(wave[low : peak + 1]))
    right = peak + int(np.argmin(wave[peak : high + 1]))
    line = np.interp(np.arange(len(wave)), [left, right], [wave[left], wave[right]])
    above = wave - line
    limit = 0.08 * float(above[peak])
    begin = peak
    while begin > left and above[begin - 1] > limit:
        begin -= 1
    end = peak
    while end < right and above[end + 1] > limit:
        end += 1
    return Span(begin, end)


class LeadWaves(NamedTuple):
    """Heights of the waves in one lead, in millivolts, from the level before QRS.

    ``q`` (at most 0), ``r``, ``s`` (at most 0) are those of the first negative, the highest positive and the lowest
    negative deflection after it; ``r2`` is a second R after S; ``q_ms`` is how long Q lasts. ``st`` is measured at the
    J point and 40 ms after it, their mean; ``t`` is T's greatest deflection, ``t_low`` its lowest and ``p`` P's.
    """

    q: float
    q_ms: float
    r: float
    s: float
    r2: float
    st: float
    t: float
    p: float


def lead_waves(beat: MedianBeat, lead: int, t_last: int | None, p: PWave | None) -> LeadWaves:
    """Return the heights of the waves in one lead."""
    wave = beat.signal[:, lead]
    qrs = wave[beat.qrs.begin : beat.qrs.end + 1]
    small = max(0.03, 5 * beat.noise)
    # What is highest or lowest at the very end is the level of ST, no wave.
    body = qrs[:-_TAIL] if len(qrs) > 2 * _TAIL else qrs
    r = max(float(body.max()), 0.0)
    if r < small:  # nothing but a QS
        low = float(qrs.min())
        q, q_ms, s, r2, r = low, len(qrs) / HERTZ * 1000, 0.0, 0.0, 0.0
    else:
        first = np.flatnonzero(body > small)
        before = qrs[: first[0]] if len(first) else qrs[:0]
        q = min(float(before.min()), 0.0) if len(before) else 0.0
        q_ms = 0.0
        if q < -small:
            q_ms = (int(np.flatnonzero(before < -0.2 * small)[-1]) + 1) / HERTZ * 1000
        else:
            q = 0.0
        after = qrs[first[0] :]
        bottom = int(np.argmin(after))
        s = min(float(after[bottom]), 0.0) if bottom < len(after) - _TAIL else 0.0
        r2 = 0.0
        if s < -small:
            earlier, later = after[: bottom + 1], after[bottom:-_TAIL]
            r = max(float(earlier.max()), 0.0)
            second = float(later.max(initial=0.0))
            r2 = second if second > max(small, float(qrs[-1]) + small) else 0.0
    j = min(beat.qrs.end, len(wave) - 1)
    late = min(j + round(0.04 * HERTZ), len(wave) - 1)
    st = float(np.mean([wave[max(j - 1, 0) : j + 2].mean(), wave[late - 1 : late + 2].mean()]))
    t = 0.0
    if t_last is not None and t_last > late + 5:
        piece = smoothed(wave[late : t_last + 1][:, None], 0.02)[:, 0]
        t = float(piece[np.argmax(np.abs(piece))])
    return LeadWaves(q, q_ms, r, s, r2, st, t, float(p.heights[lead]) if p else 0.0)
