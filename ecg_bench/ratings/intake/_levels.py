"""Which scale a sheet uses, and which level of it a cell means."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ecg_bench.errors import UserError
from ecg_bench.ratings._scale import Scale
from ecg_bench.ratings.intake._lexicon import SCALES, Known
from ecg_bench.ratings.intake._text import How, key, nearest

# Cells by which people say that they did not rate.
UNRATED = frozenset(
    {"", "-", "–", "—", "?", "/", ".", "n/a", "na", "nan", "none", "null", "k.a.", "unrated", "not rated"}
)
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
_NUMBERED = re.compile(r"^\s*[0-9]+\s*[-=:.)(]\s*(?=\D)|(?<=\D)[\s(=:-]+[0-9]+\s*\)?\s*$")
_SEVERAL = re.compile(r"\s*[|;/,+&\n]\s*|\s+(?:or|oder|and|und)\s+", re.IGNORECASE)
_ENDS = (5, 7, 10)  # of usual scales of numbers
_MOST_LEVELS = 11
_MOST_SPELLINGS = 200  # of levels in one column; what has more is no column of levels
EXPLAINED = 0.9  # a column holds levels of a scale if so many of its cells are names of them
ASK = 'name the levels from the worst to the best, as in --levels "wrong | half right | right"'


def number(text: str) -> float | None:
    """Return the number that a cell holds, with a point or a comma, or None."""
    bare = text.strip()
    return float(bare.replace(",", ".")) if _NUMBER.fullmatch(bare) else None


@dataclass(frozen=True)
class Cell:
    """What a cell says: no level, one, or several; `how` it was read; None levels where that is unknown."""

    levels: tuple[str, ...] | None
    how: How = "exact"


class LevelReader:
    """Reads cells on one scale.

    Parameters
    ----------
    scale : Scale
        The scale.
    names : mapping of str to str
        Names that the user gave for levels.
    by_value : bool
        Whether a number means the level with that value, where the levels' names are no numbers themselves.

    Raises
    ------
    UserError
        If one of the names stands for no level.
    """

    def __init__(self, scale: Scale, names: Mapping[str, str] | None = None, *, by_value: bool = False) -> None:
        self.scale = scale
        self._by_value = dict(zip(scale.values, scale.levels, strict=True)) if by_value else {}
        self._numbers = {value: level for level in scale.levels if (value := number(level)) is not None}
        self.names = _names(scale)
        for name, level in (names or {}).items():
            try:
                self.names[key(name)] = scale.levels[scale.index(level)]
            except KeyError:
                known = ", ".join(map(repr, scale.levels))
                raise UserError(f"{name!r} is said to mean {level!r}, which is none of the levels {known}") from None
        self.read = lru_cache(maxsize=65536)(self._read)

    def _read(self, text: str) -> Cell:
        if text.strip().casefold() in UNRATED:
            return Cell(())
        one = self._one(text)
        if one is not None:
            return Cell((one[0],), one[1])
        parts = [part for part in _SEVERAL.split(text.strip()) if part]
        found = [self._one(part) for part in parts]
        if len(parts) > 1 and all(found):
            levels = {part[0] for part in found if part}
            hows = [part[1] for part in found if part]
            how: How = next((how for how in hows if how != "exact"), "exact")
            return Cell(tuple(level for level in self.scale.levels if level in levels), how)
        return Cell(None)

    def _one(self, text: str) -> tuple[str, How] | None:
        exact = self.names.get(key(text))
        if exact is not None:
            return exact, "exact"
        value = number(text)
        if value is not None:
            level = self._numbers.get(value, self._by_value.get(value))
            return (level, "exact") if level else None
        bare = _NUMBERED.sub("", text)
        near = nearest(bare, self.names) if bare else None
        return (near.target, near.how) if near else None


def by_value(scale: Scale, texts: Iterable[str]) -> bool:
    """Whether the numbers among some cells can only be values of a scale, not places on it counted from 1."""
    numbers = {value for text in set(texts) if (value := number(text)) is not None}
    return numbers <= set(scale.values) and (
        any(not value.is_integer() for value in numbers) or (len(scale) == 2 and 0.0 in numbers)
    )


def _names(scale: Scale) -> dict[str, str]:
    """Return names of a scale's levels: their own, and those by which a usual scale calls the same levels."""
    own = {key(level): level for level in scale.levels}
    for known in SCALES:
        translated = {known.names.get(key(level)): level for level in scale.levels}
        if None not in translated and len(translated) == len(scale) == len(known.scale):
            return {name: translated[level] for name, level in known.names.items()} | own
    return own


@dataclass(frozen=True)
class Guess:
    """A scale, and why it was taken; `certain` where the sheet leaves no other."""

    scale: Scale
    why: str
    certain: bool


def guess_scale(texts: Iterable[str]) -> Guess | None:
    """Return the usual scale that explains the cells of a column of ratings, or None.

    A scale is taken if it explains nine in ten of them; of several the one that explains most, then the one that keeps
    most of the different names apart, then the one with the fewest levels.
    """
    counted = Counter(text.strip() for text in texts)
    for text in list(counted):
        if text.casefold() in UNRATED:
            del counted[text]
    total = sum(counted.values())
    if not total or len(counted) > _MOST_SPELLINGS:
        return None
    values = {text: number(text) for text in counted}
    numbers = [value for value in values.values() if value is not None]
    if len(numbers) == len(counted):
        return _numeric(sorted(set(numbers)))
    best: tuple[tuple[int, int, int], Known, int] | None = None
    for known in SCALES:
        reader = _reader(known.scale)
        explained, used, exact = 0, set(), set()
        for text, times in counted.items():
            cell = reader.read(text)
            if cell.levels and values[text] is None:
                explained += times
                used |= set(cell.levels)
                exact |= set(cell.levels) if cell.how == "exact" else set()
        rank = (explained, len(exact), -len(known.scale))
        if explained >= EXPLAINED * total and exact and (best is None or rank > best[0]):
            best = rank, known, len(used)
    if best is None:
        return None
    scale, unused = best[1].scale, len(best[1].scale) - best[2]
    why = "known by the names of its levels" + (f", {unused} of which no cell has" if unused else "")
    return Guess(scale, why, certain=not unused)


@lru_cache(maxsize=len(SCALES))
def _reader(scale: Scale) -> LevelReader:
    return LevelReader(scale)


def _numeric(values: Sequence[float]) -> Guess | None:
    four = SCALES[2].scale
    if not all(value.is_integer() for value in values):
        if set(values) <= set(four.values):
            return Guess(four, f"the numbers are the values of '{four}'", certain=False)
        return None
    low, high = int(values[0]), int(values[-1])
    if low < 0 or high > 10:
        return None
    start = 0 if low == 0 else 1
    end = 1 if high <= 1 else next((one for one in _ENDS if high == one), high)
    if end - start < 1:
        return None
    if end - start + 1 > _MOST_LEVELS:
        return None
    scale = Scale.even(str(n) for n in range(start, end + 1))
    return Guess(scale, f"whole numbers from {start} to {end}, taken to rise from the worst to the best", certain=False)
