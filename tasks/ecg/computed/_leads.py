"""Axis, the algebra of the limb leads, and calibration."""

from __future__ import annotations

import random
from collections.abc import Iterator

from ecg_bench.tasks.ecg.calculations import (
    LEAD_ANGLES,
    axis_from_isoelectric,
    axis_quadrant,
    lead_avf,
    lead_avr,
    lead_iii,
)
from ecg_bench.tasks.ecg.computed._template import Inputs, Rule, number, signed

# The lead at right angles to each; it says on which side the axis lies.
PERPENDICULAR = {"I": "aVF", "II": "aVL", "III": "aVR", "aVF": "I", "aVL": "II", "aVR": "III"}


def _degrees(angle: float) -> str:
    if abs(angle) == 180:
        return "180°"
    return "0°" if angle == 0 else f"{signed(angle)}°"


def _axis(isoelectric: str, positive: bool) -> int:
    return axis_from_isoelectric(isoelectric, PERPENDICULAR[isoelectric], positive)


def _axis_errors(isoelectric: str, positive: bool) -> dict[str, str]:
    right = _axis(isoelectric, positive)
    along = LEAD_ANGLES[isoelectric]
    return {
        "right line, wrong direction": _degrees(right - 180 if right > 0 else right + 180),
        "along the isoelectric lead instead of across it": _degrees(along),
        "along the isoelectric lead, other end": _degrees(along - 180 if along > 0 else along + 180),
    }


def _range(low: int, high: int) -> str:
    return f"between {_degrees(low)} and {_degrees(high)}"


def _quadrant_errors(lead_i: float, avf: float) -> dict[str, str]:
    return {
        "sign of aVF turned round": _range(*axis_quadrant(lead_i, -avf)),
        "sign of I turned round": _range(*axis_quadrant(-lead_i, avf)),
        "both signs turned round": _range(*axis_quadrant(-lead_i, -avf)),
    }


def _draw_quadrant(rng: random.Random) -> Inputs:
    return {"lead_i": rng.choice([-9, -7, -6, -4, 4, 5, 7, 8, 11]), "avf": rng.choice([-12, -8, -6, -5, 5, 6, 9, 10])}


def _draw_pair(rng: random.Random) -> Inputs:
    while True:
        lead_i, lead_ii = rng.choice([-6, -4, 3, 5, 8, 10]), rng.choice([-7, -3, 2, 6, 9, 12])
        if len(set(_sums(lead_i, lead_ii))) == 4 and lead_i != lead_ii:
            return {"lead_i": lead_i, "lead_ii": lead_ii}


def _sums(lead_i: float, lead_ii: float) -> Iterator[float]:
    yield lead_iii(lead_i, lead_ii)
    yield lead_i + lead_ii
    yield lead_i - lead_ii
    yield -(lead_i + lead_ii)


def _mm(value: float) -> str:
    return f"{signed(value)} mm" if value else "0 mm"


