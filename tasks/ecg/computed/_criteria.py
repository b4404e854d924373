"""Voltage criteria, Sgarbossa's score, Smith's rule and the thresholds of ST elevation."""

from __future__ import annotations

import random

from ecg_bench.tasks.ecg.calculations import (
    CORNELL_LIMIT,
    PEGUERO_LIMIT,
    cornell_product,
    cornell_voltage,
    peguero_lo_presti,
    sgarbossa,
    smith_ratio,
    sokolow_lyon,
    stemi_threshold,
)
from ecg_bench.tasks.ecg.computed._template import Inputs, Rule, mm, number


def _verdict(total: float, met: bool, unit: str = "mm") -> str:
    return f"{number(total, 2)} {unit}, criterion {'met' if met else 'not met'}"


def _cornell(r_avl: float, s_v3: float, sex: str) -> str:
    return _verdict(*cornell_voltage(r_avl, s_v3, sex))


def _sokolow_errors(s_v1: float, r_v5: float, r_v6: float) -> dict[str, str]:
    total, met = sokolow_lyon(s_v1, r_v5, r_v6)
    return {
        "right sum, wrong side of 35 mm": _verdict(total, not met),
        "smaller R wave taken": _verdict(s_v1 + min(r_v5, r_v6), s_v1 + min(r_v5, r_v6) >= 35),
        "both R waves added, S left out": _verdict(r_v5 + r_v6, r_v5 + r_v6 >= 35),
        "all three added": _verdict(s_v1 + r_v5 + r_v6, True),
    }


def _cornell_errors(r_avl: float, s_v3: float, sex: str) -> dict[str, str]:
    total, met = cornell_voltage(r_avl, s_v3, sex)
    return {
        "limit of the other sex, or the wrong side of it": _verdict(total, not met),
        "larger deflection doubled": _verdict(2 * max(r_avl, s_v3), 2 * max(r_avl, s_v3) > CORNELL_LIMIT[sex]),
        "S wave alone held against the limit": _verdict(s_v3, s_v3 > CORNELL_LIMIT[sex]),
    }


def _product_errors(r_avl: float, s_v3: float, qrs_ms: float) -> dict[str, str]:
    product, met = cornell_product(r_avl, s_v3, qrs_ms)
    return {
        "right product, wrong side of 2440": _verdict(product, not met, "mm·ms"),
        "S wave alone multiplied": _verdict(s_v3 * qrs_ms, s_v3 * qrs_ms > 2440, "mm·ms"),
        "8 mm added as for a woman": _verdict(product + 8 * qrs_ms, product + 8 * qrs_ms > 2440, "mm·ms"),
    }


def _peguero_errors(deepest_s: float, s_v4: float, sex: str) -> dict[str, str]:
    total, met = peguero_lo_presti(deepest_s, s_v4, sex)
    return {
        "limit of the other sex, or the wrong side of it": _verdict(total, not met),
        "deepest S doubled": _verdict(2 * deepest_s, True),
        "S of V4 doubled": _verdict(2 * s_v4, 2 * s_v4 >= PEGUERO_LIMIT[sex]),
    }


def _near(rng: random.Random, total: float, least: float) -> tuple[float, float]:
    """Split a total into two deflections of at least so much each, in half millimetres."""
    first = least + 0.5 * rng.randrange(int(2 * (total - 2 * least)) + 1)
    return first, total - first


def _draw_sokolow(rng: random.Random) -> Inputs:
    s_v1, tall = _near(rng, rng.choice([30, 32, 34, 36, 38, 41]), 11)
    small = tall - rng.choice([2, 3, 4])
    r_v5, r_v6 = (tall, small) if rng.random() < 0.5 else (small, tall)
    return {"s_v1": s_v1, "r_v5": r_v5, "r_v6": r_v6}


