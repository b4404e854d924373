"""Rules of rhythm and AV conduction; letters name the sources that `_interpret` lists."""

from __future__ import annotations

from ecg_bench.ecg.measuring._measurements import IRREGULAR, REGULAR, Measurements

# How alike flutter waves are; at a fast rate P and T repeat nearly as often, so more is asked for there.
_FLUTTER, _FAST_FLUTTER, _FAST = 0.6, 0.65, 120.0
_PP_STEADY = 0.10
SLOW = 55.0


def rhythm(one: Measurements) -> set[str]:
    """Return the codes of rhythm, ectopic beats and AV conduction."""
    if one.paced >= max(one.beats / 2, 2):
        return {"PACE"}
    rate, wide = 60000.0 / (one.rr_median_ms or 1000.0), (one.qrs_ms or 0.0) >= 120
    if wide and rate > 120 and not one.p_present:
        return {"ABQRS"}  # E: of ventricular tachycardia, which has no code, its QRS is what can be said
    found = _ectopy(one)
    if _flutters(one):
        return found | {"AFLT"}
    if _blocked(one):
        return (found - {"PAC"}) | _sinus(one, one.atrial_rate or 0.0) | {_blocked(one)}
    if _fibrillates(one):
        return found | {"AFIB"}
    regular = (one.irregularity or 0.0) < REGULAR
    if not one.p_present and regular and rate > 120:
        # E: regular narrow tachycardia without P before QRS.
        return found | {"SVTAC"}
    if rate < 70 and (one.irregularity or 0.0) < IRREGULAR and _junctional(one):
        return found | {"SVARR"}
    found |= _sinus(one, rate)
    # B: first-degree AV block is a PR above 200 ms; 10 ms more are asked for, by which it is measured too long at most.
    if one.pr_ms is not None and one.pr_ms > 210:
        found |= {"1AVB", "LPR"}
    return found


def _ectopy(one: Measurements) -> set[str]:
    found = set()
    if one.ventricular_ectopics:
        found.add("PVC")
    if one.atrial_ectopics:
        found.add("PAC")
    for code, gap in (("BIGU", 2), ("TRIGU", 3)):
        every = [a for a, b in zip(one.early, one.early[1:], strict=False) if b - a == gap]
        if len(every) >= 2:
            found.add(code)
    return found


def _flutters(one: Measurements) -> bool:
    # C: atrial waves that repeat at 240 to 320 a minute without an isoelectric line.
    wanted = _FAST_FLUTTER if (one.rate or 0.0) > _FAST else _FLUTTER
    return one.flutter > wanted and 235 <= one.flutter_rate <= 345


def _fibrillates(one: Measurements) -> bool:
    # C: no P waves that repeat, and RR intervals that are irregular without a pattern.
    return not one.p_present and (one.irregularity or 0.0) > IRREGULAR


def _blocked(one: Measurements) -> str:
    # B: P waves that march on while QRS complexes drop out (second degree), or have no relation to them (third).
    atrial, rate = one.atrial_rate or 0.0, one.rate or 0.0
    steady = one.pp_spread is not None and one.pp_spread < _PP_STEADY
    if not steady or atrial > 150 or atrial < 1.15 * rate:
        return ""
    regular = (one.irregularity or 0.0) < REGULAR
    if regular and rate < 70 and not one.p_present:
        return "3AVB"
    return "2AVB" if (one.longest_rr or 1.0) > 1.3 and rate < 100 and not one.ventricular_ectopics else ""


def _junctional(one: Measurements) -> bool:
    # A, part III: a rhythm of the junction has inverted P waves in II less than 120 ms before QRS, or none.
    if not one.p_present:
        return True
    return (one.p_mv or 0.0) < 0 and (one.pr_ms or 0.0) < 130


def _sinus(one: Measurements, rate: float) -> set[str]:
    # Textbooks draw the line at 60 and B at 50: it lies between here. No limit of sinus arrhythmia is agreed on.
    if rate > 100:
        return {"STACH"}
    if rate < SLOW:
        return {"SBRAD"}
    varies = one.rr_sd_ms is not None and one.rr_ms is not None and one.rr_sd_ms > 0.07 * one.rr_ms
    alone = not one.ventricular_ectopics and not one.atrial_ectopics and (one.longest_rr or 1.0) < 1.6
    return {"SARRH"} if varies and alone and (one.irregularity or 0.0) > REGULAR else {"SR"}
