"""The order in which drawn answers are shown: blinded, question by question, some of them twice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from ecg_bench.ratings.sheets._pool import Candidate

APART = 20  # rows between an answer and its repeat, where the sheet is long enough
# Neither vowels, which make words, nor what is taken for another: 0 O Q, 1 I L, 2 Z, 5 S, 8 B; the first is a letter,
# so that no spreadsheet takes a code for a number or a date.
_FIRST = "CDFGHJKMNPRTVWXY"
_OTHER = _FIRST + "34679"
_CODE = re.compile(rf"(?=([{_FIRST}][{_OTHER}]-[{_OTHER}]{{4}}))")  # wherever one begins, also within another


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """An answer that was drawn.

    Parameters
    ----------
    answer : Candidate
        The answer.
    inclusion : float
        The probability with which it was drawn, above 0 and at most 1.
    stratum : str
        From which stratum.
    """

    answer: Candidate
    inclusion: float
    stratum: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One row of a sheet: a text to rate.

    Parameters
    ----------
    code : str
        All that the rater sees of where it is from.
    position : int
        Its place in the sheet, from 1.
    repeat : int
        0 where the text is shown for the first time, 1 the second time.
    drawn : tuple of Drawn
        Whose it is: several where systems gave the same answer to a question, which is rated once for all.
    """

    code: str
    position: int
    repeat: int
    drawn: tuple[Drawn, ...]

    @property
    def question(self) -> str:
        """What was asked."""
        return self.drawn[0].answer.question

    @property
    def reference(self) -> str:
        """The reference answer; empty if there is none."""
        return self.drawn[0].answer.reference

    @property
    def passage(self) -> str:
        """The passage that the question stems from; empty if there is none."""
        return self.drawn[0].answer.passage

    @property
    def text(self) -> str:
        """The answer to rate."""
        return self.drawn[0].answer.text


Row = tuple[Drawn, ...]


def arrange(drawn: Sequence[Drawn], repeats: float, random: Random) -> list[Assignment]:
    """Return the rows of a sheet.

    The answers to one question stand together, in random order, and questions in random order. Repeats stand between
    questions, `APART` rows or more after the first showing, or half of the sheet where it is short.

    Parameters
    ----------
    drawn : sequence of Drawn
        In any order that does not depend on chance.
    repeats : float
        The share of the rows that is shown again, from 0 to 0.5; at least one if it isn't 0.
    random : Random
        Decides.
    """
    blocks = _blocks(drawn, random)
    rows = [row for block in blocks for row in block]
    apart = min(APART, len(rows) // 2)
    most = len(rows) - apart if len(rows) > 1 else 0
    n = min(most, max(1, round(repeats * len(rows)))) if repeats else 0
    at: dict[int, list[Row]] = {}  # repeats by the number of blocks before them
    ends = _ends(blocks)
    for first in sorted(random.sample(range(most), n)):
        late = [number for number, end in enumerate(ends, 1) if end - first > apart]  # the end of the sheet always is
        at.setdefault(random.choice(late), []).append(rows[first])
    shown: list[tuple[Row, int]] = []
    for number, block in enumerate(blocks, 1):
        shown += [(row, 0) for row in block]
        again = at.get(number, [])
        random.shuffle(again)
        shown += [(row, 1) for row in again]
    codes = _codes(random, drawn)
    return [
        Assignment(code=next(codes), position=position, repeat=repeat, drawn=row)
        for position, (row, repeat) in enumerate(shown, 1)
    ]


def _blocks(drawn: Sequence[Drawn], random: Random) -> list[list[Row]]:
    """Return the rows of each question; texts that differ in nothing but blanks are one row."""
    questions: dict[tuple[str, str], dict[str, list[Drawn]]] = {}
    for one in drawn:
        same = questions.setdefault(one.answer.asked, {}).setdefault(" ".join(one.answer.text.split()), [])
        same.append(one)
    blocks = [[tuple(same) for same in texts.values()] for texts in questions.values()]
    random.shuffle(blocks)
    for block in blocks:
        random.shuffle(block)
    return blocks


def _ends(blocks: Sequence[Sequence[Row]]) -> list[int]:
    ends, end = [], 0
    for block in blocks:
        end += len(block)
        ends.append(end)
    return ends


def _texts(answer: Candidate) -> tuple[str, ...]:
    return answer.question, answer.reference, answer.passage, answer.text


def _codes(random: Random, drawn: Sequence[Drawn]) -> Iterator[str]:
    """Yield codes, each once, that stand in none of the texts."""
    taken = {code for one in drawn for text in _texts(one.answer) for code in _CODE.findall(text)}
    while True:
        others = "".join(random.choices(_OTHER, k=5))
        code = f"{random.choice(_FIRST)}{others[0]}-{others[1:]}"
        if code not in taken:
            taken.add(code)
            yield code
