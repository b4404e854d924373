"""The recursive splitter: paragraphs, then lines, sentences and words, until every piece fits."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from ecg_bench.errors import UserError

VERSION = 1  # raised when the same text would be split otherwise
Unit = Literal["characters", "tokens"]
Span = tuple[int, int]
Measure = Callable[[int, int], int]

_SENTENCE = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[A-Z0-9\"'(\[])")
_WORD = re.compile(r"\s+")
_SEPARATORS = (re.compile(r"\n[ \t]*\n\s*"), re.compile(r"\n"), _SENTENCE, _WORD)


@dataclass(frozen=True)
class Splitter:
    """Cuts texts into chunks of a size.

    Parameters
    ----------
    size : int
        The most that a chunk may have, in the unit.
    overlap : int
        The most that a chunk may share with the one before it, in the unit.
    unit : {"characters", "tokens"}
        What `size` and `overlap` count.
    tokenizer : object, optional
        A fast tokenizer of ``transformers``, for tokens.

    Raises
    ------
    UserError
        If a number is out of its range, or tokens are to be counted without a tokenizer.

    Notes
    -----
    Tokens are counted in the text as a whole, without special tokens; a chunk tokenized by itself may differ by one at
    each end. A word longer than `size` is cut between characters.
    """

    size: int = 1024
    overlap: int = 100
    unit: Unit = "characters"
    tokenizer: Any = None

    def __post_init__(self) -> None:
        if self.size < 1:
            raise UserError(f"the size of a chunk must be at least 1, but is {self.size}")
        if not 0 <= self.overlap <= self.size // 2:
            raise UserError(f"the overlap must be from 0 to half the size ({self.size // 2}), but is {self.overlap}")
        if self.unit == "tokens" and self.tokenizer is None:
            raise UserError("tokens are counted by a tokenizer: name one")

    def measure(self, text: str) -> Measure:
        """Return what counts the units between two places of a text."""
        if self.unit == "characters":
            return lambda start, end: end - start
        found = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        starts = [start for start, _ in found["offset_mapping"]]
        return lambda start, end: bisect_left(starts, end) - bisect_left(starts, start)

    def split(self, text: str, start: int = 0, end: int | None = None, measure: Measure | None = None) -> list[Span]:
        """Return where the chunks of a text begin and end, without blanks at either.

        Parameters
        ----------
        text : str
            The text.
        start, end : int, optional
            The part of it to be split, in characters.
        measure : callable, optional
            As `measure` returns it for the text, which need not be tokenized again then.
        """
        measure = measure or self.measure(text)
        start, end = _stripped(text, start, len(text) if end is None else end)
        if start >= end:
            return []
        pieces = self._pieces(text, (start, end), 0, measure)
        spans: list[Span] = []
        for start, end in (_stripped(text, *span) for span in self._merged(text, pieces, measure)):
            if start >= end or (spans and end <= spans[-1][1]):
                continue  # nothing but blanks follows the chunk before
            if spans and start <= spans[-1][0]:
                spans.pop()  # without the blanks that it began with, all of it stands in this one
            spans.append((start, end))
        return spans

    def _pieces(self, text: str, span: Span, level: int, measure: Measure) -> list[Span]:
        """Return spans, one behind the other, each of which fits."""
        start, end = span
        if measure(start, end) <= self.size or end - start == 1:
            return [span]
        cuts: Sequence[int] = ()
        while not cuts and level < len(_SEPARATORS):
            cuts = [m.end() for m in _SEPARATORS[level].finditer(text, start, end) if start < m.end() < end]
            level += 1
        cuts = cuts or [(start + end) // 2]
        edges = [start, *cuts, end]
        return [
            one for part in pairwise(edges) for one in self._pieces(text, part, min(level, len(_SEPARATORS)), measure)
        ]

    def _merged(self, text: str, pieces: Sequence[Span], measure: Measure) -> list[Span]:
        chunks: list[Span] = []
        start, n = pieces[0][0], 0
        while n < len(pieces):
            end = pieces[n][1]
            n += 1
            while n < len(pieces) and measure(start, pieces[n][1]) <= self.size:
                end = pieces[n][1]
                n += 1
            chunks.append((start, end))
            if n < len(pieces):
                start = self._back(text, start, end, pieces[n][1], measure)
        return chunks

    def _back(self, text: str, start: int, end: int, following: int, measure: Measure) -> int:
        """Return where the next chunk begins: at the first sentence, else word, that the overlap has room for."""
        for separator in (_SENTENCE, _WORD) if self.overlap else ():
            places = [match.end() for match in separator.finditer(text, start, end) if match.end() < end]
            low, high = 0, len(places)
            while low < high:  # what is left shrinks from place to place
                middle = (low + high) // 2
                place = places[middle]
                if measure(place, end) <= self.overlap and measure(place, following) <= self.size:
                    high = middle
                else:
                    low = middle + 1
            if low < len(places):
                return places[low]
        return end


def _stripped(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
