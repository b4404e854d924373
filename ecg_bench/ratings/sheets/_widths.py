"""How wide the intervals will be when everything that a design asks for has been rated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import fsum, sqrt

from ecg_bench.ratings.sheets._design import Design
from ecg_bench.ratings.sheets._guess import Guess
from ecg_bench.ratings.sheets._pool import Pool
from ecg_bench.statistics import planned_width, wilson

# Correlation of two systems' ratings over the same questions: the mean over the pairs of twelve systems in the released
# sheet of the ECG-LLM study.
PAIRED = 0.23


@dataclass(frozen=True)
class SystemWidths:
    """What to expect of one system.

    Parameters
    ----------
    answers : int
        How many answers it has.
    rated : float
        How many of them are rated, on average over draws.
    accepted : float
        The share of its answers that is expected to be accepted.
    human : float
        Width of the 95 % interval of that share by human ratings alone, of as many answers drawn at random.
    corrected : float or None
        Width for the judge's score, corrected by the ratings; None without a judge.
    """

    answers: int
    rated: float
    accepted: float
    human: float
    corrected: float | None


@dataclass(frozen=True)
class Widths:
    """What to expect of all systems.

    Parameters
    ----------
    systems : mapping of str to SystemWidths
        By name.
    difference, difference_corrected : float or None
        Width of the 95 % interval of a difference, for the pair of systems for which it is widest; None with a single
        system or, if corrected, without a judge.
    """

    systems: Mapping[str, SystemWidths]
    difference: float | None
    difference_corrected: float | None


def widths(pool: Pool, design: Design, guess: Guess) -> Widths:
    """Return the widths to expect of a design.

    Notes
    -----
    ``human`` is the Wilson interval at the expected share; ``corrected`` is
    `ecg_bench.statistics.planned_width` with the ratings that the design gives to each verdict. A difference has the
    width ``sqrt(a^2 + b^2 - 2 r a b)``, with r = `PAIRED` for human ratings of whole questions, and 0 else, which is
    too wide rather than too narrow. Several answers of one system to a question (epochs) count as one where questions
    are drawn.
    """
    found = {system: _system(pool, design, guess, system) for system in pool.systems}
    paired = PAIRED if design.by_question else 0.0
    human = [_difference(a.human, b.human, paired) for a, b in combinations(found.values(), 2)]
    corrected = [
        _difference(a.corrected, b.corrected, 0.0)
        for a, b in combinations(found.values(), 2)
        if a.corrected is not None and b.corrected is not None
    ]
    return Widths(found, max(human, default=None), max(corrected, default=None))


def _system(pool: Pool, design: Design, guess: Guess, system: str) -> SystemWidths:
    own = [one for one in pool.candidates if one.system == system]
    by_verdict: dict[str, list[float]] = {}
    for one in own:
        by_verdict.setdefault(one.verdict, []).append(design.inclusion[one.place])
    n, rated = len(own), fsum(design.inclusion[one.place] for one in own)
    mean = guess.mean(one.verdict for one in own)
    alike = len({one.asked for one in own}) / n if design.by_question else 1.0
    low, high = wilson(mean * rated * alike, rated * alike)
    corrected = None
    if pool.scale is not None:
        corrected = planned_width(
            [len(some) / n for some in by_verdict.values()],
            [guess.means[verdict] for verdict in by_verdict],
            [fsum(some) * alike for some in by_verdict.values()],
            n,
        )
    return SystemWidths(n, rated, mean, high - low, corrected)


def _difference(a: float, b: float, correlation: float) -> float:
    return sqrt(a * a + b * b - 2 * correlation * a * b)
