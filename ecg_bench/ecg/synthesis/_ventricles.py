"""The ventricles' waves: QRS, ST and T of dominant and of ectopic beats."""

from __future__ import annotations

import numpy as np

from ecg_bench.ecg.synthesis._spec import Spec
from ecg_bench.ecg.synthesis._territories import Q_WAVES, R_LEFT, SHIFT, T_INVERTED
from ecg_bench.ecg.synthesis._truth import truth_of
from ecg_bench.ecg.synthesis._waves import Floats, Waves, bumps, seen

# Begin, peak and end in shares of the QRS; frontal size (mV) and degrees from the axis; left and front (mV).
Row = tuple[float, float, float, float, float, float, float]
# The septum to the right and front, the free wall to the left and back, the base to the right and back.
NORMAL: list[Row] = [
    (0.00, 0.18, 0.42, 0.13, 165, -0.12, 0.25),
    (0.12, 0.45, 0.84, 1.05, 0, 1.20, -0.42),
    (0.36, 0.70, 1.00, 0.22, -140, -0.25, -0.45),
]
QRS: dict[str, list[Row]] = {
    # No septal force from the left; slow forces to the left and back in two steps, which notch I, aVL, V5 and V6.
    "lbbb": [
        (0.00, 0.10, 0.25, 0.06, 10, 0.03, 0.10),
        (0.02, 0.33, 0.66, 0.78, 6, 0.82, -0.90),
        (0.34, 0.67, 1.00, 0.78, -6, 0.85, -0.85),
    ],
    # As normal at first; then the right ventricle alone, slowly to the right and front: rSR' in V1, wide S in I and V6.
    "rbbb": [
        (0.00, 0.11, 0.26, 0.13, 170, -0.13, 0.26),
        (0.07, 0.28, 0.50, 1.10, 0, 1.05, -0.28),
        (0.38, 0.66, 1.00, 0.38, 150, -0.50, 0.52),
    ],
    "ivcd": [
        (0.00, 0.15, 0.32, 0.10, 165, -0.10, 0.22),
        (0.12, 0.42, 0.66, 0.70, 5, 0.80, -0.35),
        (0.44, 0.72, 1.00, 0.50, -10, 0.35, -0.60),
    ],
    # The half of the ventricle that is reached first pulls the other way: q in I and r in III, or r in I and q in III.
    "fascicle": [
        (0.00, 0.13, 0.29, 0.26, 180, -0.08, 0.25),
        (0.16, 0.50, 0.84, 1.00, 0, 1.00, -0.40),
        (0.42, 0.76, 1.00, 0.25, 0, -0.30, -0.45),
    ],
    "left": [
        (0.00, 0.18, 0.42, 0.15, 165, -0.14, 0.30),
        (0.12, 0.46, 0.84, 1.55, 0, 2.15, -0.85),
        (0.36, 0.72, 1.00, 0.30, -140, -0.30, -0.80),
    ],
    "right": [
        (0.00, 0.20, 0.44, 0.12, 170, 0.08, 0.05),
        (0.12, 0.46, 0.80, 1.00, 0, -0.10, 0.98),
        (0.36, 0.72, 1.00, 0.35, 20, -0.70, -0.20),
    ],
    # From the right ventricle's apex: away from every chest lead but the last.
    "paced": [
        (0.00, 0.34, 0.66, 0.80, 6, 0.32, -0.75),
        (0.36, 0.66, 1.00, 0.70, -6, 0.40, -0.70),
    ],
    "from the right": [
        (0.00, 0.36, 0.72, 0.80, 8, 0.70, -0.85),
        (0.32, 0.62, 1.00, 0.60, -10, 0.60, -0.70),
    ],
    "from the left": [
        (0.00, 0.34, 0.72, 0.80, 8, -0.52, 0.64),
        (0.32, 0.64, 1.00, 0.60, -10, -0.45, 0.52),
    ],
}
SECONDARY = ("lbbb", "paced", "from the right", "from the left")  # ST and T against a QRS that is wide
DISCORDANT = 0.38  # height of such a T wave to the mean height of the QRS
ECTOPIC_MS = 150.0
ECTOPIC_AXES = (-75.0, 100.0)
LEFT_STRAIN = np.array([-0.10, -0.03, 0.12, 0.15, 0.05, -0.05, -0.12, -0.12])
# A bump falls to 8 % where its tangent meets the baseline, at this share of its falling half: that is where T ends.
_TANGENT = 2 * (0.75 + 0.5 / np.pi) - 1
_PEAK = 0.62  # of the time from J to the end of T


