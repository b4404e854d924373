"""Intervals, and the QT interval corrected by four formulas."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise

from ecg_bench.tasks.ecg.calculations import (
    ms_per_mm,
    qtc_bazett,
    qtc_framingham,
    qtc_fridericia,
    qtc_hodges,
    rate_from_rr,
)
from ecg_bench.tasks.ecg.computed._template import Inputs, Rule, ms, number

FORMULAS: dict[str, Callable[[float, float], float]] = {
    "Bazett": qtc_bazett,
    "Fridericia": qtc_fridericia,
    "Framingham": qtc_framingham,
    "Hodges": qtc_hodges,
}
WORDS = {
    "Bazett": "QT divided by the square root of RR in seconds",
    "Fridericia": "QT divided by the cube root of RR in seconds",
    "Framingham": "QT plus 154 times (1 minus RR in seconds)",
    "Hodges": "QT plus 1.75 times (rate minus 60)",
}


def _draw_qt(rng: random.Random) -> Inputs:
    rr_ms = rng.choice([400, 500, 600, 640, 750, 1200, 1500])  # far from 1000 ms, so that the formulas disagree
    usual = 400 * (rr_ms / 1000) ** 0.4
    return {"qt_ms": 10 * round((usual + rng.choice([-20, 0, 20, 40, 60])) / 10), "rr_ms": rr_ms}


def _qtc_errors(name: str) -> Callable[..., dict[str, str]]:
    def errors(qt_ms: float, rr_ms: float) -> dict[str, str]:
        others = {f"{other}'s formula used": ms(f(qt_ms, rr_ms)) for other, f in FORMULAS.items() if other != name}
        wrong_way = {"corrected in the wrong direction": ms(2 * qt_ms - FORMULAS[name](qt_ms, rr_ms))}
        uncorrected = {"QT left uncorrected": ms(qt_ms)}
        # Which three are offered differs from item to item, so that their pattern gives nothing away.
        errors = [*others.items(), *wrong_way.items(), *uncorrected.items()]
        start = int(qt_ms + rr_ms) // 10 % len(errors)
        return dict(errors[start:] + errors[:start])

    return errors


def _apart(rule: Rule, inputs: Inputs) -> bool:
    """Whether the options lie at least 8 ms apart, so that rounding can't decide."""
    values = [float(text.split()[0]) for text in (rule.answer(**inputs), *(text for text, _ in rule.wrong(inputs)))]
    ordered = sorted(values)
    return len(values) == 4 and all(b - a >= 8 for a, b in pairwise(ordered))


def _qtc_rule(name: str, difficulty: str) -> Rule:
    def answer(qt_ms: float, rr_ms: float) -> str:
        return ms(FORMULAS[name](qt_ms, rr_ms))

    def draw(rng: random.Random) -> Inputs:
        while True:
            inputs = _draw_qt(rng)
            if _apart(rule, inputs):
                return inputs

    rule = Rule(
        name=f"qtc_{name.lower()}",
        draw=draw,
        answer=answer,
        errors=_qtc_errors(name),
        stems=(
            f"QT measures {{qt_ms}} ms at a heart rate of {{rate}} per minute (RR {{rr_ms}} ms). "
            f"What is the QTc by {name}'s formula?",
            f"Correct a QT of {{qt_ms}} ms, taken at an RR interval of {{rr_ms}} ms, by the {name} formula.",
            f"Which corrected value does {name}'s equation give for QT {{qt_ms}} ms when R waves are {{rr_ms}} ms apart?",
        ),
        rationale=f"By {name}, QTc is {WORDS[name]}, here {{answer}}.",
        topic="intervals",
        difficulty=difficulty,
        group="qt-interval#heart-rate-correction-formulae",
        show=lambda qt_ms, rr_ms: {"rate": number(rate_from_rr(rr_ms))},
        count=4,
    )
    return rule


def _qt_from_squares(qt_small: float, rr_large: float) -> str:
    return ms(qtc_bazett(qt_small * ms_per_mm(), rr_large * 5 * ms_per_mm()))


