"""Where the beats are, which of them look alike, and their median."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ecg_bench.ecg.measuring._prepare import HERTZ, Floats, Prepared, high_passed, smoothed

Ints = NDArray[np.intp]
BEFORE, AFTER = 0.06, 0.10  # seconds around the middle of a QRS that its shape is compared over
ALIKE = 0.85
REFRACTORY = 0.2
SOUGHT = 0.18  # share of the usual height from which a beat counts in a pause; P waves stay below


@dataclass(frozen=True)
class Beats:
    """The beats of a record.

    Parameters
    ----------
    places : array, shape (beats,)
        Samples of the middles of QRS complexes, aligned within their group.
    dominant : array of bool, shape (beats,)
        Which look like most others.
    likeness : array, shape (beats,)
        Correlation of each with the dominant ones' median, over all leads.
    """

    places: Ints
    dominant: NDArray[np.bool_]
    likeness: Floats


def find_beats(record: Prepared) -> Beats | None:
    """Return the beats; None where fewer than two are found.

    QRS complexes are the peaks of the spatial velocity's energy in the band of the QRS (after Pan and Tompkins, 1985,
    on all leads at once).
    """
    signal = record.signal[:, record.independent]
    # A difference over 8 ms less its own slower part: the band of a QRS, about 6 to 35 Hz.
    velocity = smoothed(signal, 0.016)
    velocity = np.gradient(velocity - smoothed(smoothed(velocity, 0.1), 0.1), axis=0)
    energy = np.sqrt(smoothed((velocity**2).sum(axis=1, keepdims=True), 0.09)[:, 0])
    places = _peaks(energy)
    if len(places) < 2:
        return None
    flat = high_passed(record.signal)
    return _grouped(flat, record.independent, places)


def _peaks(energy: Floats) -> Ints:
    from scipy.signal import find_peaks

    gap = round(REFRACTORY * HERTZ)
    found: Ints = find_peaks(energy, distance=gap)[0]
    if not len(found):
        return found
    heights = energy[found]
    # The largest within each two seconds, so that one artefact doesn't hide all beats.
    window = round(2 * HERTZ)
    largest = np.array([energy[start : start + window].max() for start in range(0, max(len(energy) - gap, 1), window)])
    level = float(np.median(largest))
    floor = float(np.median(energy))
    kept = found[heights > max(0.35 * level, floor + 0.2 * (level - floor))]
    # A T wave: soon after a beat, and much slower.
    good: list[int] = []
    for place in kept:
        if good and place - good[-1] < 0.36 * HERTZ and energy[place] < 0.55 * energy[good[-1]]:
            continue
        good.append(int(place))
    return _searched_back(np.array(good, dtype=np.intp), found, energy, level)


def _searched_back(places: Ints, every: Ints, energy: Floats, level: float) -> Ints:
    """Add weaker beats in long pauses, as Pan and Tompkins do: slow ectopic beats are among them."""
    if len(places) < 3:
        return places
    typical = float(np.median(np.diff(places)))
    added = []
    for first, second in pairwise(places):
        if second - first < 1.5 * typical:
            continue
        inside = every[(every > first + 0.36 * HERTZ) & (every < second - 0.3 * HERTZ)]
        inside = inside[energy[inside] > SOUGHT * level]
        if len(inside):
            added.append(int(inside[np.argmax(energy[inside])]))
    return np.sort(np.concatenate([places, np.array(added, dtype=np.intp)]))


def segments(signal: Floats, places: Ints, before: float, after: float) -> Floats:
    """Return the pieces around places, shape (places, samples, leads); NaN beyond the record's ends."""
    offsets = np.arange(-round(before * HERTZ), round(after * HERTZ) + 1)
    index = places[:, None] + offsets
    outside = (index < 0) | (index >= len(signal))
    found: Floats = signal[np.clip(index, 0, len(signal) - 1)]
    found[outside] = np.nan
    return found


def _shapes(signal: Floats, places: Ints) -> Floats:
    pieces = np.nan_to_num(segments(signal, places, BEFORE, AFTER))
    pieces = pieces - pieces.mean(axis=1, keepdims=True)
    flat = pieces.reshape(len(places), -1)
    size = np.linalg.norm(flat, axis=1, keepdims=True)
    found: Floats = flat / np.maximum(size, 1e-9)
    return found


def _grouped(flat: Floats, columns: list[int], places: Ints) -> Beats:
    signal = flat[:, columns]
    shapes = _shapes(signal, places)
    alike = shapes @ shapes.T > ALIKE
    # Ends are cut off by the record's ends; they follow, never lead.
    inside = (places > BEFORE * HERTZ) & (places < len(signal) - AFTER * HERTZ)
    leader = int(np.argmax(alike.sum(axis=1) * inside))
    for _ in range(2):
        template = np.median(shapes[alike[leader]], axis=0)
        places = _aligned(signal, places, template)
        shapes = _shapes(signal, places)
        likeness = shapes @ (template / max(float(np.linalg.norm(template)), 1e-9))
        # Noise can make every beat unlike what they have in common: then the half that is most like it.
        alike[leader] = likeness > ALIKE if (likeness > ALIKE).any() else likeness >= np.median(likeness)
    return Beats(places, alike[leader], likeness)


def _aligned(signal: Floats, places: Ints, template: Floats) -> Ints:
    """Move each place by up to 40 ms to where the record is most like the template."""
    reach = round(0.04 * HERTZ)
    shifts = np.arange(-reach, reach + 1)
    pieces = np.nan_to_num(segments(signal, places, BEFORE + 0.04, AFTER + 0.04))
    length = pieces.shape[1] - 2 * reach
    shape = template.reshape(length, -1)
    fits = np.stack([np.einsum("bsl,sl->b", pieces[:, reach + s : reach + s + length], shape) for s in shifts], axis=1)
    found: Ints = places + shifts[np.argmax(fits, axis=1)]
    return found
