"""The waves of a beat: what each lead sees of P, QRS, ST and T.

A wave is a sum of bumps in time. The limb electrodes see a dipole in the frontal plane, the chest electrodes one in the
horizontal plane; both turn and grow in step. Only I, II and V1 to V6 are made: Einthoven gives the other limb leads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecg_bench.ecg.synthesis._spec import Spec
from ecg_bench.ecg.synthesis._truth import Truth, truth_of

Floats = NDArray[np.float64]
MADE = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")

# What the chest leads see of a vector (left, anterior), after the transform of Dower et al. (1980), vertical part left
# out.
_CHEST = np.array([[-0.515, 0.917], [0.044, 1.387], [0.882, 1.277], [1.213, 0.601], [1.125, 0.086], [0.831, -0.230]])
# A bump falls to 8 % where its tangent meets the baseline, at this share of its falling half: that is its end.
_TANGENT = 2 * (0.75 + 0.5 / np.pi) - 1


@dataclass(frozen=True)
class Waves:
    """Bumps and what each lead sees of them.

    Parameters
    ----------
    times : array, shape (bumps, 4)
        Seconds from the onset: begin, full height from, to, end.
    heights : array, shape (bumps, 8)
        Millivolts in I, II and V1 to V6.
    """

    times: Floats
    heights: Floats

    def joined(self, other: Waves) -> Waves:
        """Return these bumps and others."""
        return Waves(np.concatenate([self.times, other.times]), np.concatenate([self.heights, other.heights]))

    def scaled(self, factor: float) -> Waves:
        """Return the same bumps with other heights."""
        return Waves(self.times, self.heights * factor)


def seen(size: float, degrees: float, left: float, front: float) -> Floats:
    """Return what the eight leads see of a frontal dipole (millivolts, degrees) and a horizontal one (left, front)."""
    angle = np.deg2rad(degrees)
    return np.array([size * np.cos(angle), size * np.cos(angle - np.pi / 3), *(_CHEST @ np.array([left, front]))])


def bumps(rows: list[tuple[float, float, float, Floats]]) -> Waves:
    """Return waves of single peaks: begin, peak, end and heights."""
    return Waves(np.array([(a, p, p, b) for a, p, b, _ in rows]), np.array([heights for *_, heights in rows]))


def p_wave(spec: Spec, *, ectopic: bool = False, scale: float = 1.0) -> Waves:
    """Return a P wave from its onset: the right atrium, then the left one."""
    pr = spec.pr_ms / 1000
    length = min(0.1, max(0.06, pr - 0.03))
    pad = 0.06 * length  # a bump's first part is too low to be seen
    right, left = (10.0, -30.0) if ectopic else (68.0, 40.0)
    waves = bumps(
        [
            (-pad, 0.38 * length, 0.75 * length, seen(0.09, right, 0.03, 0.055)),
            (0.25 * length, 0.62 * length, length + pad, seen(0.09, left, 0.05, -0.045)),
        ]
    )
    return waves.scaled(scale)


def dominant(spec: Spec, rng: np.random.Generator) -> Waves:
    """Return QRS, ST and T of a record's dominant beats from the QRS onset, with a little of one heart in it."""
    truth = truth_of(spec)
    size = rng.uniform(0.85, 1.15)
    kind = {"vt": "ventricular", "paced": "lbbb"}.get(spec.rhythm, spec.block)
    qrs = _turned(_qrs(kind, spec, rng), truth.axis, truth.qrs_ms / 1000).scaled(size)
    return _repolarised(spec, truth, qrs, kind, size)


def ventricular(spec: Spec, rng: np.random.Generator) -> Waves:
    """Return a ventricular ectopic beat: wide, tall, its T wave against the QRS."""
    length = 0.15
    right = bool(rng.integers(2))
    axis = float(rng.choice([-75.0, 100.0]))
    qrs = _turned(_ectopic_rows(right=right), axis, length).scaled(1.25)
    truth = truth_of(spec)
    return qrs.joined(_discordant(qrs, length, max(truth.qt_ms / 1000 + 0.03, length + 0.2), 0.4))


