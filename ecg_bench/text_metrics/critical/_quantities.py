"""Numbers with their units, in one way of writing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ecg_bench.text_metrics.critical._lexer import Lexeme, Lexis
from ecg_bench.text_metrics.critical._words import Words

_ROMAN: Final = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6"}
_GRADE = re.compile(r"(iv|vi?|i{1,3})([abc]?)")
_TENS: Final = 20
GRADE: Final = "grade"
_HOUR: Final = 3_600_000  # ms; from here on times are written in hours


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number or a range, in the unit in which its dimension is written.

    Attributes
    ----------
    unit : str
        The dimension: quantities of two dimensions are never compared.
    low, high : float
        The same for a single number.
    value : str
        "120 ms", "120–200 ms", "2:1", "-60 °".
    """

    unit: str
    low: float
    high: float
    value: str


def number(digits: str) -> float:
    """Return what "0.12", "0,12", "1,000" and "1.000.000" say; a comma before just three digits parts thousands."""
    if re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", digits):
        return float(digits.replace(",", ""))
    if re.fullmatch(r"\d+[.,]\d+", digits):
        return float(digits.replace(",", "."))
    return float(re.sub(r"[.,]", "", digits))


def read_quantity(
    lexemes: Sequence[Lexeme], texts: Sequence[str], at: int, words: Words
) -> tuple[Quantity, int] | None:
    """Read the quantity that begins at a place; return it and where it ends."""
    text = texts[at]
    if text in words.ordinals and texts[at + 1 : at + 2] == ["degree"]:
        return _grade(str(words.ordinals[text])), at + 2
    found = _number(lexemes, texts, at, words)
    if found is None:
        return None
    low, end = found
    if end < len(lexemes) and lexemes[end - 1].kind is Lexis.NUMBER and lexemes[end].start == lexemes[end - 1].end:
        joined = _joined(lexemes, texts, end, low, words)
        if joined is not None:
            return joined
    unit, end = _unit(texts, end, words)
    high = low
    other = _range_end(lexemes, texts, at, end, words)
    if other is not None:
        high, after = other
        other_unit, after = _unit(texts, after, words)
        unit, other_unit = unit or other_unit, other_unit or unit
        if unit and other_unit and unit[0] == other_unit[0]:
            high *= other_unit[1]
            end = after
        elif unit is None:
            end = after
        else:
            high = low
        if end != after:
            high = low * (unit[1] if unit else 1)
    elif unit:
        high *= unit[1]
    if unit:
        low *= unit[1]
    if unit is None and text in words.number_words_with_unit:
        return None
    low, high = min(low, high), max(low, high)
    return Quantity(unit[0] if unit else "", low, high, _written(low, high, unit[0] if unit else "")), end


def read_grade(texts: Sequence[str], lexemes: Sequence[Lexeme], at: int) -> tuple[Quantity, int] | None:
    """Read a grade such as the "II" of "type II", "1" or "Ic"; return it and where it ends."""
    match = _GRADE.fullmatch(texts[at])
    if match is not None:
        return _grade(_ROMAN[match[1]] + match[2]), at + 1
    if lexemes[at].kind is not Lexis.NUMBER or not texts[at].isdigit():
        return None
    following = texts[at + 1 : at + 2]
    if following and following[0] in ("a", "b", "c") and lexemes[at + 1].start == lexemes[at].end:
        return _grade(texts[at] + following[0]), at + 2
    return _grade(texts[at]), at + 1


def is_grade(text: str) -> bool:
    """Whether a word can be a grade: "II", "Ic"."""
    return _GRADE.fullmatch(text) is not None


def is_grade_only(text: str) -> bool:
    """Whether a Roman figure can only be a grade: "IV", "Ic" and "IIa" are no leads."""
    match = _GRADE.fullmatch(text)
    return match is not None and (match[1] in ("iv", "vi") or bool(match[2]))


def _grade(value: str) -> Quantity:
    figure = float(value[0])
    return Quantity(GRADE, figure, figure, value)


def _number(lexemes: Sequence[Lexeme], texts: Sequence[str], at: int, words: Words) -> tuple[float, int] | None:
    text, sign = texts[at], 1.0
    if text in "+-":
        follows = at + 1 < len(lexemes) and lexemes[at + 1].start == lexemes[at].end
        touches = at > 0 and lexemes[at - 1].end == lexemes[at].start and texts[at - 1] not in "(["
        if not follows or touches or lexemes[at + 1].kind is not Lexis.NUMBER:
            return None
        sign = -1.0 if text == "-" else 1.0
        at, text = at + 1, texts[at + 1]
    if lexemes[at].kind is Lexis.NUMBER:
        return sign * number(text), at + 1
    value = words.number_words.get(text, words.number_words_with_unit.get(text))
    if value is None:
        return None
    if value >= _TENS and at + 1 < len(texts):
        unit = words.number_words.get(texts[at + 1], words.number_words_with_unit.get(texts[at + 1], 10))
        if 0 < unit < 10:
            return value + unit, at + 2
    return value, at + 1


def _joined(
    lexemes: Sequence[Lexeme], texts: Sequence[str], end: int, low: float, words: Words
) -> tuple[Quantity, int] | None:
    """Read what touches a number: "2:1", "120/80", "4th"."""
    mark = texts[end]
    if mark in (":", "/") and end + 1 < len(lexemes) and lexemes[end + 1].kind is Lexis.NUMBER:
        if lexemes[end + 1].start != lexemes[end].end:
            return None
        value = f"{low:.9g}{mark}{number(texts[end + 1]):.9g}"
        return Quantity(mark, low, low, value), _unit(texts, end + 2, words)[1]
    if mark in ("st", "nd", "rd", "th"):
        if texts[end + 1 : end + 2] == ["degree"]:
            return _grade(f"{low:.9g}"), end + 2
        return Quantity("th", low, low, f"{low:.9g}th"), end + 1
    return None


def _unit(texts: Sequence[str], at: int, words: Words) -> tuple[tuple[str, float] | None, int]:
    begin = at + 1 if texts[at : at + 1] == ["-"] else at
    if begin >= len(texts):
        return None, at
    found = words.units.find(texts, begin)
    if found is None or (texts[begin] == "second" and texts[begin + 1 : begin + 2] == ["degree"]):
        return None, at
    return found


def _range_end(
    lexemes: Sequence[Lexeme], texts: Sequence[str], at: int, end: int, words: Words
) -> tuple[float, int] | None:
    """Read the upper end of "120-200", "120 to 200", "120- to 200-ms" and "between 120 and 200"."""
    if texts[end : end + 2] == ["-", "to"]:
        end += 1
    joint = texts[end : end + 1]
    if joint not in (["-"], ["to"]) and not (joint == ["and"] and at > 0 and texts[at - 1] == "between"):
        return None
    if end + 1 >= len(texts):
        return None
    if joint == ["-"]:  # the hyphen of "-30 - -90" is none of the two signs
        after = lexemes[end + 1]
        if after.kind is Lexis.NUMBER:
            return number(after.text), end + 2
    return _number(lexemes, texts, end + 1, words)


def _written(low: float, high: float, unit: str) -> str:
    if unit == "ms" and low >= _HOUR:
        low, high, unit = low / _HOUR, high / _HOUR, "h"
    value = f"{low:.9g}" if low == high else f"{low:.9g}–{high:.9g}"
    return f"{value} {unit}".strip()
