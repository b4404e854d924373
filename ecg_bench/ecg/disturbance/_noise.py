"""Noise as electrodes pick it up.

Each kind is drawn for the nine electrodes of a 12-lead ECG, and the leads are formed from them as a machine does it:
limb leads as differences of the limb electrodes, chest leads against the mean of those. So noise obeys Einthoven's law
as real noise does, and the same electrode disturbs every lead that it is part of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ecg_bench.ecg import CHEST

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int, float], Floats]

_ELECTRODES = ("RA", "LA", "LL", *CHEST)
_THIRD = 1 / 3
_LIMBS = {
    "I": (-1.0, 1.0, 0.0),
    "II": (-1.0, 0.0, 1.0),
    "III": (0.0, -1.0, 1.0),
    "aVR": (1.0, -0.5, -0.5),
    "aVL": (-0.5, 1.0, -0.5),
    "aVF": (-0.5, -0.5, 1.0),
}


def lead_matrix(leads: Sequence[str]) -> Floats:
    """Return what turns the potentials of electrodes into leads, shape (electrodes, leads)."""
    matrix = np.zeros((len(_ELECTRODES), len(leads)))
    for column, name in enumerate(leads):
        bare = name.removeprefix("-")
        if bare in _LIMBS:
            matrix[:3, column] = _LIMBS[bare]
        else:
            matrix[:3, column] = -_THIRD
            matrix[_ELECTRODES.index(bare), column] = 1
        if name != bare:
            matrix[:, column] *= -1
    return matrix


def _shaped(rng: np.random.Generator, samples: int, rate: float, low: float, high: float) -> Floats:
    """Return Gaussian noise of the frequencies from `low` to `high` Hz, shape (samples, electrodes)."""
    # A record shorter than a period of the lowest frequency is cut from a longer one.
    length = max(samples, int(np.ceil(2 * rate / low)))
    spectrum = np.fft.rfft(rng.standard_normal((length, len(_ELECTRODES))), axis=0)
    frequencies = np.fft.rfftfreq(length, 1 / rate)
    spectrum[(frequencies < low) | (frequencies > high)] = 0
    noise: Floats = np.fft.irfft(spectrum, length, axis=0)[:samples]
    return noise


def _white(rng: np.random.Generator, samples: int, _rate: float) -> Floats:
    return rng.standard_normal((samples, len(_ELECTRODES)))


def _wander(rng: np.random.Generator, samples: int, rate: float) -> Floats:
    """Return baseline wander, 0.05 to 0.5 Hz: breathing and movement, in part common to the electrodes of the chest."""
    noise = _shaped(rng, samples, rate, 0.05, 0.5)
    breath = 2 * np.pi * rng.uniform(0.15, 0.4) * np.arange(samples) / rate + rng.uniform(0, 2 * np.pi)
    spread = float(noise.std()) or 1.0
    wander: Floats = noise + spread * np.sin(breath)[:, None] * rng.uniform(0.3, 1.5, len(_ELECTRODES))
    return wander


def _muscle(rng: np.random.Generator, samples: int, rate: float) -> Floats:
    """Return the noise of muscles, 20 to 150 Hz as far as the rate holds it, which swells and fades."""
    low = min(20.0, 0.2 * rate)
    noise = _shaped(rng, samples, rate, low, 150.0)
    swell = np.exp(1.5 * _shaped(rng, samples, rate, 0.2, 2.0) / _deviation(rate, 0.2, 2.0))
    return noise * swell


def _deviation(rate: float, low: float, high: float) -> float:
    """Return the standard deviation of `_shaped` noise: white noise keeps the share of its power in the band."""
    return float(np.sqrt(min(1.0, 2 * (min(high, rate / 2) - low) / rate)))


def _mains(hertz: float) -> Draw:
    def draw(rng: np.random.Generator, samples: int, rate: float) -> Floats:
        # One mains, so one phase but for what the lines differ in; its amplitude goes up and down by a few per cent.
        time = np.arange(samples) / rate
        phase = rng.uniform(0, 2 * np.pi) + rng.normal(0, 0.2, len(_ELECTRODES))
        drift = 1 + 0.05 * np.sin(2 * np.pi * 0.2 * time + rng.uniform(0, 2 * np.pi))[:, None]
        amplitude = rng.uniform(0.2, 1.0, len(_ELECTRODES))
        return drift * amplitude * np.sin(2 * np.pi * hertz * time[:, None] + phase)

    return draw


def _motion(rng: np.random.Generator, samples: int, rate: float) -> Floats:
    """Return the motion of electrodes: now and then one is pulled, and its potential jumps and settles."""
    time = np.arange(samples) / rate
    noise = np.zeros((samples, len(_ELECTRODES)))
    pulls = 1 + rng.poisson(samples / rate / 2.5)
    for _ in range(pulls):
        since = time - rng.uniform(0, samples / rate)
        rise, settle = rng.uniform(0.02, 0.15), rng.uniform(0.2, 0.8)
        shape = np.where(since >= 0, (1 - np.exp(-np.abs(since) / rise)) * np.exp(-np.abs(since) / settle), 0)
        noise[:, rng.integers(len(_ELECTRODES))] += rng.choice([-1, 1]) * rng.uniform(0.5, 2.0) * shape
    return noise + 0.1 * _shaped(rng, samples, rate, 1.0, 10.0)


NOISES: dict[str, Draw] = {
    "wander": _wander,
    "muscle": _muscle,
    "mains": _mains(50.0),
    "mains60": _mains(60.0),
    "motion": _motion,
    "white": _white,
}
LOWEST_RATE = {"mains": 100.0, "mains60": 120.0}