Row = tuple[float, float, float, float, float, float, float]
# begin, peak, end in shares of the QRS; frontal size and angle from the axis; left and front.


def _qrs(kind: str, spec: Spec, rng: np.random.Generator) -> list[Row]:
    if kind == "ventricular":
        return _ectopic_rows(right=bool(rng.integers(2)))
    if kind == "lbbb":
        return [
            (0.0, 0.10, 0.25, 0.08, 10, 0.05, 0.10),
            (0.0, 0.36, 0.68, 0.75, 5, 0.85, -0.75),
            (0.34, 0.66, 1.0, 0.70, -5, 0.85, -0.60),
        ]
    if kind == "rbbb":
        return [
            (0.0, 0.10, 0.24, 0.14, 170, -0.14, 0.24),
            (0.07, 0.29, 0.52, 0.95, 0, 1.1, -0.40),
            (0.42, 0.70, 1.0, 0.45, -160, -0.55, 0.65),
        ]
    if kind == "ivcd":
        return [
            (0.0, 0.15, 0.32, 0.10, 165, -0.10, 0.22),
            (0.12, 0.42, 0.66, 0.70, 5, 0.80, -0.35),
            (0.40, 0.72, 1.0, 0.45, -10, 0.35, -0.60),
        ]
    if kind in ("lafb", "lpfb"):
        return [
            (0.0, 0.16, 0.36, 0.28, 180, -0.08, 0.25),
            (0.18, 0.50, 0.84, 1.0, 0, 1.0, -0.40),
            (0.52, 0.80, 1.0, 0.25, 0, -0.30, -0.45),
        ]
    if spec.hypertrophy == "right":
        return [
            (0.0, 0.18, 0.36, 0.12, 170, 0.10, 0.20),
            (0.14, 0.46, 0.80, 1.0, 0, -0.10, 0.85),
            (0.52, 0.78, 1.0, 0.35, 20, -0.65, -0.25),
        ]
    tall = 1.75 if spec.hypertrophy == "left" else 1.0
    return [
        (0.0, 0.16, 0.34, 0.13, 165, -0.12, 0.25),
        (0.14, 0.46, 0.80, 1.05 * (1 + (tall - 1) * 0.6), 0, 1.2 * tall, -0.45 * tall),
        (0.52, 0.76, 1.0, 0.22, -140, -0.25, -0.50 * tall),
    ]


def _ectopic_rows(*, right: bool) -> list[Row]:
    """Return a beat that begins in a ventricle: in the right one it looks like LBBB, in the left one like RBBB."""
    sign = 1.0 if right else -0.75
    return [
        (0.0, 0.34, 0.72, 0.80, 8, 0.70 * sign, -0.85 * sign),
        (0.30, 0.62, 1.0, 0.60, -10, 0.60 * sign, -0.70 * sign),
    ]


def _turned(rows: list[Row], axis: float, length: float) -> Waves:
    """Return a QRS whose net frontal area points along the axis."""
    pad = 0.02 * length
    areas = np.array([(end - begin) * size for begin, _, end, size, *_ in rows])
    angles = np.deg2rad([row[4] for row in rows])
    net = np.rad2deg(np.arctan2(areas @ np.sin(angles), areas @ np.cos(angles)))
    made = []
    for begin, peak, end, size, angle, left, front in rows:
        first = begin * length - (pad if begin == 0 else 0)
        last = end * length + (pad if end == 1 else 0)
        made.append((first, peak * length, last, seen(size, axis + angle - net, left, front)))
    return bumps(made)


def _discordant(qrs: Waves, length: float, qt: float, share: float) -> Waves:
    """Return ST and T against the QRS, as secondary to its width."""
    times = qrs.times
    area = ((times[:, 3] - times[:, 0] + times[:, 2] - times[:, 1]) / 2) @ qrs.heights
    heights = -share * area / (0.5 * length)
    return _st(length, qt, 0.3 * heights).joined(_t(length, qt, heights))


def _st(length: float, qt: float, heights: Floats) -> Waves:
    """Return a shift of the ST segment that goes over into the T wave."""
    peak = qt - 0.36 * (qt - length)
    return Waves(np.array([(0.7 * length, length, peak, qt)]), heights[None])


