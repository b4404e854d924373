"""A varied mix of specs."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np

from ecg_bench.ecg.synthesis._spec import Spec, Territory

NORMAL_SHARE = 0.2
TERRITORIES: tuple[Territory, ...] = get_args(Territory)
# What is drawn evenly from a range: two numbers. What is one of several: more of them, or one. Ranges keep clear of the
# borders between findings, so that the codes of a record are beyond dispute.
Choice = tuple[float, ...] | str
KINDS: dict[str, dict[str, Choice]] = {
    "normal": {},
    "bradycardia": {"rate": (38, 54)},
    "tachycardia": {"rate": (108, 150)},
    "arrhythmia": {"rate_variation": (0.14, 0.22)},
    "afib": {"rhythm": "afib", "rate": (60, 160)},
    "aflutter": {"rhythm": "aflutter", "rate": (72, 75, 98, 102, 140, 150, 155)},
    "svt": {"rhythm": "svt", "rate": (155, 215)},
    "vt": {"rhythm": "vt", "rate": (140, 210), "axis": (-110, -80, 110, 150)},
    "junctional": {"rhythm": "junctional", "rate": (40, 57)},
    "paced": {"rhythm": "paced", "rate": (60, 70, 75), "axis": (-85, -55)},
    "lbbb": {"block": "lbbb", "qrs_ms": (132, 170), "axis": (-30, 40)},
    "rbbb": {"block": "rbbb", "qrs_ms": (126, 155)},
    "incomplete rbbb": {"block": "rbbb", "qrs_ms": (106, 114)},
    "lafb": {"block": "lafb", "qrs_ms": (90, 108), "axis": (-75, -48)},
    "lpfb": {"block": "lpfb", "qrs_ms": (90, 108), "axis": (105, 135)},
    "ivcd": {"block": "ivcd", "qrs_ms": (124, 145)},
    "first-degree av block": {"av_block": "first", "pr_ms": (220, 300), "rate": (60, 85)},
    "wenckebach": {"av_block": "wenckebach", "rate": (82, 98), "pr_ms": (140, 180)},
    "mobitz 2": {"av_block": "mobitz2", "rate": (82, 98)},
    "third-degree av block": {"av_block": "third", "rate": (65, 95)},
    "st elevation": {"st_mv": (0.2, 0.4)},
    "st depression": {"st_mv": (-0.25, -0.12)},
    "q waves": {"q_waves": "some"},
    "inverted t": {"t_inverted": "some"},
    "left hypertrophy": {"hypertrophy": "left", "axis": (-20, 40)},
    "right hypertrophy": {"hypertrophy": "right", "axis": (105, 140), "qrs_ms": (80, 98)},
    "long qt": {"rate": (62, 68), "qt_ms": (490, 560)},
    "pvc": {"pvc_per_minute": (6, 20)},
    "pac": {"pac_per_minute": (6, 20)},
}
DEFAULTS: dict[str, Choice] = {
    "rate": (62, 98),
    "rate_variation": (0.01, 0.05),
    "pr_ms": (130, 190),
    "qrs_ms": (80, 104),
    "axis": (0, 80),
    "noise_mv": (0.005, 0.025),
}
FINE = {"rate_variation": 3, "noise_mv": 4, "st_mv": 2}  # decimals; everything else is drawn in whole numbers


def draw_specs(n: int, seed: int, hertz: float = 500) -> list[Spec]:
    """Return a varied mix: a fifth normal, the rest in equal parts of every kind of abnormality, in random order.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        Of the draw; the same seed gives the same specs, and each spec a seed of its own.
    hertz : float
        Their sampling rate.
    """
    rng = np.random.default_rng([seed, 8])
    # Which kinds come once more than others is drawn, where they don't divide evenly.
    abnormal = [str(kind) for kind in rng.permutation([kind for kind in KINDS if kind != "normal"])]
    normal = round(n * NORMAL_SHARE)
    kinds = ["normal"] * normal + [abnormal[i % len(abnormal)] for i in range(n - normal)]
    return [_spec(kinds[i], hertz, rng) for i in rng.permutation(n)]


def _spec(kind: str, hertz: float, rng: np.random.Generator) -> Spec:
    drawn = {name: _drawn(name, choice, rng) for name, choice in (DEFAULTS | KINDS[kind]).items()}
    wander = float(rng.choice([0.0, 0.0, rng.uniform(0.02, 0.1)]))  # a third of them
    return Spec(**drawn, wander_mv=round(wander, 3), seed=int(rng.integers(2**31)), hertz=float(hertz))


def _drawn(name: str, choice: Choice, rng: np.random.Generator) -> Any:
    if name in ("st_mv", "q_waves", "t_inverted"):
        territory = TERRITORIES[rng.integers(len(TERRITORIES))]
        if isinstance(choice, str):
            return (territory,)
        return ((territory, round(float(rng.uniform(choice[0], choice[1])), FINE[name])),)
    if isinstance(choice, str):
        return choice
    if len(choice) != 2:
        return float(rng.choice(choice))
    return round(float(rng.uniform(choice[0], choice[1])), FINE.get(name, 0))
