"""What a cell in a column of marks says."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

from ecg_bench.ratings.intake._levels import number

_MARKS = frozenset({"x", "xx", "xxx", "✓", "✔", "☑", "☒", "×", "*", "+", "•", "●", "v", "(x)", "[x]"})
_YES = frozenset({"yes", "y", "ja", "j", "true", "wahr", "ok"})
_NO = frozenset({"no", "n", "nein", "false", "falsch", "-", "–", "—", "[ ]", "☐", "( )", "n/a", "na", "none", "null"})


class Mark(Enum):
    """What a cell in a column of marks says."""

    BLANK = "blank"
    MARK = "mark"
    NO = "no mark, in words"
    ODD = "a mark, but an unusual one"
    NUMBER = "a number above 1"


@lru_cache(maxsize=4096)
def read_mark(text: str) -> Mark:
    """Say what a cell in a column of marks says: everything that is not blank and doesn't deny is a mark."""
    bare = text.strip().casefold().strip("\u200b\ufeff\ufe0f")
    if not bare:
        return Mark.BLANK
    if bare in _MARKS or bare in _YES:
        return Mark.MARK
    if bare in _NO:
        return Mark.NO
    value = number(bare)
    if value is None:
        return Mark.ODD
    return Mark.NO if value == 0 else Mark.MARK if value == 1 else Mark.NUMBER
