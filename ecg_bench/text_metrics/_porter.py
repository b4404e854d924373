"""Porter's stemmer with the extensions that nltk has by default, as rouge-score and nltk's METEOR use it.

Written here because importing nltk takes more than a second, and so that a signature's "porter" means the same words
whatever version of nltk is installed; a test compares it with nltk's.

Sources: M. F. Porter, An algorithm for suffix stripping, Program 14 (1980) 130-137; the documentation of nltk's
``PorterStemmer`` for its extensions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final


def _by_old(olds_of: Mapping[str, str]) -> dict[str, str]:
    """Turn what is written instead, each with all that it replaces, into a look-up by what is replaced."""
    return {old: new for new, olds in olds_of.items() for old in olds.split()}


_IRREGULAR: Final = {word: word for word in ("news", "howe", "proceed", "exceed", "succeed")} | _by_old(
    {
        "canning": "canning cannings",
        "die": "dying",
        "inning": "inning innings",
        "lie": "lying",
        "outing": "outing outings",
        "sky": "sky skies",
        "tie": "tying",
    }
)
# Suffixes of steps 2 to 4. The longest that a word ends with is the only one that is tried.
_STEP_2: Final = _by_old(
    {
        "al": "alli alism aliti",
        "ance": "anci",
        "ate": "ational ation ator",
        "ble": "bli biliti",
        "e": "eli",
        "ence": "enci",
        "ent": "entli",
        "ful": "fulness fulli",
        "ive": "iveness iviti",
        "ize": "izer ization",
        "log": "logi",
        "ous": "ousli ousness",
        "tion": "tional",
    }
)
_STEP_3: Final = _by_old({"ic": "icate iciti ical", "al": "alize", "": "ative ful ness"})
_STEP_4: Final = _by_old({"": "al ance ence er ic able ible ant ement ment ent ion ou ism ate iti ous ive ize"})
# Inside this module a "Y" is a y that counts as a consonant, so that vowels and consonants can be told by regex.
_VOWEL: Final = re.compile("[aeiouy]")
_VOWEL_CONSONANT: Final = re.compile("[aeiouy][^aeiouy]")
_DOUBLE_CONSONANT: Final = re.compile(r"(?:([^aeiouyY])\1|yY)\Z")
_SHORT_END: Final = re.compile(r"[^aeiouy][aeiouy][^aeiouywxY]\Z|\A[aeiouy][^aeiouy]\Z")  # Porter's *o


@lru_cache(maxsize=2**17)
def stem(word: str) -> str:
    """Return the stem of a word in small letters ("elevations" gives "elev")."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 2:
        return word
    marked = _step_1c(_step_1b(_step_1a(_mark_consonants(word))))
    return _step_5(_step_4(_step_3(_step_2(marked)))).replace("Y", "y")


def _mark_consonants(word: str) -> str:
    """Write Y for each y that begins a word or follows a vowel."""
    if "y" not in word:
        return word
    letters = list(word)
    for i, letter in enumerate(letters):
        if letter == "y" and (i == 0 or letters[i - 1] in "aeiouy"):
            letters[i] = "Y"
    return "".join(letters)


def _measure(base: str) -> int:
    """Return Porter's m: how often a vowel is followed by a consonant."""
    return len(_VOWEL_CONSONANT.findall(base))


def _longest_suffix(word: str, suffixes: Mapping[str, str]) -> str:
    """Return the longest of some suffixes, of up to seven letters, that a word ends with, or nothing."""
    return next((word[-n:] for n in range(7, 1, -1) if word[-n:] in suffixes), "")


def _step_1a(word: str) -> str:
    if not word.endswith("s") or word.endswith("ss"):
        return word
    if word.endswith("ies"):
        return word[:-1] if len(word) == 4 else word[:-2]
    return word[:-2] if word.endswith("sses") else word[:-1]


def _step_1b(word: str) -> str:
    if word.endswith("ied"):
        return word[:-1] if len(word) == 4 else word[:-2]
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) else word
    ending = next((ending for ending in ("ed", "ing") if word.endswith(ending)), "")
    base = word.removesuffix(ending)
    if not ending or not _VOWEL.search(base):
        return word
    if base.endswith(("at", "bl", "iz")):
        return base + "e"
    if _DOUBLE_CONSONANT.search(base):
        return base if base.endswith(("l", "s", "z")) else base[:-1]
    return base + "e" if _measure(base) == 1 and _SHORT_END.search(base) else base


def _step_1c(word: str) -> str:
    # A y at the end that isn't marked follows a consonant.
    return word[:-1] + "i" if word.endswith("y") and len(word) > 2 else word


def _step_2(word: str) -> str:
    suffix = _longest_suffix(word, _STEP_2)
    base = word.removesuffix(suffix)
    if not suffix or not _measure(base + "l" if suffix == "logi" else base):
        return word
    shorter = base + _STEP_2[suffix]
    return _step_2(shorter) if suffix == "alli" else shorter


def _step_3(word: str) -> str:
    suffix = _longest_suffix(word, _STEP_3)
    base = word.removesuffix(suffix)
    return base + _STEP_3[suffix] if suffix and _measure(base) else word


def _step_4(word: str) -> str:
    suffix = _longest_suffix(word, _STEP_4)
    base = word.removesuffix(suffix)
    if suffix == "ion" and not base.endswith(("s", "t")):
        return word
    return base if suffix and _measure(base) > 1 else word


def _step_5(word: str) -> str:
    if word.endswith("e"):
        base = word[:-1]
        measure = _measure(base)
        if measure > 1 or (measure == 1 and not _SHORT_END.search(base)):
            word = base
    return word[:-1] if word.endswith("ll") and _measure(word[:-1]) > 1 else word
