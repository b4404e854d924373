"""Leads of the electrocardiogram, and what only looks like them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ecg_bench.text_metrics.critical._lexer import Lexeme, Lexis
from ecg_bench.text_metrics.critical._quantities import is_grade_only
from ecg_bench.text_metrics.critical._words import Words

_CHEST = re.compile(r"v([1-9])(r?)")
_LIMB: Final = {"avr": "aVR", "avl": "aVL", "avf": "aVF"}
_ROMAN: Final = {"i": "I", "ii": "II", "iii": "III"}
LEADS: Final = ("I", "II", "III", "aVR", "aVL", "aVF", *(f"V{i}" for i in range(1, 10)))

Mention = tuple[str, int, int]  # a lead, and the places in the text between which it is named


def read_leads(
    lexemes: Sequence[Lexeme], texts: Sequence[str], at: int, words: Words
) -> tuple[list[Mention], int] | None:
    """Read the leads named from a place on, as "II, III and aVF" or "V1 to V3"; return them and where they end.

    "I" alone is a lead only after a word such as "lead" or "in"; a list that holds "IV" or "Ic" is one of grades.
    """
    first = _lead(texts[at])
    if first is None or (at > 0 and texts[at - 1] in words.not_a_lead_after):
        return None
    found: list[Mention] = [(first, lexemes[at].start, lexemes[at].end)]
    end = at + 1
    while end < len(texts):
        joint = end
        while joint < len(texts) and joint < end + 2 and texts[joint] in _JOINTS:
            joint += 1
        if joint == end or joint >= len(texts):
            break
        if is_grade_only(texts[joint]) and found[0][0] in _ROMAN.values():
            return None
        following = _lead(texts[joint])
        last = found[-1]
        if texts[end] in _RANGES and last[0][0] == "V" and last[0][-1] != "R":
            until = _chest_number(lexemes, texts, joint)
            if until is not None and until > int(last[0][1]):
                place = last[1], lexemes[joint].end
                found[-1] = (last[0], *place)
                found.extend((f"V{i}", *place) for i in range(int(last[0][1]) + 1, until + 1))
                end = joint + 1
                continue
        if following is None:
            break
        if texts[end] in _RANGES and last[0] == "I" and following == "III":
            place = last[1], lexemes[joint].end
            found[-1:] = [(lead, *place) for lead in ("I", "II", "III")]
        else:
            found.append((following, lexemes[joint].start, lexemes[joint].end))
        end = joint + 1
    if len(found) == 1 and first == "I" and not (at > 0 and texts[at - 1] in words.lead_before):
        return None
    return found, end


def is_lead_like(text: str) -> bool:
    """Whether a word is the name of a lead, though it may mean something else."""
    return _lead(text) is not None


_JOINTS: Final = frozenset(",-/&") | {"and", "or", "to", "through"}
_RANGES: Final = frozenset(("-", "to", "through"))


def _lead(text: str) -> str | None:
    if text in _LIMB:
        return _LIMB[text]
    if text in _ROMAN:
        return _ROMAN[text]
    match = _CHEST.fullmatch(text)
    return f"V{match[1]}{match[2].upper()}" if match else None


def _chest_number(lexemes: Sequence[Lexeme], texts: Sequence[str], at: int) -> int | None:
    """Return the number of "V3", or of the "3" in "V1-3"."""
    match = _CHEST.fullmatch(texts[at])
    if match:
        return None if match[2] else int(match[1])
    touches = lexemes[at].kind is Lexis.NUMBER and texts[at - 1] == "-" and lexemes[at - 1].end == lexemes[at].start
    return int(texts[at]) if touches and texts[at] in "123456789" else None
