"""How many are drawn of what: units, strata, and the allocation of a budget to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import fsum, sqrt

from ecg_bench.errors import UserError
from ecg_bench.ratings.sheets._guess import Guess
from ecg_bench.ratings.sheets._pool import Candidate, Place, Pool
from ecg_bench.statistics import allocate

FIELDS = ("verdict", "system", "topic")
AT_LEAST = 10  # of each stratum, or half of the budget spread evenly over them, if that is less

Unit = tuple[Candidate, ...]  # what is drawn as a whole: an answer, or all answers to a question


@dataclass(frozen=True)
class Stratum:
    """What one part of the budget is drawn from.

    Parameters
    ----------
    name : str
        As in the key, such as ``verdict=correct, system=A``; ``all`` without strata.
    values : tuple of str
        The value of each field of the strata.
    units : sequence of tuple of Candidate
        What can be drawn.
    drawn : int
        How many of the units are.
    """

    name: str
    values: tuple[str, ...]
    units: Sequence[Unit]
    drawn: int = 0

    @property
    def available(self) -> int:
        """How many units there are."""
        return len(self.units)

    @property
    def inclusion(self) -> float:
        """The probability with which each unit is drawn, and with it each answer."""
        return self.drawn / self.available


@dataclass(frozen=True)
class Design:
    """Which strata there are, and how many are drawn of each.

    Parameters
    ----------
    strata : sequence of Stratum
        In the order of their values.
    by_question : bool
        Whether all answers to a question are drawn together.
    """

    strata: Sequence[Stratum]
    by_question: bool

    @cached_property
    def inclusion(self) -> dict[Place, float]:
        """The probability with which each answer is drawn."""
        return {one.place: stratum.inclusion for stratum in self.strata for unit in stratum.units for one in unit}

    @property
    def answers(self) -> float:
        """How many answers are drawn; where questions have unequally many, on average."""
        return fsum(self.inclusion.values())


def divide(pool: Pool, stratify: Sequence[str], *, by_question: bool) -> list[Stratum]:
    """Return the strata of a pool, of which nothing is drawn yet.

    Raises
    ------
    UserError
        If the fields can't make strata.
    """
    for field in stratify:
        if field not in FIELDS:
            raise UserError(f"--stratify takes {', '.join(FIELDS)}, separated by commas, but got {field!r}")
        if by_question and field != "topic":
            raise UserError(
                f"the answers to one question differ in {field}: leave out --by-question, or stratify by topic only"
            )
    if "verdict" in stratify and pool.scale is None:
        raise UserError(
            "to stratify by verdict, all runs must have been judged by one judge: run ecg-bench judge RUN…, or choose "
            "among several judges with --by JUDGE@MODEL"
        )
    units: dict[object, list[Candidate]] = {}
    for one in pool.candidates:
        units.setdefault(one.asked if by_question else one.place, []).append(one)
    parts: dict[tuple[str, ...], list[Unit]] = {}
    for unit in units.values():
        parts.setdefault(tuple(str(getattr(unit[0], field)) for field in stratify), []).append(tuple(unit))
    return [Stratum(_name(stratify, values), values, parts[values]) for values in sorted(parts)]


def _name(fields: Sequence[str], values: Sequence[str]) -> str:
    return ", ".join(f"{field}={value}" for field, value in zip(fields, values, strict=True)) or "all"


def design(
    strata: Sequence[Stratum], stratify: Sequence[str], guess: Guess, budget: int, *, by_question: bool
) -> Design:
    """Return how a budget of ratings is spent: evenly on systems, and within each so that its estimate varies least.

    Within a system, a stratum with the share p of its answers, of which the human is expected to accept the share mu,
    gets ratings in proportion to p sqrt(mu (1 - mu)) (Neyman 1934), but at least `AT_LEAST`.

    Parameters
    ----------
    strata : sequence of Stratum
        As `divide` returns them.
    stratify : sequence of str
        Their fields.
    guess : Guess
        What to expect of each verdict.
    budget : int
        How many answers to rate, more than 0. Of whole questions, as many are drawn as fit into it.

    Raises
    ------
    UserError
        If the budget leaves a stratum without any: what it holds could never be known then.
    """
    units = [len(unit) for one in strata for unit in one.units]
    n = len(units) if budget >= sum(units) else max(1, budget // max(units))
    groups: dict[str, list[Stratum]] = {}
    for one in strata:
        groups.setdefault(one.values[stratify.index("system")] if "system" in stratify else "", []).append(one)
    sizes = [sum(one.available for one in group) for group in groups.values()]
    even = [1.0] * len(sizes)
    made = []
    for group, share in zip(groups.values(), allocate(even, even, n, at_least=0, sizes=sizes).tolist(), strict=True):
        made += _spend(group, share, guess, len(strata))
    order = {one.values: place for place, one in enumerate(strata)}
    return Design(sorted(made, key=lambda one: order[one.values]), by_question)


def _spend(group: Sequence[Stratum], budget: int, guess: Guess, strata: int) -> list[Stratum]:
    if budget < len(group):
        raise UserError(
            f"the sample is too small for {strata} strata, each of which needs at least one: take a larger --sample, "
            "or --stratify by less"
        )
    sizes = [one.available for one in group]
    means = [guess.mean(one.verdict for unit in stratum.units for one in unit) for stratum in group]
    drawn = allocate(
        [size / sum(sizes) for size in sizes],
        [sqrt(mean * (1 - mean)) for mean in means],
        budget,
        at_least=min(AT_LEAST, max(1, budget // (2 * len(group)))),
        sizes=sizes,
    )
    return [Stratum(one.name, one.values, one.units, n) for one, n in zip(group, drawn.tolist(), strict=True)]
