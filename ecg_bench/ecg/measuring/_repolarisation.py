"""Rules of Q waves, ST, T and QT; letters name the sources that `_interpret` lists."""

from __future__ import annotations

from collections.abc import Callable

from ecg_bench.ecg.measuring._measurements import Measurements
from ecg_bench.ecg.measuring._waves import LeadWaves

# Neighbouring leads of each territory (D).
_TERRITORIES = {
    "inferior": ("II", "III", "aVF"),
    "lateral": ("I", "aVL", "V5", "V6"),
    "anterior": ("V3", "V4", "V5"),
    "septal": ("V1", "V2", "V3"),
}
_INFARCTION = {"inferior": "IMI", "lateral": "LMI", "anterior": "AMI", "septal": "ASMI"}
_ISCHAEMIA = {"inferior": "ISCIN", "lateral": "ISCLA", "anterior": "ISCAN", "septal": "ISCAS"}
_JOINED = ((("inferior", "lateral"), "ILMI"), (("anterior", "lateral"), "ALMI"), (("anterior", "septal"), "ASMI"))
LONG_QTC_MS = 460.0  # A, part IV: the limit for women; for men it is 450


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
    lowered = _territories(one, lambda lead, wave: wave.st <= -0.06, 2) if narrow else set()
    inverted = _territories(one, _is_inverted, 2) if narrow else set()
    if dead:
        made.add("QWAVE")
    if raised:
        made.add("STE_")
    infarcted = dead | raised
    made |= _infarctions(infarcted)
    # The opposite of an elevation is reciprocal (A, part VI).
    if lowered and not raised:
        made |= {"STD_"} | {_ISCHAEMIA[territory] for territory in lowered if territory not in infarcted}
    if inverted and not infarcted and not lowered:
        made |= {"INVT", "NDT"}
    return made


def _territories(one: Measurements, rule: Callable[[str, LeadWaves], bool], least: int) -> set[str]:
    return {
        name
        for name, leads in _TERRITORIES.items()
        if sum(lead in one.waves and rule(lead, one.waves[lead]) for lead in leads) >= least
    }


def _infarctions(territories: set[str]) -> set[str]:
    left, found = set(territories), set()
    for pair, code in _JOINED:
        if set(pair) <= left:
            found.add(code)
            left -= set(pair)
    return found | {_INFARCTION[territory] for territory in left}


def _is_q(lead: str, wave: LeadWaves) -> bool:
    # D: 20 ms or QS in V2 and V3, 30 ms and 0.1 mV elsewhere; a Q of a quarter of R is asked for besides.
    if lead == "V1":
        return False
    if lead in ("V2", "V3"):
        return wave.q <= -0.1 and wave.q_ms >= 20
    return wave.q <= -0.1 and wave.q_ms >= 30 and -wave.q >= 0.25 * wave.r


def _is_raised(lead: str, wave: LeadWaves) -> bool:
    # D: 0.1 mV in two neighbouring leads; 0.2 mV in V2 and V3.
    return wave.st >= (0.2 if lead in ("V1", "V2", "V3", "V4") else 0.1)


def _is_inverted(lead: str, wave: LeadWaves) -> bool:
    # D: 0.1 mV in two neighbouring leads with a prominent R; V1 and III may be inverted in health.
    return lead not in ("V1", "III") and wave.t <= -0.1
