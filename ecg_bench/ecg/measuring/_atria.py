"""What the atria do: P waves of single beats, P waves that go their own way, flutter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecg_bench.ecg.measuring._beats import Beats
from ecg_bench.ecg.measuring._median_beat import MedianBeat
from ecg_bench.ecg.measuring._prepare import HERTZ, Floats, Prepared, ricker, smoothed
from ecg_bench.ecg.measuring._waves import P_WIDTH, PWave

FLUTTER_RATES = (220.0, 350.0)  # a minute


@dataclass(frozen=True)
class Atria:
    """What is seen of the atria.

    Parameters
    ----------
    times : array
        Seconds of P waves' peaks, over the whole record, those within QRS or T included where they stand out.
    before : array, shape (beats,)
        Seconds from the last P wave's peak to each dominant QRS's onset; NaN where none stands before it.
    steadiness : float
        Share of dominant beats whose P wave is like the median beat's, 0 to 1; 0 without one there.
    flutter : float
        How alike the line outside QRS is to itself one flutter wave later, -1 to 1, at the likeliest rate.
    flutter_rate : float
        That rate, waves a minute.
    """

    times: Floats
    before: Floats
    steadiness: float
    flutter: float
    flutter_rate: float


def atria(record: Prepared, flat: Floats, beats: Beats, beat: MedianBeat, t_last: int, wave: PWave | None) -> Atria:
    """Return what is seen of the atria in a record on its baseline."""
    columns = record.independent
    middle = beat.middle
    onsets = beats.places + beat.qrs.begin - middle
    rest = _without_beats(flat, beats, beat, t_last)
    bumps = ricker(rest, P_WIDTH)[:, columns]
    if wave is not None:
        direction = wave.heights[columns]
    else:
        quiet = np.nan_to_num(bumps)
        _, _, rows = np.linalg.svd(quiet - quiet.mean(axis=0), full_matrices=False)
        two = record.columns("II")
        direction = rows[0] * (-1 if two and rows[0][columns.index(two[0])] < 0 else 1)
    direction = direction / max(float(np.linalg.norm(direction)), 1e-9)
    seen = bumps @ direction
    steadiness = _steadiness(seen, beats, wave, middle) if wave is not None else 0.0
    size = wave.size if wave is not None else float(np.percentile(seen, 97))
    from scipy.signal import find_peaks

    found, _ = find_peaks(seen, height=max(0.5 * size, 0.03), distance=round(0.25 * HERTZ))
    before = np.full(int(beats.dominant.sum()), np.nan)
    for number, onset in enumerate(onsets[beats.dominant]):
        earlier = found[(found < onset - 0.02 * HERTZ) & (found > onset - 0.6 * HERTZ)]
        if len(earlier):
            before[number] = (onset - earlier[-1]) / HERTZ
    likeness, rate = _flutter(record, flat, beats, beat, t_last)
    return Atria(found / HERTZ, before, steadiness, likeness, rate)


def _without_beats(flat: Floats, beats: Beats, beat: MedianBeat, t_last: int) -> Floats:
    """Return a record less its median beat from QRS to T's end; ectopic beats are blanked."""
    rest = flat.copy()
    begin = max(beat.qrs.begin - 6, 0)
    piece = beat.signal[begin : t_last + 10].copy()
    fade = np.minimum(np.arange(len(piece))[::-1] / 10, 1.0)
    piece *= fade[:, None]
    for place, dominant in zip(beats.places, beats.dominant, strict=True):
        start = int(place) - beat.middle + begin
        low, high = max(start, 0), min(start + len(piece), len(rest))
        if high <= low:
            continue
        if dominant:
            rest[low:high] -= piece[low - start : high - start]
        else:
            low, high = max(int(place) - 60, 0), min(int(place) + 210, len(rest))
            rest[low:high] = np.linspace(rest[low], rest[high - 1], high - low)
    return rest


def _steadiness(seen: Floats, beats: Beats, wave: PWave, middle: int) -> float:
    places = beats.places[beats.dominant] + wave.peak - middle
    places = places[(places > 10) & (places < len(seen) - 10)]
    if not len(places):
        return 0.0
    near = np.stack([seen[places + shift] for shift in range(-6, 7)]).max(axis=0)
    return float(((near > 0.5 * wave.size) & (near < 1.7 * wave.size)).mean())


def _flutter(record: Prepared, flat: Floats, beats: Beats, beat: MedianBeat, t_last: int) -> tuple[float, float]:
    """Return how alike the line outside QRS is to itself one wave later, and the rate at which it is most so."""
    columns = record.columns("II", "III", "aVF", "V1") or record.independent
    line = ricker(smoothed(flat[:, columns], 0.02), 0.03)
    outside = np.ones(len(line), dtype=bool)
    # Where there is room between T and QRS for a wave and a half, T is left out too: it is like no flutter wave.
    typical = float(np.median(np.diff(beats.places)))
    last = t_last if typical - (t_last - beat.qrs.begin) > 0.33 * HERTZ else beat.qrs.end + 8
    for place in beats.places - beat.middle:
        outside[max(place + beat.qrs.begin - 4, 0) : max(place + last + 1, 0)] = False
    lags = np.arange(round(60 / FLUTTER_RATES[1] * HERTZ), round(60 / FLUTTER_RATES[0] * HERTZ) + 1)
    alike = np.zeros(len(lags))
    for number, lag in enumerate(lags):
        both = outside[lag:] & outside[:-lag]
        later, earlier = line[lag:][both], line[:-lag][both]
        size = float(np.sqrt((later**2).sum() * (earlier**2).sum()))
        alike[number] = float((later * earlier).sum()) / size if size > 0 else 0.0
    best = int(np.argmax(alike))
    return float(alike[best]), float(60 * HERTZ / lags[best])
