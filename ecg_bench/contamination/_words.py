"""Texts as words that don't depend on case, punctuation or encoding, and as hashes of n words in a row."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]

_WORD = re.compile(r"[^\W_]+")
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))  # soft hyphens and their like
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # any odd number; this one is 2**64 by the golden ratio


def words_of(text: str) -> list[str]:
    """Return the runs of letters and digits of a text, without case, after Unicode's NFKC."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_INVISIBLE))
    return _WORD.findall(text.casefold())


def hashes_of(words: Sequence[str]) -> Hashes:
    """Return a hash of each word, the same one throughout a process."""
    return np.fromiter(map(hash, words), dtype=np.int64, count=len(words)).view(np.uint64)


def grams_of(hashes: Hashes, n: int) -> Hashes:
    """Return a hash of each `n` words in a row, shape (words - n + 1,); empty where there are fewer.

    It is a polynomial in the hashes of the words, modulo 2**64. Those are keyed anew in each process, so that nobody
    can write a text that collides with another one on purpose.
    """
    count = len(hashes) - n + 1
    if count <= 0:
        return np.empty(0, dtype=np.uint64)
    grams = hashes[:count].copy()
    for step in range(1, n):
        grams *= _FACTOR
        grams += hashes[step : step + count]
    return grams