def _t(length: float, qt: float, heights: Floats) -> Waves:
    peak = qt - 0.36 * (qt - length)
    begin = length + 0.22 * (qt - length)
    return bumps([(begin, peak, peak + (qt - peak) / _TANGENT, heights)])


_LEFT_STRAIN = np.array([-0.10, -0.03, 0.12, 0.15, 0.05, -0.05, -0.12, -0.12])
# Shift of each lead for 1 mV in a territory; Einthoven makes III, aVR, aVL and aVF of it, so that reciprocal shifts are
# consistent.
SHIFT = {
    "inferior": np.array([-0.30, 0.70, -0.05, -0.25, -0.20, -0.05, 0.05, 0.10]),
    "anterior": np.array([0.15, -0.20, 0.35, 0.85, 1.0, 0.9, 0.5, 0.2]),
    "lateral": np.array([0.75, 0.10, -0.25, -0.15, 0.10, 0.5, 1.0, 0.9]),
    "septal": np.array([0.0, -0.15, 0.9, 1.0, 0.5, 0.15, 0.0, -0.05]),
}
# Leads of a territory, by their place in MADE.
WITHIN = {"inferior": (1,), "anterior": (3, 4, 5), "lateral": (0, 6, 7), "septal": (2, 3)}
T_INVERTED = {
    "inferior": {0: 0.12, 1: -0.22},
    "anterior": {3: -0.28, 4: -0.32, 5: -0.25},
    "lateral": {0: -0.20, 1: 0.06, 6: -0.25, 7: -0.22},
    "septal": {2: -0.22, 3: -0.25},
}
Q_WAVES = {
    "inferior": {0: 0.05, 1: -0.30},
    "anterior": {3: -0.75, 4: -0.75, 5: -0.50},
    "lateral": {0: -0.30, 1: 0.02, 6: -0.40, 7: -0.35},
    "septal": {2: -0.55, 3: -0.65},
}


def _repolarised(spec: Spec, truth: Truth, qrs: Waves, kind: str, size: float) -> Waves:
    length, qt = truth.qrs_ms / 1000, truth.qt_ms / 1000
    qrs = _with_q(spec, qrs, length)
    t = seen(0.30, 45.0 + 0.25 * (float(np.clip(truth.axis, -60, 120)) - 45.0), 0.30, 0.16) * size
    shift = np.zeros(8)
    if spec.hypertrophy == "left":
        shift = shift + _LEFT_STRAIN
        t[[0, 6, 7]] = -0.18 * size
    if spec.hypertrophy == "right":
        shift[2:5] -= 0.06
        t[2:5] = np.array([-0.25, -0.22, -0.12]) * size
    for territory, millivolts in spec.st_mv:
        shift = shift + SHIFT[territory] * millivolts
    for territory in spec.t_inverted:
        for lead, height in T_INVERTED[territory].items():
            t[lead] = height * size
    if kind in ("lbbb", "ventricular"):
        secondary = _discordant(qrs, length, qt, 0.35)
        return qrs.joined(secondary).joined(_st(length, qt, shift))
    if kind == "rbbb" and "septal" not in spec.t_inverted:
        t[2:4] = np.array([-0.20, -0.05]) * size
    return qrs.joined(_st(length, qt, shift)).joined(_t(length, qt, t))


def _with_q(spec: Spec, qrs: Waves, length: float) -> Waves:
    """Return a QRS with pathological Q waves: the first forces point away, and less of R is left."""
    heights = qrs.heights.copy()
    rows = []
    for territory in spec.q_waves:
        row = np.zeros(8)
        for lead, height in Q_WAVES[territory].items():
            row[lead] = height
            if lead in WITHIN[territory]:
                heights[0, lead] = min(heights[0, lead], 0.0)
                if territory in ("anterior", "septal"):
                    heights[:, lead] = np.minimum(heights[:, lead], 0.35 * heights[:, lead])
        rows.append((-0.001, 0.022, max(0.05, 0.5 * length), row))
    return Waves(qrs.times, heights).joined(bumps(rows)) if rows else qrs