RULES = (
    Rule(
        name="axis_isoelectric",
        draw=lambda rng: {"isoelectric": rng.choice(list(PERPENDICULAR)), "positive": rng.random() < 0.6},
        answer=lambda isoelectric, positive: _degrees(_axis(isoelectric, positive)),
        errors=_axis_errors,
        stems=(
            "The net QRS deflection is zero in lead {isoelectric} and clearly {sign} in lead {other}. "
            "What is the frontal QRS axis?",
            "Lead {isoelectric} is equiphasic; lead {other} shows a mainly {sign} complex. Where does the axis point?",
            "R and S cancel in {isoelectric}, and {other} is {sign}. Give the direction of the mean QRS vector.",
            "Of the six limb leads {isoelectric} has the smallest net QRS, none at all, while {other} is {sign} throughout. "
            "Which axis results?",
        ),
        rationale="The axis is at right angles to lead {isoelectric}, {towards} the positive pole of {other}: {answer}.",
        topic="axis",
        difficulty="medium",
        group="electrical-axis#isoelectric-lead-and-amplitude-methods",
        show=lambda isoelectric, positive: {
            "other": PERPENDICULAR[isoelectric],
            "sign": "positive" if positive else "negative",
            "towards": "towards" if positive else "away from",
        },
        count=4,
    ),
    Rule(
        name="axis_quadrant",
        draw=_draw_quadrant,
        answer=lambda lead_i, avf: _range(*axis_quadrant(lead_i, avf)),
        errors=_quadrant_errors,
        stems=(
            "The net QRS area is {i} mm in lead I and {f} mm in aVF. In which quadrant does the axis lie?",
            "Adding up deflections gives {i} mm for lead I and {f} mm for lead aVF. Where is the frontal axis?",
            "Subtracting S from R leaves {f} mm in aVF and {i} mm in I. Which quarter of the hexaxial circle holds the axis?",
        ),
        rationale="Lead I points to 0° and aVF to +90°, so these signs place the axis {answer}.",
        topic="axis",
        difficulty="easy",
        group="electrical-axis#quadrant-method",
        show=lambda lead_i, avf: {"i": signed(lead_i), "f": signed(avf)},
    ),
    Rule(
        name="einthoven",
        draw=_draw_pair,
        answer=lambda lead_i, lead_ii: _mm(lead_iii(lead_i, lead_ii)),
        errors=lambda lead_i, lead_ii: {
            "leads added": _mm(lead_i + lead_ii),
            "lead II taken from lead I": _mm(lead_i - lead_ii),
            "sum with its sign turned round": _mm(-(lead_i + lead_ii)),
        },
        stems=(
            "At one instant lead I shows {i} mm and lead II {ii} mm. What must lead III show?",
            "Simultaneous net QRS values are {i} mm in lead I and {ii} mm in lead II. "
            "Which value does Einthoven's law give for lead III?",
        ),
        rationale="Lead I plus lead III equals lead II, so lead III is {ii} minus {i} mm, which is {answer}.",
        topic="technique",
        difficulty="medium",
        group="recording-technique#einthoven-leads",
        show=lambda lead_i, lead_ii: {"i": signed(lead_i), "ii": signed(lead_ii)},
    ),
    Rule(
        name="augmented_lead",
        draw=lambda rng: {**_draw_pair(rng), "lead": rng.choice(["aVF", "aVR"])},
        answer=lambda lead_i, lead_ii, lead: _mm(_augmented(lead_i, lead_ii, lead)),
        errors=lambda lead_i, lead_ii, lead: {
            "sign turned round": _mm(-_augmented(lead_i, lead_ii, lead)),
            "sum not halved": _mm(2 * _augmented(lead_i, lead_ii, lead)),
            "other augmented lead": _mm(_augmented(lead_i, lead_ii, "aVR" if lead == "aVF" else "aVF")),
            "twice, sign turned round": _mm(-2 * _augmented(lead_i, lead_ii, lead)),
        },
        stems=(
            "At one instant lead I is {i} mm and lead II is {ii} mm. What is the deflection in {lead} at that instant?",
            "From lead I {i} mm and lead II {ii} mm the machine derives {lead}. Which value does it print?",
        ),
        rationale="By the lead equations aVR is minus half of I plus II, and aVF half of II plus III: {answer}.",
        topic="technique",
        difficulty="hard",
        group="recording-technique#goldberger-leads-and-the-wilson-terminal",
        show=lambda lead_i, lead_ii, lead: {"i": signed(lead_i), "ii": signed(lead_ii)},
    ),
    Rule(
        name="calibration",
        draw=lambda rng: {"height": rng.choice([7, 9, 12, 15, 18, 22]), "gain": rng.choice([5, 5, 20])},
        answer=lambda height, gain: f"{number(height / gain, 2)} mV",
        errors=lambda height, gain: {
            "standard gain of 10 mm/mV assumed": f"{number(height / 10, 2)} mV",
            "gain turned round": f"{number(height / (100 / gain), 2)} mV",
            "gain of 15 mm/mV assumed": f"{number(height / 15, 2)} mV",
        },
        stems=(
            "An R wave stands {height} mm tall on a tracing calibrated at {gain} mm/mV. What is its true amplitude?",
            "The calibration pulse of 1 mV is {gain} mm high. Which voltage does a deflection of {height} mm have?",
        ),
        rationale="Voltage is height over gain: {height} mm divided by {gain} mm/mV is {answer}.",
        topic="technique",
        difficulty="medium",
        group="recording-technique#speed-and-calibration",
    ),
)


def _augmented(lead_i: float, lead_ii: float, lead: str) -> float:
    if lead == "aVR":
        return lead_avr(lead_i, lead_ii)
    return lead_avf(lead_ii, lead_iii(lead_i, lead_ii))
