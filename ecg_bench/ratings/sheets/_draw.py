"""Drawing answers for a human to rate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

from ecg_bench.errors import UserError
from ecg_bench.ratings.sheets._design import Design, Stratum, design, divide
from ecg_bench.ratings.sheets._guess import Guess, guess
from ecg_bench.ratings.sheets._order import Drawn, arrange
from ecg_bench.ratings.sheets._pool import Pool, collect
from ecg_bench.ratings.sheets._sample import Plan, Sample
from ecg_bench.ratings.sheets._widths import Widths, widths

MOST_REPEATS = 0.5


def draw(
    runs: Sequence[str | Path],
    *,
    sample: int | None = None,
    stratify: Sequence[str] = (),
    by_question: bool | None = None,
    by: str | None = None,
    pilot: str | Path | None = None,
    repeats: float = 0.0,
    seed: int = 0,
    include: Sequence[str | Path] = (),
) -> Sample:
    """Draw answers of some runs, and put them in the order in which a human is to rate them.

    Parameters
    ----------
    runs : sequence of path
        Complete runs with open answers.
    sample : int, optional
        How many answers to rate; all by default.
    stratify : sequence of str
        Of ``verdict``, ``system`` and ``topic``: from which strata to draw, each a simple random sample. The budget
        goes evenly to systems, and within each to where it makes the estimate most precise.
    by_question : bool, optional
        Draw questions, each with the answers of all systems, as paired comparisons want them; or single answers. By
        default questions where there are no strata.
    by : str, optional
        The judge whose verdicts make the strata, as ``JUDGE@MODEL``; needed only where several judged.
    pilot : path, optional
        A table of ratings, from which to learn what the human accepts of each verdict.
    repeats : float
        The share of the rows that is shown a second time, from 0 to 0.5.
    seed : int
        Decides the draw, the order and the codes. The same runs and options give the same sample.
    include : sequence of path
        Further packs, from which questions and passages are taken.

    Raises
    ------
    UserError
        If a run can't be used, or the options ask for what can't be done.
    """
    if not 0 <= repeats <= MOST_REPEATS:
        raise UserError(f"--repeats is a share of the answers from 0 to {MOST_REPEATS}, but is {repeats}")
    pool = collect(runs, by=by, include=include)
    return draw_from(
        pool, guess(pool, pilot), sample=sample, stratify=stratify, by_question=by_question, repeats=repeats, seed=seed
    )


def draw_from(
    pool: Pool,
    expected: Guess,
    *,
    sample: int | None = None,
    stratify: Sequence[str] = (),
    by_question: bool | None = None,
    repeats: float = 0.0,
    seed: int = 0,
) -> Sample:
    """Draw from answers that were read already; otherwise as `draw`."""
    strata, whole = _strata(pool, stratify, by_question)
    chosen = design(strata, stratify, expected, _budget(sample, pool), by_question=whole)
    drawn = [one for stratum in chosen.strata for one in _take(stratum, _random(pool, seed, stratum.name))]
    drawn.sort(key=lambda one: one.answer.place)
    rows = arrange(drawn, repeats, _random(pool, seed, "order"))
    return Sample(rows, chosen, widths(pool, chosen, expected), expected, pool, seed)


def plan(
    runs: Sequence[str | Path],
    budgets: Sequence[int],
    *,
    stratify: Sequence[str] = (),
    by_question: bool | None = None,
    by: str | None = None,
    pilot: str | Path | None = None,
    include: Sequence[str | Path] = (),
) -> Plan:
    """Return what to expect of each of several budgets; those that are too small for the strata are left out.

    Parameters are those of `draw`; `budgets` are numbers of answers to rate.

    Raises
    ------
    UserError
        As `draw`, or if all budgets are too small.
    """
    pool = collect(runs, by=by, include=include)
    expected = guess(pool, pilot)
    strata, whole = _strata(pool, stratify, by_question)
    rows: list[tuple[int, Design, Widths]] = []
    fault = UserError("name at least one budget")
    for budget in sorted({_budget(one, pool) for one in budgets}):
        try:
            chosen = design(strata, stratify, expected, budget, by_question=whole)
        except UserError as error:
            fault = error
            continue
        rows.append((budget, chosen, widths(pool, chosen, expected)))
    if not rows:
        raise fault
    return Plan(rows, expected, pool)


def _strata(pool: Pool, stratify: Sequence[str], by_question: bool | None) -> tuple[list[Stratum], bool]:
    whole = not stratify if by_question is None else by_question
    return divide(pool, stratify, by_question=whole), whole


def _budget(sample: int | None, pool: Pool) -> int:
    if sample is not None and sample < 1:
        raise UserError(f"--sample is a number of answers, at least 1, but is {sample}")
    return len(pool.candidates) if sample is None else min(sample, len(pool.candidates))


def _take(stratum: Stratum, random: Random) -> list[Drawn]:
    units = random.sample(stratum.units, stratum.drawn)
    return [Drawn(answer=one, inclusion=stratum.inclusion, stratum=stratum.name) for unit in units for one in unit]


def _random(pool: Pool, seed: int, what: str) -> Random:
    return Random(f"{seed} {pool.digest} {what}")