def dominant(spec: Spec, rng: np.random.Generator) -> Waves:
    """Return QRS, ST and T of a record's dominant beats from the QRS onset; no two hearts are quite the same."""
    truth = truth_of(spec)
    length, qt = truth.qrs_ms / 1000, truth.qt_ms / 1000
    size = float(rng.uniform(0.85, 1.15))
    kind = _kind(spec, rng)
    rows = _varied(QRS.get(kind, NORMAL), rng)
    if spec.q_waves:
        rows = [rows[0], *(_delayed(row) for row in rows[1:])]
    qrs = _turned(rows, truth.axis, length, _q_waves(spec, length)).scaled(size)
    repolarised = float(rng.uniform(0.8, 1.2)) * size
    shift = sum((SHIFT[territory] * millivolts for territory, millivolts in spec.st_mv), np.zeros(8))
    if kind in SECONDARY:
        return qrs.joined(_secondary(qrs, length, qt), _st(length, qt, shift))
    if kind == "left":
        shift = shift + LEFT_STRAIN
    t = _t_heights(spec, kind, truth.axis) * repolarised
    return _scarred(spec, qrs).joined(_st(length, qt, shift), _t(length, qt, t), _dome(length, qt, spec))


def ventricular(spec: Spec, rng: np.random.Generator) -> Waves:
    """Return a ventricular ectopic beat: wide, tall, its T wave against the QRS."""
    kind = ("from the right", "from the left")[rng.integers(2)]
    length = ECTOPIC_MS / 1000
    qrs = _turned(_varied(QRS[kind], rng), float(rng.choice(ECTOPIC_AXES)), length).scaled(1.25)
    return qrs.joined(_secondary(qrs, length, max(truth_of(spec).qt_ms / 1000 + 0.03, length + 0.2)))


def _kind(spec: Spec, rng: np.random.Generator) -> str:
    """Return the QRS that a spec calls for; what makes it wide goes before what makes it tall."""
    if spec.rhythm == "vt":
        return ("from the right", "from the left")[rng.integers(2)]
    if spec.rhythm == "paced":
        return "paced"
    if spec.block in ("lafb", "lpfb"):
        return "fascicle"
    if spec.block != "none":
        return spec.block
    return spec.hypertrophy if spec.hypertrophy != "none" else "ivcd" if truth_of(spec).qrs_ms >= 120 else "normal"


def _varied(rows: list[Row], rng: np.random.Generator) -> list[Row]:
    """Return these forces with sizes a little larger or smaller."""
    return [
        (*times, size * a, degrees, left * b, front * c)
        for (*times, size, degrees, left, front), (a, b, c) in zip(
            rows, rng.uniform(0.9, 1.1, (len(rows), 3)), strict=True
        )
    ]


def _delayed(row: Row) -> Row:
    """Return a force that leaves the first third of the QRS to a Q wave."""
    begin, peak, end, *force = row
    return (*(1 - 0.72 * (1 - at) for at in (begin, peak, end)), *force)  # type: ignore[return-value]