def _draw_cornell(rng: random.Random) -> Inputs:
    r_avl, s_v3 = _near(rng, rng.choice([17, 19, 22, 23, 25, 26, 30, 32]), 6)
    return {"r_avl": r_avl, "s_v3": s_v3, "sex": rng.choice(["man", "woman"])}


def _draw_product(rng: random.Random) -> Inputs:
    r_avl, s_v3 = _near(rng, rng.choice([20, 22, 24, 26]), 7)
    return {"r_avl": r_avl, "s_v3": s_v3, "qrs_ms": rng.choice([88, 96, 104, 112])}


def _draw_peguero(rng: random.Random) -> Inputs:
    s_v4, deepest_s = sorted(_near(rng, rng.choice([20, 22, 24, 26, 30]), 6))
    return {"deepest_s": deepest_s + 1, "s_v4": s_v4, "sex": rng.choice(["man", "woman"])}


def _points(points: int) -> str:
    return f"{points} points, {'positive' if points >= 3 else 'negative'}"


def _draw_sgarbossa(rng: random.Random) -> Inputs:
    return {
        "concordant_elevation": rng.choice([0, 0, 0.5, 1, 1.5]),
        "concordant_depression_v1_v3": rng.choice([0, 0, 0.5, 1, 2]),
        "discordant_elevation": rng.choice([2, 4, 5, 6]),
    }


def _sgarbossa_errors(
    concordant_elevation: float, concordant_depression_v1_v3: float, discordant_elevation: float
) -> dict[str, str]:
    a, b, c = concordant_elevation >= 1, concordant_depression_v1_v3 >= 1, discordant_elevation >= 5
    return {
        "points of elevation and depression exchanged": _points(3 * a + 5 * b + 2 * c),
        "discordant elevation counted from 1 mm": _points(5 * a + 3 * b + 2),
        "one point for each finding": _points(a + b + c),
        "discordant elevation left out": _points(5 * a + 3 * b),
        "every criterion counted": _points(10),
        "half a millimetre counted": _points(5 * (concordant_elevation > 0) + 3 * (concordant_depression_v1_v3 > 0)),
        "concordant elevation taken for granted": _points(5 + 3 * b + 2 * c),
    }


def _smith_text(st: float, s: float) -> str:
    ratio, met = smith_ratio(st, s)
    return f"ratio {number(ratio, 2)}, rule {'met' if met else 'not met'}"


def _smith_errors(st: float, s: float) -> dict[str, str]:
    ratio, met = smith_ratio(st, s)
    inverse = s / st
    return {
        "right ratio, wrong side of 0.25": f"ratio {number(ratio, 2)}, rule {'not met' if met else 'met'}",
        "absolute limit of 5 mm used": f"{mm(st)} of elevation, rule {'met' if st >= 5 else 'not met'}",
        "S wave divided by ST elevation": f"ratio {number(inverse, 2)}, rule {'not met' if met else 'met'}",
    }


def _draw_smith(rng: random.Random) -> Inputs:
    while True:  # clear of the limit, so that rounding can't decide
        st, s = rng.choice([1.5, 2, 3, 3.5, 4, 4.5]), rng.choice([7, 8, 9, 11, 12, 14, 16, 18, 20])
        if abs(smith_ratio(st, s)[0] - 0.25) > 0.02:
            return {"st": st, "s": s}


Patient = tuple[str, int, str, float]


def _draw_patients(rng: random.Random) -> Inputs:
    """Draw four patients, of whom exactly the first reaches the threshold."""
    patients: list[list[object]] = []
    seen = set()
    while len(patients) < 4:
        sex, age = rng.choice(["man", "woman"]), rng.choice([28, 34, 38, 45, 52, 58, 67])
        leads = rng.choice(["V2 and V3", "V2 and V3", "V5 and V6", "II and aVF"])
        limit = stemi_threshold(sex, age, leads.split()[0])
        height = limit + (rng.choice([0, 0.5]) if not patients else -0.5)
        if (sex, leads) not in seen and height >= 0.5:
            seen.add((sex, leads))
            patients.append([sex, age, leads, height])
    return {"patients": patients}


