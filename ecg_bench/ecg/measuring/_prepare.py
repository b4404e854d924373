"""From a record to what is measured on: 500 samples a second, gaps filled, pacemaker spikes taken out."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ecg_bench.ecg import Ecg

Floats = NDArray[np.float64]
HERTZ = 500.0
SPIKE_MV = 0.3  # a spike leaves the line and comes back within two samples, by more than this in space
SPIKE_HERTZ = 250.0  # at lower rates an R wave does the same


@dataclass(frozen=True)
class Prepared:
    """A record to be measured.

    Parameters
    ----------
    signal : array, shape (samples, leads)
        Millivolts at `HERTZ`, without pacemaker spikes, no NaN.
    leads : tuple of str
        The leads that hold a signal.
    spikes : array
        Seconds of pacemaker spikes; empty also where the sampling rate can't show them.
    """

    signal: Floats
    leads: tuple[str, ...]
    spikes: Floats

    def columns(self, *names: str) -> list[int]:
        """Return the places of these leads, of those that are there."""
        return [self.leads.index(name) for name in names if name in self.leads]

    @property
    def independent(self) -> list[int]:
        """The places of leads that don't follow from others: four limb leads do, from I and II."""
        derived = {"III", "aVR", "aVL", "aVF"} if {"I", "II"} <= set(self.leads) else set()
        return [place for place, name in enumerate(self.leads) if name not in derived]


def prepare(ecg: Ecg) -> Prepared | None:
    """Return a record to be measured; None where no lead holds a signal for two seconds."""
    signal = np.asarray(ecg.signal, dtype=np.float64)
    finite = np.isfinite(signal)
    filled = np.where(finite, signal, 0.0)
    spread = np.array([np.ptp(column[ok]) if ok.any() else 0.0 for column, ok in zip(filled.T, finite.T, strict=True)])
    kept = np.flatnonzero((finite.mean(axis=0) > 0.8) & (spread > 1e-3))
    if not len(kept) or ecg.duration < 2.0:
        return None
    places = np.arange(len(signal))
    # An upside-down lead is measured the right way up.
    columns = [
        np.interp(places, places[finite[:, k]], filled[finite[:, k], k]) * (-1 if ecg.leads[k].startswith("-") else 1)
        for k in kept
    ]
    leads = tuple(ecg.leads[k].removeprefix("-") for k in kept)
    clean, spikes = _without_spikes(np.stack(columns, axis=1), ecg.rate)
    return Prepared(_resampled(clean, ecg.rate), leads, spikes)


def _without_spikes(signal: Floats, rate: float) -> tuple[Floats, Floats]:
    if rate < SPIKE_HERTZ or len(signal) < 3:
        return signal, np.empty(0)
    step = np.diff(signal, axis=0)
    # The spatial step out and the one back, where they are opposite.
    back = -np.sum(step[:-1] * step[1:], axis=1)
    size = np.sqrt(np.maximum(back, 0.0))
    found = np.flatnonzero(size > max(SPIKE_MV, 3 * float(np.percentile(size, 99)))) + 1
    if not len(found):
        return signal, np.empty(0)
    near = np.unique(np.clip(found[:, None] + np.arange(-1, 2), 0, len(signal) - 1))
    good = np.setdiff1d(np.arange(len(signal)), near)
    clean = signal.copy()
    for column in clean.T:
        column[near] = np.interp(near, good, column[good])
    first = found[np.diff(found, prepend=-1000) > 0.1 * rate]
    return clean, first / rate


def _resampled(signal: Floats, rate: float) -> Floats:
    if rate == HERTZ:
        return signal
    from scipy.signal import resample_poly

    ratio = Fraction(HERTZ / rate).limit_denominator(1000)
    found: Floats = resample_poly(signal, ratio.numerator, ratio.denominator, axis=0, padtype="line")
    return found


def smoothed(signal: Floats, seconds: float) -> Floats:
    """Return a moving mean along the first axis, with the ends held; the window has an odd number of samples."""
    half = max(round(seconds * HERTZ / 2), 0)
    if not half:
        return signal
    wide = np.concatenate([np.repeat(signal[:1], half + 1, axis=0), signal, np.repeat(signal[-1:], half, axis=0)])
    total = np.cumsum(wide, axis=0)
    found: Floats = (total[2 * half + 1 :] - total[: -2 * half - 1]) / (2 * half + 1)
    return found


def high_passed(signal: Floats) -> Floats:
    """Return a signal without its slow baseline: less two moving means of 0.6 s, whose first zero lies near 1.7 Hz."""
    return signal - smoothed(smoothed(signal, 0.6), 0.6)


def ricker(signal: Floats, width: float) -> Floats:
    """Return how much of a bump of this half-width (seconds) stands at each sample, in the signal's unit.

    A bump less the mean of its surroundings, so that a slope or a level gives nothing: Ricker's wavelet.
    """
    n = round(4 * width * HERTZ)
    place = np.arange(-n, n + 1) / HERTZ / width
    wave = (1 - place**2) * np.exp(-(place**2) / 2)
    wave -= wave.mean()
    bump = np.exp(-(place**2) / 2)
    wave /= float(wave @ bump)
    wide = np.concatenate([np.repeat(signal[:1], n, axis=0), signal, np.repeat(signal[-1:], n, axis=0)])
    return np.stack([np.convolve(column, wave, mode="valid") for column in wide.T], axis=1)
