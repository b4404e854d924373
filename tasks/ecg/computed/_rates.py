"""Rates."""

from __future__ import annotations

from ecg_bench.tasks.ecg.calculations import rate_from_rr, rate_from_squares, rate_from_strip, ventricular_rate
from ecg_bench.tasks.ecg.computed._template import Rule, bpm, number

RULES = (
    Rule(
        name="rate_large_squares",
        draw=lambda rng: {"large": rng.choice([1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7])},
        answer=lambda large: bpm(rate_from_squares(5 * large)),
        errors=lambda large: {
            "small-square constant 1500 applied to large squares": bpm(1500 / large),
            "paper taken to run at 50 mm/s": bpm(600 / large),
            "one large square taken as 400 ms": bpm(150 / large),
        },
        stems=(
            "At 25 mm/s, successive R waves of a regular rhythm are {large} large squares apart. What is the heart rate?",
            "A regular tracing on paper at 25 mm/s shows an RR interval of {large} big boxes. Which rate does it have?",
        ),
        rationale="At 25 mm/s a large square is 200 ms, so the rate is 300 divided by {large}, which is {answer}.",
        topic="rate-rhythm",
        difficulty="easy",
        group="rate-and-rhythm#the-300-and-1500-rules",
        show=lambda large: {"large": number(large, 1)},
    ),
    Rule(
        name="rate_small_squares",
        draw=lambda rng: {"small": rng.choice([9, 11, 13, 14, 16, 18, 21, 23, 27, 32, 36])},
        answer=lambda small: bpm(rate_from_squares(small)),
        errors=lambda small: {
            "large-square constant 300 applied to small squares": bpm(300 / small),
            "paper taken to run at 50 mm/s": bpm(3000 / small),
            "constant 1000 instead of 1500": bpm(1000 / small),
        },
        stems=(
            "The RR interval of a regular tachycardia or bradycardia measures {small} mm on paper at 25 mm/s. "
            "What is the ventricular rate?",
            "Between two R waves of a regular rhythm you count {small} small squares at standard speed. "
            "Which heart rate follows?",
        ),
        rationale="At 25 mm/s a small square is 40 ms, so the rate is 1500 divided by {small}, which is {answer}.",
        topic="rate-rhythm",
        difficulty="easy",
        group="rate-and-rhythm#the-300-and-1500-rules",
    ),
    Rule(
        name="rate_strip",
        draw=lambda rng: {"complexes": rng.randrange(5, 19), "seconds": rng.choice([6, 10, 10])},
        answer=lambda complexes, seconds: bpm(rate_from_strip(complexes, seconds)),
        errors=lambda complexes, seconds: {
            "complexes multiplied by the seconds of the other usual strip": bpm(
                complexes * (10 if seconds == 10 else 6)
            ),
            "strip taken to last 3 s": bpm(complexes * 20),
            "strip taken to last 5 s": bpm(complexes * 12),
            "strip taken to last 12 s": bpm(complexes * 5),
        },
        stems=(
            "An irregularly irregular rhythm shows {complexes} QRS complexes in {seconds} seconds. "
            "What is its mean ventricular rate?",
            "You count {complexes} ventricular complexes on a {seconds}-second rhythm strip of atrial fibrillation. "
            "Which mean rate do you report?",
        ),
        rationale="The mean rate is {complexes} complexes times 60 divided by {seconds} seconds, which is {answer}.",
        topic="rate-rhythm",
        difficulty="easy",
        group="rate-and-rhythm#irregular-rhythms-and-fixed-windows",
    ),
    Rule(
        name="rate_fast_paper",
        draw=lambda rng: {"large": rng.choice([3, 4, 5, 6, 8, 10, 12])},
        answer=lambda large: bpm(rate_from_squares(5 * large, speed_mm_s=50)),
        errors=lambda large: {
            "rule of 300 used as if the paper ran at 25 mm/s": bpm(300 / large),
            "rate of 25 mm/s halved instead of doubled": bpm(150 / large),
            "rule of 1500 used with large squares": bpm(1500 / large),
        },
        stems=(
            "A tracing is recorded at 50 mm/s; the RR interval is regular at {large} large squares. What is the rate?",
            "The header reads 50 mm/s and the R waves lie {large} large boxes apart. Which heart rate is this?",
        ),
        rationale="At 50 mm/s a large square is 100 ms, so the rate is 600 divided by {large}, which is {answer}.",
        topic="rate-rhythm",
        difficulty="medium",
        group="rate-and-rhythm#pitfalls",
    ),
    Rule(
        name="rate_rr",
        draw=lambda rng: {"rr_ms": rng.choice([320, 380, 440, 520, 640, 720, 880, 960, 1150, 1300])},
        answer=lambda rr_ms: bpm(rate_from_rr(rr_ms)),
        errors=lambda rr_ms: {
            "milliseconds divided by 10": bpm(rr_ms / 10),
            "30 000 divided by the interval": bpm(30_000 / rr_ms),
            "100 000 divided by the interval": bpm(100_000 / rr_ms),
        },
        stems=(
            "The device prints a constant RR interval of {rr_ms} ms. Which heart rate does this correspond to?",
            "A regular rhythm has a cycle length of {rr_ms} ms. What is its rate?",
        ),
        rationale="The rate is 60 000 divided by the cycle length of {rr_ms} ms, which is {answer}.",
        topic="rate-rhythm",
        difficulty="easy",
        group="rate-and-rhythm#the-300-and-1500-rules",
    ),
    Rule(
        name="conduction_ratio",
        draw=lambda rng: {"atrial": rng.choice([240, 264, 276, 288, 300, 312]), "ratio": rng.choice([2, 3, 4])},
        answer=lambda atrial, ratio: bpm(ventricular_rate(atrial, ratio)),
        errors=lambda atrial, ratio: {
            "one atrial beat too many for each QRS": bpm(atrial / (ratio + 1)),
            "one atrial beat too few for each QRS": bpm(atrial / (ratio - 1)) if ratio > 2 else bpm(atrial / 5),
            "share of blocked instead of conducted beats": bpm(atrial * (ratio - 1) / ratio),
            "ratio of six": bpm(atrial / 6),
        },
        stems=(
            "In typical flutter the atria beat {atrial} times per minute and conduction is fixed at {ratio}:1. "
            "What is the ventricular rate?",
            "Flutter waves recur at {atrial} per minute and every {ordinal} one is followed by a QRS complex. "
            "Which pulse do you expect?",
        ),
        rationale="With {ratio}:1 conduction the ventricular rate is {atrial} divided by {ratio}, which is {answer}.",
        topic="supraventricular",
        difficulty="medium",
        group="atrial-flutter#conduction-to-the-ventricles",
        show=lambda atrial, ratio: {"ordinal": {2: "second", 3: "third", 4: "fourth"}[ratio]},
    ),
    Rule(
        name="wenckebach_rate",
        draw=lambda rng: {"sinus": rng.choice([72, 80, 84, 90, 96, 100]), "cycle": rng.choice([3, 4, 5])},
        answer=lambda sinus, cycle: bpm(ventricular_rate(sinus, cycle, cycle - 1)),
        errors=lambda sinus, cycle: {
            "only one beat of each cycle counted": bpm(sinus / cycle),
            "every beat taken as conducted": bpm(sinus),
            "every second beat taken as dropped": bpm(sinus / 2),
            "a cycle one beat longer": bpm(sinus * cycle / (cycle + 1)),
        },
        stems=(
            "Type I second-degree AV block shows a steady {cycle}:{conducted} pattern at a sinus rate of {sinus} per "
            "minute. What is the mean ventricular rate?",
            "P waves march at {sinus} per minute, and one of every {cycle} fails to conduct after PR prolongation. "
            "Which mean ventricular rate results?",
        ),
        rationale="{conducted} of every {cycle} P waves are conducted, so the mean ventricular rate is {answer}.",
        topic="conduction",
        difficulty="medium",
        group="atrioventricular-block#mobitz-type-i",
        show=lambda sinus, cycle: {"conducted": cycle - 1},
    ),
)
