"""A varied mix of specs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ecg_bench.ecg.synthesis._spec import Spec

Draw = dict[str, Any]
TERRITORIES = ("inferior", "anterior", "lateral", "septal")


def _axis(rng: np.random.Generator) -> float:
    return float(rng.integers(0, 80))


def _kinds() -> dict[str, Callable[[np.random.Generator], Draw]]:
    """Return what records of each kind differ in. Values keep clear of the borders between findings."""

    def some_territory(rng: np.random.Generator) -> str:
        return TERRITORIES[rng.integers(len(TERRITORIES))]

    return {
        "normal": lambda rng: {},
        "bradycardia": lambda rng: {"rate": int(rng.integers(38, 55))},
        "tachycardia": lambda rng: {"rate": int(rng.integers(108, 150))},
        "arrhythmia": lambda rng: {"rate_variation": round(rng.uniform(0.14, 0.22), 3)},
        "afib": lambda rng: {"rhythm": "afib", "rate": int(rng.integers(60, 160))},
        "aflutter": lambda rng: {"rhythm": "aflutter", "rate": int(rng.choice([75, 100, 150]) * rng.uniform(0.93, 1.07))},
        "svt": lambda rng: {"rhythm": "svt", "rate": int(rng.integers(155, 215))},
        "vt": lambda rng: {"rhythm": "vt", "rate": int(rng.integers(140, 210)), "axis": float(rng.choice([-110, -80, 110, 150]))},
        "junctional": lambda rng: {"rhythm": "junctional", "rate": int(rng.integers(40, 58))},
        "paced": lambda rng: {"rhythm": "paced", "rate": int(rng.choice([60, 70, 75])), "axis": float(rng.integers(-85, -55))},
        "lbbb": lambda rng: {"block": "lbbb", "qrs_ms": float(rng.integers(132, 170)), "axis": float(rng.integers(-30, 40))},
        "rbbb": lambda rng: {"block": "rbbb", "qrs_ms": float(rng.integers(126, 155))},
        "irbbb": lambda rng: {"block": "rbbb", "qrs_ms": float(rng.integers(106, 115))},
        "lafb": lambda rng: {"block": "lafb", "qrs_ms": float(rng.integers(90, 108)), "axis": float(rng.integers(-75, -48))},
        "lpfb": lambda rng: {"block": "lpfb", "qrs_ms": float(rng.integers(90, 108)), "axis": float(rng.integers(105, 135))},
        "ivcd": lambda rng: {"block": "ivcd", "qrs_ms": float(rng.integers(124, 145))},
        "first": lambda rng: {"av_block": "first", "pr_ms": float(rng.integers(220, 300)), "rate": int(rng.integers(60, 85))},
        "wenckebach": lambda rng: {"av_block": "wenckebach", "rate": int(rng.integers(62, 88))},
        "mobitz2": lambda rng: {"av_block": "mobitz2", "rate": int(rng.integers(62, 88))},
        "third": lambda rng: {"av_block": "third", "rate": int(rng.integers(65, 95)), "qrs_ms": float(rng.integers(95, 150))},
        "elevation": lambda rng: {"st_mv": ((some_territory(rng), round(rng.uniform(0.2, 0.4), 2)),)},
        "depression": lambda rng: {"st_mv": ((some_territory(rng), -round(rng.uniform(0.12, 0.25), 2)),)},
        "old infarct": lambda rng: {"q_waves": (some_territory(rng),)},
        "inverted": lambda rng: {"t_inverted": (some_territory(rng),)},
        "lvh": lambda rng: {"hypertrophy": "left", "axis": float(rng.integers(-20, 40))},
        "rvh": lambda rng: {"hypertrophy": "right", "axis": float(rng.integers(105, 140))},
        "long qt": lambda rng: {"rate": 65, "qt_ms": float(rng.integers(490, 560))},
        "pvc": lambda rng: {"pvc_per_minute": float(rng.integers(6, 20))},
        "pac": lambda rng: {"pac_per_minute": float(rng.integers(6, 20))},
    }  # fmt: skip


KINDS = _kinds()
NORMAL_SHARE = 0.2


def draw_specs(n: int, seed: int, hertz: float = 500) -> list[Spec]:
    """Return a varied mix: about a fifth normal, the rest in equal parts of every kind of abnormality, in random order.

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
    abnormal = [kind for kind in KINDS if kind != "normal"]
    normal = round(n * NORMAL_SHARE)
    kinds = ["normal"] * normal + [abnormal[i % len(abnormal)] for i in range(n - normal)]
    # Which kinds come once more than others is drawn too, where they don't divide evenly.
    renamed = dict(zip(abnormal, rng.permutation(abnormal), strict=True))
    return [_spec(str(renamed.get(kinds[i], kinds[i])), hertz, rng) for i in rng.permutation(n)]


def _spec(kind: str, hertz: float, rng: np.random.Generator) -> Spec:
    rate = int(rng.integers(62, 98))
    drawn: Draw = {
        "rate": rate,
        "rate_variation": round(rng.uniform(0.01, 0.05), 3),
        "pr_ms": float(rng.integers(130, 190)),
        "qrs_ms": float(rng.integers(80, 105)),
        "axis": _axis(rng),
        "noise_mv": round(rng.uniform(0.005, 0.025), 4),
        "wander_mv": round(float(rng.choice([0.0, 0.0, rng.uniform(0.02, 0.1)])), 3),
        "seed": int(rng.integers(2**31)),
        "hertz": float(hertz),
    }
    return Spec(**(drawn | KINDS[kind](rng)))
