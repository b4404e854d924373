"""From a spec to samples."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ecg_bench.ecg import LEADS, Ecg
from ecg_bench.ecg.synthesis._beats import Timeline, Times, timeline
from ecg_bench.ecg.synthesis._codes import codes_of
from ecg_bench.ecg.synthesis._spec import Spec
from ecg_bench.ecg.synthesis._truth import truth_of
from ecg_bench.ecg.synthesis._ventricles import dominant, ventricular
from ecg_bench.ecg.synthesis._waves import MADE, Floats, Waves, p_wave, seen

# Samples are multiples of this many millivolts, as a converter's are. It is a power of two, so that sums, differences
# and halves of leads are exact in float32, and Einthoven's law with them.
STEP = 2.0**-10
# Atrial waves of fibrillation and of flutter in each lead, in millivolts: both are seen best in V1, flutter in II too.
F_WAVES = np.array([0.008, 0.03, 0.075, 0.04, 0.02, 0.012, 0.01, 0.01])
FLUTTER = np.array([0.02, 0.24, -0.14, -0.06, -0.02, 0.02, 0.03, 0.03])
RETROGRADE = -0.9
SPIKE_S = 0.012  # before the QRS that it makes


def simulate(spec: Spec) -> Ecg:
    """Return the ECG that a spec describes; the same spec always gives the same samples.

    Parameters
    ----------
    spec : Spec
        What it shows.

    Returns
    -------
    Ecg
        Twelve leads in millivolts. III = II - I, aVR = -(I + II) / 2, aVL = I - II / 2 and aVF = II - I / 2 hold
        exactly. Its metadata hold ``spec``; ``codes``, the SCP codes that are true of it; ``truth``, what came of the
        spec; ``beats``, QRS onsets of every beat in seconds; and ``ectopic``, those of ventricular ectopic beats.
    """
    rng = np.random.default_rng(spec.seed)
    n = max(1, round(spec.seconds * spec.hertz))
    time = np.arange(n) / spec.hertz
    when = timeline(spec, rng)
    signal = np.zeros((n, len(MADE)))
    _put(signal, spec.hertz, when.beats, dominant(spec, rng))
    if len(when.pvc):
        _put(signal, spec.hertz, when.pvc, ventricular(spec, rng))
    _atria(signal, spec, when, time, rng)
    if spec.rhythm == "paced":
        _spikes(signal, spec, when.beats)
    _disturb(signal, spec, time, rng)
    beats = np.sort(np.concatenate([when.beats, when.pvc]))
    metadata = {
        "spec": spec,
        "codes": codes_of(spec),
        "truth": truth_of(spec),
        "beats": _within(beats, spec),
        "ectopic": _within(when.pvc, spec),
    }
    return Ecg(_twelve(signal), LEADS, spec.hertz, record=f"synthetic-{spec.seed}", metadata=metadata)


def simulate_many(specs: Iterable[Spec]) -> list[Ecg]:
    """Return the ECG of each spec."""
    return [simulate(spec) for spec in specs]


def _within(times: Times, spec: Spec) -> tuple[float, ...]:
    return tuple(round(float(time), 6) for time in times if 0 <= time < spec.seconds)


def _put(signal: Floats, hertz: float, onsets: Times, waves: Waves) -> None:
    """Add waves at each onset. All beats are reckoned at once, each at its own fraction of a sample."""
    if not len(onsets):
        return
    n = len(signal)
    first = np.ceil((onsets + waves.times[:, 0].min()) * hertz).astype(int)
    length = int((waves.times[:, 3].max() - waves.times[:, 0].min()) * hertz) + 2
    kept = (first < n) & (first + length > 0)
    onsets, first = onsets[kept], first[kept]
    time = (first[:, None] + np.arange(length)) / hertz - onsets[:, None]
    begin, risen, falling, end = waves.times.T
    near = np.minimum((time[..., None] - begin) / (risen - begin), (end - time[..., None]) / (end - falling))
    values = np.sin(np.clip(near, 0.0, 1.0) * (np.pi / 2)) ** 2 @ waves.heights
    for start, value in zip(first, values, strict=True):
        low, high = max(start, 0), min(start + length, n)
        signal[low:high] += value[low - start : high - start]


def _atria(signal: Floats, spec: Spec, when: Timeline, time: Floats, rng: np.random.Generator) -> None:
    height = float(rng.uniform(0.8, 1.25))
    _put(signal, spec.hertz, when.p, p_wave(spec).scaled(height))
    _put(signal, spec.hertz, when.ectopic_p, p_wave(spec, ectopic=True).scaled(height))
    backward = p_wave(spec, longest=0.08).scaled(RETROGRADE * height)
    if spec.rhythm == "junctional":
        _put(signal, spec.hertz, when.beats - 0.095, backward)
    if spec.rhythm == "svt":
        _put(signal, spec.hertz, when.beats + truth_of(spec).qrs_ms / 1000 + 0.02, backward.scaled(0.7))
    if spec.rhythm == "afib":
        signal += _fibrillation(time, rng)[:, None] * (F_WAVES * height)
    if when.flutter:
        signal += _saw(time / when.flutter)[:, None] * (FLUTTER * height)


def _fibrillation(time: Floats, rng: np.random.Generator) -> Floats:
    """Return f waves of about 1 rms: oscillations of 5 to 8 Hz whose height and pace wander."""
    found = np.zeros(len(time))
    for hertz in rng.uniform(5.0, 8.0, size=4):
        sway = rng.uniform(0.2, 0.7)
        phase = 2 * np.pi * (hertz * time + rng.random()) + 1.5 * np.sin(2 * np.pi * (sway * time + rng.random()))
        found += np.sin(phase) * (0.6 + 0.4 * np.sin(2 * np.pi * (sway * 1.3 * time + rng.random())))
    return found


def _saw(cycles: Floats) -> Floats:
    """Return flutter waves from -0.5 to 0.5: a slow way down and a quick one up."""
    place = cycles % 1.0
    down = 1 - (place / 0.74) ** 1.2
    up = np.sin(np.clip((place - 0.74) / 0.26, 0, 1) * (np.pi / 2)) ** 2
    return np.where(place < 0.74, down, up) - 0.5


def _spikes(signal: Floats, spec: Spec, beats: Times) -> None:
    """Add the pacemaker's spikes, one sample wide."""
    places = np.round((beats - SPIKE_S) * spec.hertz).astype(int)
    places = places[(places >= 0) & (places < len(signal))]
    signal[places] += seen(1.0, -70.0, 0.6, -0.6)


def _disturb(signal: Floats, spec: Spec, time: Floats, rng: np.random.Generator) -> None:
    if spec.wander_mv:
        for lead in range(signal.shape[1]):
            slow = rng.uniform(0.1, 0.4)
            signal[:, lead] += spec.wander_mv * np.sin(2 * np.pi * (slow * time + rng.random()))
    if spec.noise_mv:
        signal += spec.noise_mv * rng.standard_normal(signal.shape, dtype=np.float32)


def _twelve(signal: Floats) -> NDArray[np.float32]:
    """Return all twelve leads of the eight that were made."""
    made = (np.round(signal / STEP) * STEP).astype(np.float32)
    one, two = made[:, 0], made[:, 1]
    limb = np.stack([one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2], axis=1)
    return np.concatenate([limb, made[:, 2:]], axis=1)
