"""Stems of words, each found once: what takes most of the time of ROUGE and METEOR."""

from __future__ import annotations

from functools import cache
from typing import Any

STEMMER = "porter(nltk)"


@cache
def _porter() -> Any:
    from nltk.stem.porter import PorterStemmer

    return PorterStemmer()


@cache
def stem(word: str) -> str:
    """Return the Porter stem of a word in small letters, with nltk's extensions of the algorithm."""
    found: str = _porter().stem(word)
    return found
