"""The scale that answers are rated on: named levels from the worst to the best, each with a value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from ecg_bench.judging import JudgeCard, plain

_BETWEEN = " | "


@dataclass(frozen=True)
class Scale:
    """An ordered scale.

    Parameters
    ----------
    levels : tuple of str
        Their names, from the worst to the best; at least two.
    values : tuple of float
        The score that each stands for, from 0 to 1, rising.

    Raises
    ------
    ValueError
        If that is no scale; the message says why.
    """

    levels: tuple[str, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.levels) < 2 or len(self.levels) != len(self.values):
            raise ValueError("a scale needs at least two levels, and a value for each")
        if len({plain(level) for level in self.levels}) < len(self.levels):
            raise ValueError("two levels of a scale have the same name")
        if any(not level.strip() or "|" in level or "=" in level for level in self.levels):
            raise ValueError("the name of a level must not be empty and must hold neither '|' nor '='")
        if any(low >= high for low, high in pairwise(self.values)) or self.values[0] < 0 or self.values[-1] > 1:
            raise ValueError("the values of a scale must rise from the worst level to the best, within 0 and 1")

    @classmethod
    def even(cls, levels: Iterable[str]) -> Scale:
        """Return a scale with equal steps from 0 to 1."""
        names = tuple(levels)
        return cls(names, tuple(n / max(1, len(names) - 1) for n in range(len(names))))

    @classmethod
    def of(cls, judge: JudgeCard, criterion: str | None = None) -> Scale:
        """Return that of a judge's criterion, the first that has levels if none is named.

        Raises
        ------
        ValueError
            If there is no such criterion, or it has no levels.
        """
        for card in judge.rubric:
            if card.levels and criterion in (None, card.name):
                return cls(tuple(one.name for one in card.levels), tuple(one.value for one in card.levels))
        raise ValueError(f"the judge {judge.judge} has no criterion {criterion or 'with levels'}")

    @classmethod
    def parse(cls, text: str) -> Scale:
        """Read a scale from its text, such as ``wrong=0 | half right=0.5 | right=1``; equal steps without values.

        Raises
        ------
        ValueError
            If the text is none; the message says why.
        """
        parts = [part.strip() for part in text.split("|")]
        if not any("=" in part for part in parts):
            return cls.even(parts)
        pairs = [part.rpartition("=") for part in parts]
        try:
            return cls(tuple(name.strip() for name, _, _ in pairs), tuple(float(value) for _, _, value in pairs))
        except ValueError as error:
            if "could not convert" not in str(error):
                raise
            raise ValueError(f"each level needs a value, as in 'wrong=0 | right=1': {text!r}") from None

    def __str__(self) -> str:
        return _BETWEEN.join(f"{level}={_shown(value)}" for level, value in zip(self.levels, self.values, strict=True))

    def __len__(self) -> int:
        return len(self.levels)

    def index(self, level: str) -> int:
        """Return the place of a level, 0 for the worst; its name is compared without case, blanks, ``_`` and ``-``.

        Raises
        ------
        KeyError
            If the scale has no such level.
        """
        for place, name in enumerate(self.levels):
            if name == level:
                return place
        wanted = plain(level)
        for place, name in enumerate(self.levels):
            if plain(name) == wanted:
                return place
        raise KeyError(level)

    def value(self, level: str) -> float:
        """Return the score that a level stands for."""
        return self.values[self.index(level)]


def _shown(value: float) -> str:
    """Return a value so that it is read as the same number again: a third needs all its digits."""
    short = f"{value:g}"
    return short if float(short) == value else repr(value)
