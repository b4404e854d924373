"""Specs drawn at random for property tests, and measurements made by simple means."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any, get_args

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from ecg_bench.ecg import Ecg
from ecg_bench.ecg.synthesis import Rhythm, Spec, Territory
from ecg_bench.errors import UserError

FLOATS = {
    "rate": (30, 220),
    "rate_variation": (0, 0.3),
    "pr_ms": (80, 300),
    "qrs_ms": (60, 180),
    "axis": (-180, 180),
    "pvc_per_minute": (0, 30),
    "noise_mv": (0, 0.2),
    "wander_mv": (0, 0.5),
    "seconds": (1, 12),
}
TERRITORIES = st.sampled_from(get_args(Territory))


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    """Any spec that can be drawn."""
    fields: dict[str, Any] = {
        "rhythm": draw(st.sampled_from(get_args(Rhythm))),
        "block": draw(st.sampled_from(["none", "none", "lbbb", "rbbb", "lafb", "lpfb", "ivcd"])),
        "av_block": draw(st.sampled_from(["none", "none", "first", "wenckebach", "mobitz2", "third"])),
        "st_mv": tuple(draw(st.lists(st.tuples(TERRITORIES, st.floats(-0.5, 0.5)), max_size=2))),
        "t_inverted": tuple(draw(st.lists(TERRITORIES, max_size=2))),
        "q_waves": tuple(draw(st.lists(TERRITORIES, max_size=2))),
        "hypertrophy": draw(st.sampled_from(["none", "none", "left", "right"])),
        "hertz": draw(st.sampled_from([100.0, 250.0, 333.3, 500.0, 1000.0])),
        "seed": draw(st.integers(0, 2**32)),
    } | {name: draw(st.floats(low, high)) for name, (low, high) in FLOATS.items()}
    spec = Spec()
    for name in draw(st.permutations(sorted(fields))):
        with suppress(UserError):  # what can't be shown with the fields before it is left out
            spec = replace(spec, **{name: fields[name]})
    return spec


def frontal_axis(ecg: Ecg, window: tuple[float, float]) -> float:
    """Return the direction of the net area in the limb leads between two times."""
    part = slice(round(window[0] * ecg.rate), round(window[1] * ecg.rate))
    x = float(ecg.lead("I")[part].sum())
    y = float(ecg.lead("aVF")[part].sum()) * 2 / np.sqrt(3)
    return float(np.rad2deg(np.arctan2(y, x)))


def beat(ecg: Ecg, lead: str, begin: float, end: float) -> NDArray[np.float32]:
    """Return a lead around the first beat that is whole, from `begin` to `end` seconds after its QRS onset."""
    onset = first_beat(ecg)
    return ecg.lead(lead)[round((onset + begin) * ecg.rate) : round((onset + end) * ecg.rate)]


def first_beat(ecg: Ecg) -> float:
    """Return the QRS onset of the first beat whose waves are all in the record."""
    return next(float(time) for time in ecg.metadata["beats"] if time > 0.5)
