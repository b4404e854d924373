"""Which specs can be drawn: ranges, and findings that can't be shown together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, get_args

from ecg_bench.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from ecg_bench.ecg.synthesis._spec import Spec

RANGES = {
    "rate": (20, 300),
    "rate_variation": (0, 0.3),
    "pr_ms": (80, 400),
    "qrs_ms": (50, 250),
    "qt_ms": (0, 800),
    "axis": (-180, 180),
    "pvc_per_minute": (0, 60),
    "pac_per_minute": (0, 60),
    "noise_mv": (0, 5),
    "wander_mv": (0, 5),
    "seconds": (1, 3600),
    "hertz": (50, 4000),
    "seed": (0, 2**63 - 1),
}


def check(spec: Spec) -> None:
    """Refuse what can't be drawn, as a user's mistake: a finding that is asked for is always there to be seen."""
    from ecg_bench.ecg.synthesis._spec import AvBlock, Block, Hypertrophy, Rhythm, Territory

    for name, (low, high) in RANGES.items():
        value = getattr(spec, name)
        if not (isinstance(value, int | float) and math.isfinite(value) and low <= value <= high):
            raise UserError(f"a synthetic ECG's {name} must be {low:g} to {high:g}, not {value!r}")
    for name, kind in (("rhythm", Rhythm), ("block", Block), ("av_block", AvBlock), ("hypertrophy", Hypertrophy)):
        if getattr(spec, name) not in get_args(kind):
            value = str(getattr(spec, name))
            raise UserError(f"there is no {name} {value!r} of a synthetic ECG{did_you_mean(value, get_args(kind))}")
    for territory in (*(one for one, _ in spec.st_mv), *spec.t_inverted, *spec.q_waves):
        if territory not in get_args(Territory):
            raise UserError(f"there is no territory {territory!r}{did_you_mean(str(territory), get_args(Territory))}")
    for territory, shift in spec.st_mv:
        if not abs(shift) <= 2:
            raise UserError(f"the ST shift of the {territory} leads must be -2 to 2 mV, not {shift!r}")
    _check_together(spec)


def _check_together(spec: Spec) -> None:
    if spec.rhythm != "sinus" and spec.av_block != "none":
        raise UserError(f"an AV block needs sinus rhythm, not {spec.rhythm}: leave one of the two out")
    if spec.rhythm in ("vt", "paced") and spec.block != "none":
        raise UserError(f"beats of rhythm {spec.rhythm} have a shape of their own: leave the block {spec.block} out")
    wide = "lbbb" if spec.block == "lbbb" else spec.rhythm if spec.rhythm in ("vt", "paced") else ""
    if wide and (spec.q_waves or spec.t_inverted):
        raise UserError(f"{wide} hides Q waves and inverted T waves: leave them out")
    if spec.hypertrophy != "none" and (spec.block != "none" or wide):
        raise UserError(f"{wide or spec.block} hides the voltage of hypertrophy: leave one of the two out")
    blocked = spec.av_block in ("wenckebach", "mobitz2", "third")
    if spec.pvc_per_minute and (spec.rhythm in ("vt", "aflutter") or blocked):
        raise UserError(
            "ventricular ectopic beats are drawn in rhythms other than vt and aflutter, where every P wave is conducted"
        )
    if spec.pac_per_minute and (spec.rhythm != "sinus" or blocked):
        raise UserError("atrial ectopic beats are drawn in sinus rhythm only, where every P wave is conducted")
