"""Comparing what people typed: without case, blanks, punctuation and accents, and with a few typing errors."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, Literal, TypeVar

T = TypeVar("T")
How = Literal["exact", "abbreviated", "misspelt"]

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_SEPARATORS = re.compile(r"[\s\-_,:;/()\[\]'\"‘’“”–—]+")
_DIGITS = re.compile("[0-9]+")
_LONGEST = 80  # a longer text is no name of anything


@lru_cache(maxsize=65536)
def key(text: str) -> str:
    """Return a short text as it is compared: lower case, words and digits only, single blanks, no accents."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_UMLAUTS)
    bare = "".join(one for one in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(one))
    return re.sub(r"[\W_]+", " ", bare).strip()


@lru_cache(maxsize=65536)
def loose(text: str) -> str:
    """Return a system's name without what spellings differ in: case, blanks, hyphens and other separators.

    Between two digits a separator stays, and so do points and signs: they tell versions and sizes apart.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().strip()
    return re.sub(r"(?<!\d) +| +(?!\d)", "", _SEPARATORS.sub(" ", folded)).strip()


@lru_cache(maxsize=65536)
def distance(left: str, right: str, most: int) -> int:
    """Return the number of typing errors between two texts, or `most` + 1 where there are more.

    An error is a letter too many, too few or wrong, or two neighbours swapped (optimal string alignment).
    """
    if abs(len(left) - len(right)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, one in enumerate(left, 1):
        last, before, row = before, row, [i]
        for j, other in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (one != other))
            if i > 1 and j > 1 and one == right[j - 2] and left[i - 2] == other:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def errors_allowed(length: int) -> int:
    """Return how many typing errors a name of some length may have: the shorter, the fewer."""
    return 0 if length <= 4 else 1 if length == 5 else 2


@dataclass(frozen=True)
class Near(Generic[T]):
    """What a text was taken for, and how far it is from it."""

    target: T
    how: How
    errors: int = 0


def nearest(text: str, names: Mapping[str, T]) -> Near[T] | None:
    """Return what a text means, or None where that can't be said or more than one thing is equally near.

    Parameters
    ----------
    text : str
        As typed.
    names : mapping of str to T
        From names, as `key` returns them, to what they mean.
    """
    typed = key(text)
    if typed in names:
        return Near(names[typed], "exact")
    if not typed or len(typed) > _LONGEST:
        return None
    short = {target for name, target in names.items() if _abbreviates(text, typed, name)}
    if len(short) == 1:
        return Near(short.pop(), "abbreviated")
    best: dict[T, int] = {}
    digits = _DIGITS.findall(typed)
    for name, target in names.items():
        if _DIGITS.findall(name) != digits:  # "rater 1" is no slip of the pen for "rater"
            continue
        allowed = errors_allowed(len(name))
        errors = distance(typed, name, allowed) if allowed else 1
        if errors <= allowed and not _opposed(typed, name):
            best[target] = min(errors, best.get(target, errors))
    least = min(best.values(), default=0)
    found = [target for target, errors in best.items() if errors == least]
    return Near(found[0], "misspelt", least) if len(found) == 1 else None


def _opposed(one: str, other: str) -> bool:
    """Whether a word of one text is its opposite in the other: ``incorrect`` is two letters from ``correct``."""
    return any(
        {left.removesuffix(right), right.removesuffix(left)} & {"in", "un", "im"}
        for left, right in zip(one.split(), other.split(), strict=False)
    )


def _abbreviates(text: str, typed: str, name: str) -> bool:
    """Whether each word is the one in its place, or its beginning; a word that stands alone needs a point for that."""
    words, whole = typed.split(), name.split()
    if len(words) == 1 and not text.rstrip().endswith("."):
        return False
    return len(words) == len(whole) and all(
        one == other or (len(one) >= 3 and other.startswith(one)) for one, other in zip(words, whole, strict=True)
    )
