"""What is rated, on which levels, and how: all that must be the same when rating goes on another day."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ecg_bench.errors import UserError
from ecg_bench.files import sha256_of
from ecg_bench.ratings._scale import Scale
from ecg_bench.ratings.serving._deck import deal
from ecg_bench.ratings.sheets import Assignment, Rubric, Sample, draw, rubric

KEYS = 9  # of the keyboard, for one level each


@dataclass(frozen=True)
class Study:
    """What is rated.

    Parameters
    ----------
    sample : Sample
        The answers that were drawn.
    rubric : Rubric
        What is rated, and on which levels.
    reference, passage : bool
        Whether they are shown.
    repeats : float
        The share of the answers that is shown again.
    stratify : tuple of str
        Of what the strata were made, from which the sample was drawn.
    """

    sample: Sample
    rubric: Rubric
    reference: bool = True
    passage: bool = False
    repeats: float = 0.0
    stratify: tuple[str, ...] = ()

    @property
    def criterion(self) -> str:
        """What is rated."""
        return self.rubric.criterion

    @property
    def scale(self) -> Scale:
        """The levels."""
        return self.rubric.scale

    @cached_property
    def design(self) -> dict[str, Any]:
        """What must be the same for ratings to go on."""
        shown = sorted(
            [
                *one.answer.place,
                one.answer.question,
                one.answer.text,
                one.answer.reference if self.reference else "",
                one.answer.passage if self.passage else "",
                one.inclusion,
                one.stratum,
            ]
            for one in self.sample.drawn
        )
        return {
            "criterion": self.criterion,
            "scale": str(self.scale),
            "seed": self.sample.seed,
            "stratify": ",".join(self.stratify),
            "repeats": self.repeats,
            "reference": self.reference,
            "passage": self.passage,
            "answers": sha256_of(json.dumps(shown)),
        }

    @property
    def answers(self) -> int:
        """How many answers each rater is shown, repeats among them."""
        return len(self.sample.assignments)

    @property
    def notices(self) -> Iterator[str]:
        """What a user should know before anything is rated."""
        for system, n in self.sample.pool.left_out.items():
            yield f"{system}: {n} answers have no text; they are not shown"
        if self.passage and not any(one.answer.passage for one in self.sample.drawn):
            yield "there are no passages to show: the tasks have none, or are not installed as they were"
        names = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in self.sample.pool.systems), re.I)
        if naming := sum(bool(names.search(one.answer.text)) for one in self.sample.drawn):
            yield f"{naming} answers hold the name of a system: whoever rates them can tell whose they are"

    def deal(self, rater: str) -> list[Assignment]:
        """Return the answers in the order of one rater."""
        return deal(self.sample, self.repeats, rater)


def prepare(
    runs: Sequence[str | Path],
    *,
    judge: str = "ecg-correctness",
    criterion: str | None = None,
    reference: bool = True,
    passage: bool = False,
    sample: int | None = None,
    stratify: Sequence[str] = (),
    by: str | None = None,
    repeats: float = 0.0,
    seed: int = 0,
    include: Sequence[str | Path] = (),
) -> Study:
    """Return what is to be rated of some runs.

    Parameters
    ----------
    runs : sequence of path
        Complete runs with open answers.
    judge, criterion : str, str or None
        A judge's name or file, and one of its criteria: whose levels are used. By default the first with levels.
    reference, passage : bool
        Whether they are shown.
    sample, stratify, by, repeats, seed, include
        What is drawn, as in `ecg_bench.ratings.sheets.draw`.

    Raises
    ------
    UserError
        If a run or the judge can't be read, the judge has no levels, or the sample can't be drawn.
    """
    levels = rubric(judge, criterion)
    if len(levels.scale) > KEYS:
        raise UserError(f"the judge {judge} has {len(levels.scale)} levels, but the page has keys for {KEYS}")
    return Study(
        sample=draw(runs, sample=sample, stratify=stratify, by=by, repeats=repeats, seed=seed, include=include),
        rubric=levels,
        reference=reference,
        passage=passage,
        repeats=repeats,
        stratify=tuple(stratify),
    )
