"""Texts as words, numbers and marks, with the places where they stand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum
from functools import lru_cache
from typing import Final, NamedTuple

# Every character is replaced by one other, so that places in the folded text are places in the text.
_FOLD: Final = str.maketrans(
    dict.fromkeys("‐‑‒–—―−", "-")
    | dict.fromkeys("‘’‚‛′ʹ´`", "'")
    | dict.fromkeys("≥≧⩾", "≥")
    | dict.fromkeys("≤≦⩽", "≤")
    | dict.fromkeys("×⋅·∙✕", "*")
    | dict.fromkeys("µμΜ", "u")
    | dict.fromkeys("ºᵒ", "°")
    | dict.fromkeys("≈∼", "~")
    | {"％": "%", "／": "/", "：": ":", "，": ",", "．": ".", "。": ".", "\r": "\n"}
    | {chr(first + i): str(i) for first in (0xFF10, 0x2080) for i in range(10)}
)

# A list's marks and empty lines end a sentence; a single line break is a blank. A number of a list is no number.
_LEXEME = re.compile(
    r"(?P<BORDER>(?:^|\n)[ \t]*(?:\n|(?:[-*•]|\d{1,2}[.)])[ \t]+))"
    r"|(?P<WORD>e\.g\.|i\.e\.|vs\.|[^\W\d_][^\W_]*(?:'[^\W\d_]*)*)"
    r"|(?P<NUMBER>\d+(?:[.,]\d+)*)"
    r"|(?P<MARK>[<>]=|=[<>]|\S)"
)


class Lexis(IntEnum):
    """What a lexeme is."""

    WORD = 0
    NUMBER = 1
    MARK = 2
    BORDER = 3


_KINDS: Final = {kind.name: kind for kind in Lexis}


class Lexeme(NamedTuple):
    """One word, number or mark: folded, with American spelling, and its place in the text."""

    text: str
    kind: Lexis
    start: int
    end: int


def fold(text: str) -> str:
    """Return a text in lower case with plain marks, of the same length."""
    lowered = text.lower()
    if len(lowered) != len(text):  # "İ" becomes two characters
        lowered = "".join(low if len(low := character.lower()) == 1 else character for character in text)
    return lowered.translate(_FOLD)


class Lexer:
    """Splits texts.

    Parameters
    ----------
    spellings : mapping of str to str
        Parts of words, and what to write instead.
    """

    def __init__(self, spellings: Mapping[str, str]) -> None:
        self._spellings = tuple(spellings.items())
        self.word = lru_cache(maxsize=1 << 16)(self._word)

    def _word(self, word: str) -> str:
        word = word.removesuffix("'s")
        for british, american in self._spellings:
            if british in word:
                word = word.replace(british, american)
        return word

    def __call__(self, text: str) -> list[Lexeme]:
        """Split a text. Hyphens between words are left out, "nonsustained" is two words."""
        found: list[Lexeme] = []
        folded = fold(text)
        for match in _LEXEME.finditer(folded):
            kind = _KINDS[match.lastgroup or "MARK"]
            start, end = match.span()
            if kind is Lexis.WORD:
                word = match[0]
                if word.startswith("non") and len(word) > 7 and word != "nonetheless":
                    found.append(Lexeme("non", kind, start, start + 3))
                    word, start = word[3:], start + 3
                found.append(Lexeme(self.word(word), kind, start, end))
            elif match[0] == "-" and _joins_words(folded, start):
                continue
            else:
                found.append(Lexeme(match[0], kind, start, end))
        return found

    def phrase(self, text: str) -> tuple[str, ...]:
        """Split a phrase of a table as a text is split."""
        return tuple(lexeme.text for lexeme in self(text))


def _joins_words(text: str, at: int) -> bool:
    """Whether a hyphen stands between two words; between leads and beside numbers it says "to" or "minus"."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return before.isalpha() and after.isalpha() and not _RANGE_OF_ROMAN.match(text, max(0, at - 4))


_RANGE_OF_ROMAN = re.compile(r".{0,3}(?<![^\W_])i{1,3}-(?:iii?|av[lrf])(?![^\W_])")

_SUFFIXES: Final = (
    "izations ization izing ized izes ize ations ation ements ement ments ment ities ity iveness ively ive ances "
    "ance ences ence ions ion ingly ings ing edly ed ally ically ical al ic ics ably ible able ly er ers es s e y "
    "or ors"
)
_BY_LENGTH: Final = tuple(sorted(_SUFFIXES.split(), key=len, reverse=True))


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """Return a word without its ending: "conducted", "conducting" and "conduction" are all "conduct".

    One ending is taken off, the longest that leaves four letters, and a doubled consonant is made single. This is
    coarser than Porter's stemmer and needs nothing; forms of one word nearly always meet, and words that differ in
    more than their ending never do.
    """
    if len(word) < 4 or not word.isalpha():
        return word
    for suffix in _BY_LENGTH:
        if word.endswith(suffix) and len(word) - len(suffix) >= (3 if suffix == "s" else 4):
            word = word[: -len(suffix)]
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "aeiou":
        word = word[:-1]
    return word
