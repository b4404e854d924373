"""Rules of Q waves, ST, T and QT; letters name the sources that `_interpret` lists."""

from __future__ import annotations

from collections.abc import Callable

from ecg_bench.ecg.measuring._measurements import Measurements
from ecg_bench.ecg.measuring._waves import LeadWaves

# Neighbouring leads of each territory (D).
_TERRITORIES = {
    "inferior": ("II", "III", "aVF"),
    "lateral": ("I", "aVL", "V5", "V6"),
    "anterior": ("V3", "V4"),
    "septal": ("V1", "V2"),
}
_INFARCTION = {"inferior": "IMI", "lateral": "LMI", "anterior": "AMI", "septal": "ASMI"}
_ISCHAEMIA = {"inferior": "ISCIN", "lateral": "ISCLA", "anterior": "ISCAN", "septal": "ISCAS"}
_JOINED = ((("inferior", "lateral"), "ILMI"), (("anterior", "lateral"), "ALMI"), (("anterior", "septal"), "ASMI"))
LONG_QTC_MS = 480.0  # from here it is long in either sex (ESC guideline on ventricular arrhythmias, 2022)


def repolarisation(one: Measurements, found: set[str]) -> set[str]:
    """Return the codes of infarction, ischaemia, ST, T and QT, given those of rhythm and conduction."""
    made: set[str] = set()
    narrow = (one.qrs_ms or 0.0) < 120
    if one.qtc_ms is not None and one.qtc_ms >= LONG_QTC_MS and narrow and not found & {"AFLT"}:
        made.add("LNGQT")
    if found & {"CLBBB", "IVCD", "ABQRS", "SVTAC", "AFLT"}:
        return made  # ST and T follow QRS there, or a wave of the atria
    if found & {"LVH", "RVH"}:
        return made  # A, part V: they are of the hypertrophy
    dead = _territories(one, _is_q, 2)
    raised = _territories(one, _is_raised, 2) if narrow else set()
    lowered = _territories(one, lambda _, wave: wave.st <= -0.06, 2) if narrow else set()
    inverted = _territories(one, _is_inverted, 2) if narrow else set()
    if dead:
        made.add("QWAVE")
    if raised:
        made.add("STE_")
    infarcted = dead | raised
    made |= _infarctions(infarcted)
    # The opposite of an elevation is reciprocal (A, part VI).
    if lowered and not raised:
        deep = _territories(one, lambda _, wave: wave.st <= -0.1, 1)
        made |= {"STD_"} | {_ISCHAEMIA[territory] for territory in (lowered & deep) - infarcted}
    if infarcted or lowered:
        return made
    if inverted:
        made |= {"INVT", "NDT"}
    elif (
        narrow
        and sum(_is_flat(one.waves[lead]) for lead in ("I", "II", "V3", "V4", "V5", "V6") if lead in one.waves) >= 2
    ):
        made.add("NDT")
    return made


def _territories(one: Measurements, rule: Callable[[str, LeadWaves], bool], least: int) -> set[str]:
    leads = {lead for lead, wave in one.waves.items() if rule(lead, wave)}
    found = {name for name, those in _TERRITORIES.items() if len(leads & set(those)) >= least}
    # V2 and V3 alone are septal too.
    return found | {"septal"} if {"V2", "V3"} <= leads and "anterior" not in found else found


def _infarctions(territories: set[str]) -> set[str]:
    left, found = set(territories), set()
    for pair, code in _JOINED:
        if set(pair) <= left:
            found.add(code)
            left -= set(pair)
    return found | {_INFARCTION[territory] for territory in left}


def _is_q(lead: str, wave: LeadWaves) -> bool:
    # D: 20 ms or QS in V2 and V3, 30 ms and 0.1 mV elsewhere; a Q of a quarter of R is asked for besides.
    if lead in ("V1", "V2", "V3"):
        return wave.q <= -0.1 and wave.q_ms >= 20
    return wave.q <= -0.1 and wave.q_ms >= 30 and -wave.q >= 0.25 * wave.r


def _is_raised(lead: str, wave: LeadWaves) -> bool:
    # D: 0.1 mV in two neighbouring leads; 0.2 mV in V2 and V3. V1 lies between, since S of any depth lifts it.
    return wave.st >= {"V1": 0.15, "V2": 0.2, "V3": 0.2}.get(lead, 0.1)


def _is_flat(wave: LeadWaves) -> bool:
    # A, part IV: a T between -0.1 and 0.1 mV is flat; less than a twentieth of R is asked for besides.
    return wave.r > 0.3 and -0.1 < wave.t < min(0.1, 0.05 * wave.r)


def _is_inverted(lead: str, wave: LeadWaves) -> bool:
    # D: 0.1 mV in two neighbouring leads with a prominent R; V1 and III may be inverted in health.
    return lead not in ("V1", "III") and wave.t <= -0.1
