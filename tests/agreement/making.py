"""Ratings and verdicts of known agreement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ecg_bench.ratings import Rating, Scale

FOUR = Scale.parse("incorrect=0 | partially incorrect=0.25 | correct but incomplete=0.75 | correct=1")
TWO = Scale.even(["incorrect", "correct"])
JUDGE = "ecg-correctness@some-model"


def marks(
    levels: Sequence[int | None],
    *,
    rater: str = "rater-1",
    system: str = "system A",
    scale: Scale = FOUR,
    judge: bool = False,
    first: int = 0,
    **more: object,
) -> list[Rating]:
    """One rating of each of a system's answers to questions q0, q1, …; None for an answer without a level."""
    base = Rating(
        task="pack/open",
        system=system,
        rater=JUDGE if judge and rater == "rater-1" else rater,
        source="judge" if judge else "human",
        scale=scale,
    )
    return [
        replace(
            base,
            sample=f"q{first + n}",
            question=f"Question {first + n}?",
            answer=f"{system} says {first + n}",
            levels=() if level is None else (scale.levels[level],),
            **more,  # type: ignore[arg-type]
        )
        for n, level in enumerate(levels)
    ]


def noisy(
    n: int, *, seed: int, systems: Sequence[str] = ("system A", "system B"), harsh: float = 0.25, raters: int = 1
) -> tuple[list[Rating], list[Rating]]:
    """Human ratings and verdicts of a judge that is one level too harsh now and then: n questions to each system."""
    rng = np.random.default_rng(seed)
    humans: list[Rating] = []
    judges: list[Rating] = []
    for place, system in enumerate(systems):
        truth = rng.choice(4, n, p=[0.2, 0.1, 0.2 + 0.05 * place, 0.5 - 0.05 * place])
        for rater in range(raters):
            slips = rng.random(n) < (0.1 if raters > 1 else 0.0)
            seen = np.where(slips, np.maximum(truth - 1, 0), truth)
            humans += marks(seen.tolist(), rater=f"rater-{rater + 1}", system=system)
        judges += marks(
            np.where(rng.random(n) < harsh, np.maximum(truth - 1, 0), truth).tolist(), system=system, judge=True
        )
    return humans, judges