# Squares and paper speeds that give no interval at the very limits of 120 and 200 ms.
_PR_SQUARES = [
    *((small, 25) for small in (2, 2.5, 3.5, 4, 6, 6.5, 7)),
    *((small, 50) for small in (4, 5, 7, 8, 11, 12, 13)),
]


def _pr_text(duration: float) -> str:
    verdict = "short" if duration < 120 else "prolonged" if duration > 200 else "normal"
    return f"{number(duration)} ms, {verdict}"


RULES = (
    _qtc_rule("Bazett", "medium"),
    _qtc_rule("Fridericia", "medium"),
    _qtc_rule("Framingham", "hard"),
    _qtc_rule("Hodges", "hard"),
    Rule(
        name="qtc_from_squares",
        draw=lambda rng: {"qt_small": rng.choice([8, 8.5, 9, 9.5, 10, 11]), "rr_large": rng.choice([2.5, 3, 3.5, 4])},
        answer=_qt_from_squares,
        errors=lambda qt_small, rr_large: {
            "QT left uncorrected": ms(qt_small * 40),
            "multiplied by the square root instead of divided": ms(qt_small * 40 * (rr_large / 5) ** 0.5),
            "divided by RR itself": ms(qt_small * 40 / (rr_large / 5)),
        },
        stems=(
            "At 25 mm/s the QT interval covers {qt} small squares and the RR interval {rr} large ones. "
            "What is the QTc by Bazett's formula?",
            "You measure {qt} mm for QT and {rr} large squares for RR at standard speed. Which Bazett QTc follows?",
        ),
        rationale="QT is {qt} times 40 ms, RR is {rr} times 0.2 s, and QT over the square root of RR is {answer}.",
        topic="intervals",
        difficulty="hard",
        group="qt-interval#measuring-by-hand",
        show=lambda qt_small, rr_large: {"qt": number(qt_small, 1), "rr": number(rr_large, 1)},
    ),
    Rule(
        name="pr_interval",
        draw=lambda rng: dict(zip(("small", "speed"), rng.choice(_PR_SQUARES), strict=True)),
        answer=lambda small, speed: _pr_text(small * ms_per_mm(speed)),
        errors=lambda small, speed: {
            "other paper speed assumed": _pr_text(small * ms_per_mm(75 - speed)),
            "a small square taken as 30 ms": _pr_text(small * 30 + 10),
            "a small square taken as 50 ms": _pr_text(small * 50),
            "a small square taken as 10 ms": _pr_text(small * 10),
        },
        stems=(
            "The PR interval of an adult spans {squares} small squares at {speed} mm/s. How long is it, and how is it judged?",
            "On an adult tracing at {speed} mm/s, P onset and QRS onset lie {squares} mm apart. Which reading is right?",
        ),
        rationale="At {speed} mm/s a small square is {each} ms, and an adult PR interval is normal from 120 to 200 ms: {answer}.",
        topic="intervals",
        difficulty="medium",
        group="pr-and-qrs-intervals#paper-speed-arithmetic",
        show=lambda small, speed: {"squares": number(small, 1), "each": number(ms_per_mm(speed))},
    ),
    Rule(
        name="qrs_duration",
        draw=lambda rng: {"small": rng.choice([2.25, 2.5, 3.25, 3.5, 4, 4.25, 4.5])},
        answer=lambda small: ms(small * ms_per_mm()),
        errors=lambda small: {
            "paper taken to run at 50 mm/s": ms(small * 20),
            "a small square taken as 50 ms": ms(small * 50),
            "a small square taken as 30 ms": ms(small * 30),
        },
        stems=(
            "The broadest QRS complex covers {squares} small squares at 25 mm/s. What is its duration?",
            "At standard paper speed the QRS complex is {squares} mm wide. Which duration do you write down?",
        ),
        rationale="At 25 mm/s one small square is 40 ms, so {squares} of them are {answer}.",
        topic="intervals",
        difficulty="easy",
        group="pr-and-qrs-intervals#paper-speed-arithmetic",
        show=lambda small: {"squares": number(small, 2)},
    ),
)
