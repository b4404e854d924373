"""What a sheet shows, before it is written in one format or another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecg_bench.errors import UserError
from ecg_bench.judging import JudgeCard, load_judge
from ecg_bench.ratings._scale import Scale
from ecg_bench.ratings.sheets._order import Assignment
from ecg_bench.texts import clean


@dataclass(frozen=True)
class Rubric:
    """By what is rated.

    Parameters
    ----------
    criterion, about : str
        Its name, and what it means.
    scale : Scale
        The levels.
    meanings : sequence of str
        What each level means; may be empty texts.
    """

    criterion: str
    about: str
    scale: Scale
    meanings: Sequence[str]


def rubric(judge: str = "ecg-correctness", criterion: str | None = None) -> Rubric:
    """Return the levels of a judge, so that human and judge rate on the same scale.

    Raises
    ------
    UserError
        If there is no such judge, or it has no such criterion with levels.
    """
    card: JudgeCard = load_judge(judge).card
    try:
        scale = Scale.of(card, criterion)
    except ValueError as error:
        raise UserError(f"{error}: choose a judge and a criterion whose rubric has levels") from None
    one = next(one for one in card.rubric if one.levels and criterion in (None, one.name))
    return Rubric(one.name, _line(one.description), scale, [_line(level.description) for level in one.levels])


def _line(text: str) -> str:
    return " ".join(text.split())


@dataclass(frozen=True)
class Page:
    """A rating sheet.

    Parameters
    ----------
    columns : sequence of str
        Its header; ``rating`` and ``comment``, the last two, are for the rater.
    rows : sequence of sequence of str
        The texts of the other columns, cleaned.
    blocks : sequence of int
        For each row, the number of its question in the sheet: rows of one number stand together.
    rubric : Rubric
        By what is rated.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    blocks: Sequence[int]
    rubric: Rubric

    @property
    def instructions(self) -> list[str]:
        """How to rate, in plain sentences."""
        beside = " and ".join(name for name in ("question", "reference", "passage") if name in self.columns)
        reference = " The reference is one right answer, not the only one." if "reference" in self.columns else ""
        return [
            f"There are {len(self.rows)} answers to rate, one in each row of the worksheet Ratings.",
            f"You rate {self.rubric.criterion}: {self.rubric.about}.",
            f"Read {beside}, then the answer, and choose a level in the column rating: the cell has a list. The "
            f"worksheet Levels says what each level means.{reference}",
            "Rate each answer for itself, by what it says. Length, style and confidence don't count. Answers to one "
            "question stand together so that you read it once; they need not get different ratings.",
            "You are not told who or what gave an answer. If an answer says so, rate it like any other.",
            "An answer may come again later. Rate it as you see it then, without looking back.",
            "If you can't rate an answer, leave its rating empty and say why in the column comment. Comments are "
            "welcome anywhere.",
            "Please leave codes and texts as they are. You may stop and go on another day; save the file in its own "
            "format.",
        ]


def page(assignments: Sequence[Assignment], by: Rubric, *, reference: bool = True, passage: bool = False) -> Page:
    """Return the sheet of some assignments, in their order.

    Parameters
    ----------
    assignments : sequence of Assignment
        What to rate.
    by : Rubric
        By what.
    reference, passage : bool
        Whether these are shown; a column of which all cells would be empty is left out.
    """
    texts = {
        "code": [one.code for one in assignments],
        "question": [clean(one.question) for one in assignments],
        "reference": [clean(one.reference) for one in assignments] if reference else [],
        "passage": [clean(one.passage) for one in assignments] if passage else [],
        "answer": [clean(one.text) for one in assignments],
    }
    shown = {name: cells for name, cells in texts.items() if any(cells)}
    blocks: list[int] = []
    before = None
    for one in assignments:
        asked = one.drawn[0].answer.asked
        blocks.append((blocks[-1] if blocks else 0) + (asked != before))
        before = asked
    return Page([*shown, "rating", "comment"], list(zip(*shown.values(), strict=True)), blocks, by)