def _turned(rows: list[Row], axis: float, length: float, q: Waves | None = None) -> Waves:
    """Return a QRS, with Q waves if given, whose net frontal area points along the axis."""
    pad = 0.02 * length  # a bump's first part is too low to be seen

    def made(turn: float) -> Waves:
        return bumps(
            [
                (begin * length - pad * (begin == 0), peak * length, end * length + pad * (end == 1), force)
                for begin, peak, end, size, degrees, left, front in rows
                for force in (seen(size, degrees + turn, left, front),)
            ]
        )

    size, degrees = _frontal(made(0.0))
    if q is None:
        return made(axis - degrees)
    # What Q waves pull off the axis, the rest of the QRS makes up for.
    pull, direction = _frontal(q)
    sideways = pull * np.sin(np.deg2rad(direction - axis))
    back = float(np.rad2deg(np.arcsin(np.clip(-sideways / size, -1, 1))))
    return made(axis - degrees + back).joined(q)


def _frontal(waves: Waves) -> tuple[float, float]:
    """Return size (mV s) and direction (degrees) of the net area that the limb leads see."""
    one, two = waves.areas()[:2]
    down = (two - one / 2) / np.sin(np.pi / 3)
    return float(np.hypot(one, down)), float(np.rad2deg(np.arctan2(down, one)))


def _secondary(qrs: Waves, length: float, qt: float) -> Waves:
    """Return ST and T of a beat that is conducted abnormally: against its QRS, ST sloping into T."""
    heights = -DISCORDANT * qrs.areas() / (0.5 * length)
    peak = length + _PEAK * (qt - length)
    slope = bumps([(0.8 * length, peak, peak + (qt - peak) / _TANGENT, 0.85 * heights)])
    return slope.joined(_st(length, qt, 0.15 * heights))


def _st(length: float, qt: float, heights: Floats) -> Waves:
    """Return a shift of the ST segment, at its full height from J to the peak of T."""
    return Waves(np.array([(0.7 * length, length, length + _PEAK * (qt - length), qt)]), heights[None])


def _t(length: float, qt: float, heights: Floats) -> Waves:
    peak = length + _PEAK * (qt - length)
    return bumps([(length + 0.14 * (qt - length), peak, peak + (qt - peak) / _TANGENT, heights)])


def _dome(length: float, qt: float, spec: Spec) -> Waves:
    """Return what makes an elevated ST segment rise into a taller T wave."""
    raised = sum((SHIFT[territory] * shift for territory, shift in spec.st_mv if shift > 0), np.zeros(8))
    peak = length + _PEAK * (qt - length)
    return bumps([(length, peak, peak + (qt - peak) / _TANGENT, 0.5 * raised)])


def _t_heights(spec: Spec, kind: str, axis: float) -> Floats:
    """Return T of each lead: near the QRS axis, or against the QRS where a finding turns it."""
    t = seen(0.30, 45.0 + 0.25 * (float(np.clip(axis, -60, 120)) - 45.0), 0.30, 0.16)
    if kind == "left":
        t[[0, 6, 7]] = -0.18
    if kind == "right":
        t[2:5] = (-0.25, -0.22, -0.12)
    if kind == "rbbb":
        t[2:4] = (-0.20, -0.05)
    for territory in spec.t_inverted:
        for lead, height in T_INVERTED[territory].items():
            t[lead] = height
    return t


def _q_waves(spec: Spec, length: float) -> Waves | None:
    """Return pathological Q waves: the first forces point away from the scar."""
    heights = np.zeros(8)
    for territory in spec.q_waves:
        for lead, height in Q_WAVES[territory].items():
            heights[lead] = min(height, heights[lead]) if height < 0 else height + heights[lead]
    return bumps([(-0.02 * length, 0.25 * length, 0.55 * length, heights)]) if spec.q_waves else None


def _scarred(spec: Spec, qrs: Waves) -> Waves:
    """Return a QRS with less of R in the chest leads over a scar."""
    heights = qrs.heights.copy()
    for territory in spec.q_waves:
        for lead, left in R_LEFT[territory].items():
            heights[:, lead] = np.where(heights[:, lead] > 0, left * heights[:, lead], heights[:, lead])
            heights[0, lead] = min(heights[0, lead], 0.0)
    return Waves(qrs.times, heights)
