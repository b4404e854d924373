"""Rules of intraventricular conduction and of ventricular voltage; letters name the sources that `_interpret` lists."""

from __future__ import annotations

from ecg_bench.ecg import CHEST, LIMB
from ecg_bench.ecg.measuring._measurements import Measurements
from ecg_bench.ecg.measuring._waves import LeadWaves

_NONE = LeadWaves(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def conduction(one: Measurements) -> set[str]:
    """Return the codes of blocks, hypertrophy and voltage."""
    found = _block(one)
    wave = {lead: one.waves.get(lead, _NONE) for lead in (*LIMB, *CHEST)}
    if not found & {"CLBBB", "IVCD"}:
        found |= _left(wave)
    if not found & {"CRBBB", "IRBBB", "CLBBB"}:
        found |= _right(one, wave)
    if found & {"RVH"}:
        found.discard("LPFB")  # A, part III: a left posterior block is not called where the right ventricle explains it
    # A, part V: low voltage is less than 0.5 mV from peak to peak in every limb lead and 1 mV in every chest lead.
    limb = [_height(one.waves[lead]) for lead in LIMB if lead in one.waves]
    chest = [_height(one.waves[lead]) for lead in CHEST if lead in one.waves]
    if len(limb) == 6 and max(limb) < 0.5 and max(chest, default=0.0) < 1.0:
        found.add("LVOLT")
    return found


def _height(one: LeadWaves) -> float:
    return max(one.r, one.r2) - min(one.q, one.s)


def _block(one: Measurements) -> set[str]:
    width = one.qrs_ms
    if width is None or not one.waves:
        return set()
    left, right = _left_shaped(one), _right_shaped(one)
    if width >= 120:  # A, part III: complete blocks last 120 ms or more
        return {"CRBBB"} if right else {"CLBBB"} if left else {"IVCD"}
    found = set()
    # A, part III: incomplete right block 110 to 119 ms; PTB-XL's readers call it from 100.
    if width >= 100 and right:
        found.add("IRBBB")
    axis = one.axis
    if axis is not None:
        # A, part III: left anterior block, axis -45 to -90 degrees with qR in aVL; posterior, 90 to 180 with rS in I.
        if -90 <= axis <= -45:
            found.add("LAFB")
        first = one.waves.get("I", _NONE)
        if 100 <= axis <= 180 and -first.s > first.r:
            found.add("LPFB")
    return found


def _right_shaped(one: Measurements) -> bool:
    """Whether V1 or V2 ends in a second, higher R, or V1 is all R, and S is broad in I or V6 (A, part III)."""
    late = any(
        wave.r2 > max(wave.r, 0.1) or (wave.r > 0.3 and wave.s > -0.1)
        for wave in (one.waves.get("V1", _NONE), one.waves.get("V2", _NONE))
    )
    lateral = any(one.waves.get(lead, _NONE).s < -0.1 for lead in ("I", "V6"))
    return late and lateral


def _left_shaped(one: Measurements) -> bool:
    """Whether V1 is rS or QS and I or V6 all R without Q or S (A, part III)."""
    first = one.waves.get("V1", _NONE)
    deep = -min(first.s, first.q) > 2 * max(first.r, 0.0)
    lateral = [one.waves[lead] for lead in ("I", "V6") if lead in one.waves]
    return (
        deep and bool(lateral) and any(wave.r > 0.3 and wave.q > -0.05 and -wave.s < 0.25 * wave.r for wave in lateral)
    )


def _left(wave: dict[str, LeadWaves]) -> set[str]:
    deep1 = -min(wave["V1"].s, wave["V1"].q)
    deep3 = -min(wave["V3"].s, wave["V3"].q)
    # Sokolow and Lyon (1949): S in V1 and R in V5 or V6 make 3.5 mV. Cornell (Casale et al., 1985): R in aVL and S in
    # V3 make 2.8 mV, the value for men.
    voltage = deep1 + max(wave["V5"].r, wave["V6"].r) >= 3.5 or wave["aVL"].r + deep3 >= 2.8
    if not voltage:
        return set()
    # A, part V: ST and T against QRS in the lateral leads make hypertrophy of mere voltage.
    strain = any(wave[lead].t < -0.05 and wave[lead].r > 0.5 for lead in ("I", "V5", "V6"))
    return {"VCLVH", "LVH"} if strain else {"VCLVH"}


def _right(one: Measurements, wave: dict[str, LeadWaves]) -> set[str]:
    # A, part V: a right axis with R above S in V1 of at least 0.6 mV.
    first = wave["V1"]
    if one.axis is not None and 90 <= one.axis <= 180 and first.r >= 0.6 and first.r > -min(first.s, first.q):
        return {"RVH"}
    return set()
