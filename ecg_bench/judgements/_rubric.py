"""What the criteria of a judge give for each answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ecg_bench.judging import Judge


@dataclass(frozen=True)
class Rubric:
    """The scores and levels that every verdict has.

    Attributes
    ----------
    scores : tuple of str
        The criteria, each of which gives a score; the first is the one that a summary goes by.
    levels : mapping of str to mapping of str to float
        For each criterion that has levels, their names and values, from the worst to the best.
    without_answer : mapping of str to float
        The score of an answer that isn't there.
    """

    scores: tuple[str, ...]
    levels: Mapping[str, Mapping[str, float]]
    without_answer: Mapping[str, float]

    @classmethod
    def of(cls, judge: Judge) -> Rubric:
        """Return that of a judge."""
        cards = judge.card.rubric
        return cls(
            tuple(card.name for card in cards),
            {card.name: {level.name: level.value for level in card.levels} for card in cards if card.levels},
            {card.name: card.without_answer for card in cards},
        )

    def level_of(self, criterion: str, score: float) -> str | None:
        """Return the level that has a value, if the criterion has one."""
        levels = self.levels.get(criterion, {})
        return next((name for name, value in levels.items() if value == score), None)

    @property
    def levels_without_answer(self) -> dict[str, str]:
        """The level of an answer that isn't there, for the criteria that have one of its score."""
        found = {name: self.level_of(name, self.without_answer[name]) for name in self.levels}
        return {name: level for name, level in found.items() if level is not None}
