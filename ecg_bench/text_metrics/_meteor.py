"""METEOR without Java and without downloads, as nltk computes it.

Sources: Lavie and Agarwal, METEOR: an automatic metric for MT evaluation with high levels of correlation with human
judgments, WMT 2007; Denkowski and Lavie, Meteor Universal, WMT 2014 (the parameters of METEOR 1.5).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, Literal

import numpy as np

from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.text_metrics._base import Comparison, Pair, TextMetric
from ecg_bench.text_metrics._porter import stem

_WORD = re.compile(r"[^\W_]+(?:(?<=\d)[.,]\d+)*")  # "0.12" is one word, "ST-elevation" is two

Words = dict[int, str]  # by place, in order


@dataclass(frozen=True, slots=True)
class Parameters:
    """Of METEOR: the weight of precision against recall, and exponent and weight of the fragmentation penalty."""

    alpha: float
    beta: float
    gamma: float


PARAMETERS: Final = {"1.5": Parameters(0.85, 0.2, 0.6), "nltk": Parameters(0.9, 3.0, 0.5)}


class Meteor(TextMetric):
    """METEOR of each pair (``meteor``), between 0 and 1.

    Words are aligned where they are equal, then where their stems are, then, if asked for, where they are synonyms.
    The score is a mean of precision and recall less a penalty for words in another order. It equals that of nltk with
    the same stages, parameters and words; METEOR 1.5 itself has paraphrases and weights for function words besides.

    Parameters
    ----------
    parameters : {"1.5", "nltk"}
        Those of METEOR 1.5 for English, or those of 2007, which are nltk's default.
    wordnet : bool
        Whether to look for synonyms in WordNet, which nltk must have on this machine.

    Raises
    ------
    UserError
        If the parameters are unknown, or WordNet is asked for and absent.
    """

    def __init__(self, *, parameters: Literal["1.5", "nltk"] = "1.5", wordnet: bool = False) -> None:
        if parameters not in PARAMETERS:
            raise UserError(f"meteor has no parameters named {parameters!r}{did_you_mean(parameters, PARAMETERS)}")
        self.parameters = PARAMETERS[parameters]
        self._wordnet = _open_wordnet() if wordnet else None
        self._synonyms = lru_cache(maxsize=2**16)(_synonyms_in(self._wordnet)) if wordnet else None

    @property
    def signature(self) -> str:
        stages = "exact,stem" if self._wordnet is None else f"exact,stem,wordnet-{self._wordnet.get_version()}"
        alpha, beta, gamma = self.parameters.alpha, self.parameters.beta, self.parameters.gamma
        return (
            f"meteor|version:1|stages:{stages}|stemmer:porter|alpha:{alpha}|beta:{beta}|gamma:{gamma}"
            "|case:lower|tok:words|like:nltk"
        )

    def compare(self, pairs: Sequence[Pair]) -> Comparison:
        return Comparison({"meteor": np.array([self._score(pair) for pair in pairs], dtype=np.float64)})

    def _score(self, pair: Pair) -> float:
        answer, reference = words(pair.answer), words(pair.reference)
        matches = self._align(dict(enumerate(answer)), dict(enumerate(reference)))
        if not matches:
            return 0.0
        precision, recall = len(matches) / len(answer), len(matches) / len(reference)
        alpha, beta, gamma = self.parameters.alpha, self.parameters.beta, self.parameters.gamma
        mean = (precision * recall) / (alpha * precision + (1 - alpha) * recall)
        penalty = gamma * math.pow(_count_chunks(matches) / len(matches), beta)
        return (1 - penalty) * mean

    def _align(self, answer: Words, reference: Words) -> list[tuple[int, int]]:
        """Return the places of the aligned words in the order of the answer."""
        matches = _match(answer, reference)
        for unmatched in (answer, reference):
            unmatched.update({place: stem(word) for place, word in unmatched.items()})
        matches += _match(answer, reference)
        if self._synonyms is not None:
            matches += _match(answer, reference, self._synonyms)  # of stems, as in nltk
        return sorted(matches)


def words(text: str) -> list[str]:
    """Return the words of a text in small letters; numbers keep their decimals ("0.12"), hyphens part words."""
    return _WORD.findall(text.lower())


def _match(
    answer: Words, reference: Words, synonyms: Callable[[str], Iterable[str]] | None = None
) -> list[tuple[int, int]]:
    """Match equal words (or synonyms), from the answer's last one backwards, and remove them from both.

    Of several places in the reference, a word gets the last one that is free.
    """
    places: dict[str, list[int]] = {}
    for place, word in reference.items():
        places.setdefault(word, []).append(place)
    matches = []
    for place, word in reversed(answer.items()):
        if synonyms is None:
            free = places.get(word)
        else:
            free = max((places.get(synonym, []) for synonym in synonyms(word)), key=lambda found: found[-1:])
        if free:
            matches.append((place, free.pop()))
    for place, other in matches:
        del answer[place], reference[other]
    return matches


def _count_chunks(matches: Sequence[tuple[int, int]]) -> int:
    """Return in how many runs the aligned words stand next to each other in both texts."""
    return 1 + sum((left + 1, right + 1) != after for (left, right), after in pairwise(matches))


def _open_wordnet() -> Any:
    how = "install nltk and run `python -m nltk.downloader wordnet`, or leave wordnet out"
    try:
        from nltk.corpus import wordnet

        wordnet.get_version()
    except ImportError as error:
        raise UserError(f"meteor needs nltk for synonyms: {how}") from error
    except LookupError as error:
        raise UserError(f"WordNet isn't on this machine: {how}") from error
    return wordnet


def _synonyms_in(wordnet: Any) -> Callable[[str], frozenset[str]]:
    """Return the function that gives a word and its synonyms of one word."""

    def synonyms(word: str) -> frozenset[str]:
        names = (lemma.name() for synset in wordnet.synsets(word) for lemma in synset.lemmas())
        return frozenset({word, *(name for name in names if "_" not in name)})

    return synonyms
