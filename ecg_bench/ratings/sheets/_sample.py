"""What was drawn, or would be, and what should be known of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ecg_bench.ratings.sheets._design import Design
from ecg_bench.ratings.sheets._guess import Guess
from ecg_bench.ratings.sheets._order import Assignment, Drawn
from ecg_bench.ratings.sheets._pool import Pool
from ecg_bench.ratings.sheets._widths import Widths


@dataclass(frozen=True)
class Sample:
    """What was drawn, in the order in which it is shown.

    Parameters
    ----------
    assignments : sequence of Assignment
        The rows.
    design : Design
        The strata, and how many were drawn of each.
    widths : Widths
        How wide the intervals will be.
    guess : Guess
        On what these widths stand.
    pool : Pool
        What was drawn from.
    seed : int
        Of the draw, the order and the codes.
    """

    assignments: Sequence[Assignment]
    design: Design
    widths: Widths
    guess: Guess
    pool: Pool
    seed: int

    @property
    def drawn(self) -> list[Drawn]:
        """The answers drawn, each once."""
        return [one for row in self.assignments if not row.repeat for one in row.drawn]

    @property
    def repeats(self) -> int:
        """How many rows are shown a second time."""
        return sum(row.repeat > 0 for row in self.assignments)

    @property
    def notices(self) -> list[str]:
        """What a user should know before the sheet goes out."""
        return [*_notices(self.pool), *self._own_notices()]

    def _own_notices(self) -> Iterator[str]:
        drawn = self.drawn
        rows = len(self.assignments) - self.repeats
        if rows < len(drawn):
            yield (
                f"{len(drawn) - rows} of the {len(drawn)} answers drawn are the same as another answer to the same "
                "question: they share its row and its rating"
            )
        names = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in self.pool.systems), re.IGNORECASE)
        if naming := sum(bool(names.search(one.answer.text)) for one in drawn):
            yield f"{naming} of the answers hold the name of a system in their text, which is shown as it is"

    def as_record(self) -> dict[str, Any]:
        """Return all but the texts, for JSON."""
        return {
            "rows": len(self.assignments),
            "answers": len(self.drawn),
            "repeats": self.repeats,
            "seed": self.seed,
            **_record(self.design, self.widths),
            "expected": asdict(self.guess),
            "judge": self.pool.judge or None,
            "notices": self.notices,
        }


@dataclass(frozen=True)
class Plan:
    """What budgets would give, without drawing.

    Parameters
    ----------
    rows : sequence of (int, Design, Widths)
        For each budget the strata and the widths to expect.
    guess : Guess
        On what they stand.
    pool : Pool
        What would be drawn from.
    """

    rows: Sequence[tuple[int, Design, Widths]]
    guess: Guess
    pool: Pool

    @property
    def notices(self) -> list[str]:
        """What a user should know."""
        return list(_notices(self.pool))

    def as_record(self) -> dict[str, Any]:
        """Return the plan for JSON."""
        return {
            "budgets": [{"budget": n, **_record(design, widths)} for n, design, widths in self.rows],
            "expected": asdict(self.guess),
            "judge": self.pool.judge or None,
            "notices": self.notices,
        }


def _notices(pool: Pool) -> Iterator[str]:
    yield from pool.notices
    for system, n in pool.left_out.items():
        yield f"{n} answers of {system} have no text: nobody needs to rate them, and they are not drawn"
    if pool.scale is None:
        yield (
            "no width of a corrected score can be told without the verdicts of one judge on all of these runs: "
            "ecg-bench judge RUN…, or --by JUDGE@MODEL where several judged"
        )


def _record(design: Design, widths: Widths) -> dict[str, Any]:
    strata = [
        {"stratum": one.name, "drawn": one.drawn, "available": one.available, "inclusion": one.inclusion}
        for one in design.strata
    ]
    return {"by_question": design.by_question, "strata": strata, "widths": asdict(widths)}