def _patient(sex: str, age: int, leads: str, height: float) -> str:
    return f"{sex} of {age}, {number(height, 1)} mm in {leads}"


def _reached(patients: list[Patient]) -> str:
    met = [p for p in patients if p[3] >= stemi_threshold(p[0], p[1], p[2].split()[0])]
    if len(met) != 1:
        raise ValueError(f"{len(met)} of the patients reach the threshold")
    return _patient(*met[0])


RULES = (
    Rule(
        name="sokolow_lyon",
        draw=_draw_sokolow,
        answer=lambda s_v1, r_v5, r_v6: _verdict(*sokolow_lyon(s_v1, r_v5, r_v6)),
        errors=_sokolow_errors,
        stems=(
            "S in V1 is {s} mm deep, R is {r5} mm tall in V5 and {r6} mm in V6. What is the Sokolow-Lyon voltage, and is the "
            "criterion met?",
            "Precordial voltages: SV1 {s} mm, RV5 {r5} mm, RV6 {r6} mm. Which statement about the Sokolow-Lyon index is right?",
        ),
        rationale="The index is S in V1 plus the taller R of V5 and V6, and 35 mm or more meets it: {answer}.",
        topic="hypertrophy",
        difficulty="medium",
        group="left-ventricular-hypertrophy#sokolow-lyon-and-limb-lead-voltages",
        show=lambda s_v1, r_v5, r_v6: {"s": number(s_v1, 1), "r5": number(r_v5, 1), "r6": number(r_v6, 1)},
    ),
    Rule(
        name="cornell_voltage",
        draw=_draw_cornell,
        answer=_cornell,
        errors=_cornell_errors,
        stems=(
            "A {sex} has an R wave of {r} mm in aVL and an S wave of {s} mm in V3. What is the Cornell voltage, and is the "
            "criterion met?",
            "R in aVL measures {r} mm and S in V3 {s} mm in a {sex}. How does the Cornell voltage come out?",
        ),
        rationale="R in aVL plus S in V3 must exceed 28 mm in men and 20 mm in women: {answer}.",
        topic="hypertrophy",
        difficulty="medium",
        group="left-ventricular-hypertrophy#cornell-voltage-and-product",
        show=lambda r_avl, s_v3, sex: {"r": number(r_avl, 1), "s": number(s_v3, 1)},
    ),
    Rule(
        name="cornell_product",
        draw=_draw_product,
        answer=lambda r_avl, s_v3, qrs_ms: _verdict(*cornell_product(r_avl, s_v3, qrs_ms), "mm·ms"),
        errors=_product_errors,
        stems=(
            "A man has R {r} mm in aVL, S {s} mm in V3 and a QRS of {qrs_ms} ms. What is his Cornell product, and is the "
            "criterion met?",
            "For a man with RaVL {r} mm, SV3 {s} mm and QRS {qrs_ms} ms, which Cornell product and verdict are right?",
        ),
        rationale="In men the product is the sum of R in aVL and S in V3 times QRS duration, with a limit of 2440: {answer}.",
        topic="hypertrophy",
        difficulty="hard",
        group="left-ventricular-hypertrophy#cornell-voltage-and-product",
        show=lambda r_avl, s_v3, qrs_ms: {"r": number(r_avl, 1), "s": number(s_v3, 1)},
    ),
    Rule(
        name="peguero_lo_presti",
        draw=_draw_peguero,
        answer=lambda deepest_s, s_v4, sex: _verdict(*peguero_lo_presti(deepest_s, s_v4, sex)),
        errors=_peguero_errors,
        stems=(
            "In a {sex} the deepest S wave of all leads is {d} mm (V2), and S in V4 is {s} mm. How does the Peguero-Lo Presti "
            "criterion come out?",
            "A {sex}'s deepest S wave measures {d} mm in V3, S in V4 {s} mm. What is the Peguero-Lo Presti sum, and is it met?",
        ),
        rationale="The deepest S plus S in V4 must reach 28 mm in men and 23 mm in women: {answer}.",
        topic="hypertrophy",
        difficulty="hard",
        group="left-ventricular-hypertrophy#peguero-lo-presti-criterion",
        show=lambda deepest_s, s_v4, sex: {"d": number(deepest_s, 1), "s": number(s_v4, 1)},
    ),
    Rule(
        name="sgarbossa",
        draw=_draw_sgarbossa,
        answer=lambda **inputs: _points(sgarbossa(**inputs)),
        errors=_sgarbossa_errors,
        stems=(
            "With left bundle branch block the largest deviations are {ce} mm of concordant ST elevation, {cd} mm of ST "
            "depression in V1 to V3 and {de} mm of discordant ST elevation. What is the original Sgarbossa score?",
            "A paramedic measures, in left bundle branch block: ST elevation with a positive QRS {ce} mm, ST depression in V1-V3 "
            "{cd} mm, ST elevation with a negative QRS {de} mm. How many points of the 1996 score are these?",
            "Chest pain and LBBB: concordant elevation {ce} mm, ST depression in V1-V3 {cd} mm, discordant elevation {de} mm. "
            "Which original Sgarbossa result is right?",
        ),
        rationale="5 points for concordant elevation from 1 mm, 3 for depression from 1 mm in V1-V3, 2 for discordant elevation "
        "from 5 mm, positive from 3: {answer}.",
        topic="ischaemia",
        difficulty="hard",
        group="infarction-in-lbbb-and-paced-rhythm#the-original-score",
        show=lambda concordant_elevation, concordant_depression_v1_v3, discordant_elevation: {
            "ce": number(concordant_elevation, 1),
            "cd": number(concordant_depression_v1_v3, 1),
            "de": number(discordant_elevation, 1),
        },
    ),
    Rule(
        name="smith_ratio",
        draw=_draw_smith,
        answer=_smith_text,
        errors=_smith_errors,
        stems=(
            "In a lead with left bundle branch block the S wave is {depth} mm deep and the J point {elevation} mm elevated. How "
            "does Smith's modified third criterion come out?",
            "Discordant elevation of {elevation} mm follows an S wave of {depth} mm in a patient with LBBB. Which conclusion by the "
            "proportional rule of Smith is right?",
            "V3 in LBBB: S wave {depth} mm, discordant ST elevation {elevation} mm. Which result does the Smith-modified "
            "criterion give?",
        ),
        rationale="Elevation of at least 1 mm that is at least a quarter of the S wave meets the rule: {answer}.",
        topic="ischaemia",
        difficulty="medium",
        group="infarction-in-lbbb-and-paced-rhythm#smith-modification",
        show=lambda st, s: {"elevation": number(st, 1), "depth": number(s, 1)},
    ),
    Rule(
        name="stemi_threshold",
        draw=_draw_patients,
        answer=_reached,
        errors=lambda patients: {
            f"limit of another group: a {sex} of {age} needs {number(stemi_threshold(sex, age, leads.split()[0]), 1)} mm in "
            f"{leads}": _patient(sex, age, leads, height)
            for sex, age, leads, height in patients
        },
        stems=(
            "Without LVH or bundle branch block, whose new J-point elevation reaches the Universal Definition's threshold?",
            "Which of these patients with chest pain has ST elevation, at the J point, that satisfies the 2018 universal "
            "definition of infarction (no LVH, no LBBB)?",
            "Four J-point elevations in two contiguous leads, narrow QRS, no LVH: which one counts as ST elevation infarction "
            "by sex- and age-specific limits?",
        ),
        rationale="V2-V3 need 2 mm in men from 40, 2.5 mm in younger men and 1.5 mm in women, other leads 1 mm: {answer}.",
        topic="ischaemia",
        difficulty="hard",
        group="st-elevation-thresholds#cut-points-in-the-standard-leads",
    ),
)
