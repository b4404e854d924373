"""The parts of sentences, between reading words and finding what they say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from ecg_bench.text_metrics.critical._quantities import Quantity
from ecg_bench.text_metrics.critical._words import Direction


class Role(Enum):
    """What a part of a sentence does."""

    SENTENCE = 0
    CLAUSE = 1
    JOIN = 2
    PREPOSITION = 3
    AUXILIARY = 4
    ELEMENT = 5
    NUMBER = 6
    LEAD = 7
    CUE = 8
    COMPARATOR = 9
    FILLER = 10
    STOP = 11


@dataclass(slots=True)
class Part:
    """A part of a sentence, while it is being read."""

    role: Role
    text: str
    start: int
    end: int
    name: str = (
        ""  # the stem of an element, the meaning of a direction, the lead, the value of a number, the kind of a cue
    )
    direction: Direction | None = None
    quantity: Quantity | None = None
    polarity: int = 1  # 1 stated, -1 negated, 0 not known
    clause: int = 0
    sentence: int = 0
    segment: int = 0  # between commas and "and", "with"
    bound: str = ""


@dataclass(frozen=True, slots=True)
class Negation:
    """A negation: the places of its cue and of the parts that it negates, in the list of parts."""

    cue: int
    focus: tuple[int, ...]


MEANING: Final = frozenset((Role.ELEMENT, Role.NUMBER, Role.LEAD))
