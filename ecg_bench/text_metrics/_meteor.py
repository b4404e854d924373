"""METEOR without Java and without downloads: exact words, then stems, then, where there is WordNet, synonyms."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from ecg_bench.errors import UserError
from ecg_bench.text_metrics._base import Comparison, Pair, TextMetric
from ecg_bench.text_metrics._stems import STEMMER, stem

_WORD = re.compile(r"\w+")

# Weight of precision against recall, and exponent and weight of the penalty for broken order.
PARAMETERS = {"1.5": (0.85, 0.2, 0.6), "nltk": (0.9, 3.0, 0.5)}

Matches = list[tuple[int, int]]  # places in the answer and in the reference


class Meteor(TextMetric):
    """METEOR by exact words and stems.

    The METEOR of Java also matches paraphrases from its own tables, and the one of the package nltk takes the
    parameters of 2007: three METEORs, three numbers. The signature says which this is.

    Parameters
    ----------
    parameters : {"1.5", "nltk"}
        Those of METEOR 1.5 for English, or of 2007, which are nltk's.
    wordnet : bool
        Whether synonyms match too; nltk's data must hold WordNet.

    References
    ----------
    A. Lavie and A. Agarwal, METEOR (2007); M. Denkowski and A. Lavie, Meteor Universal (2014).
    """

    def __init__(self, *, parameters: Literal["1.5", "nltk"] = "1.5", wordnet: bool = False) -> None:
        self._parameters = parameters
        self._weights = PARAMETERS[parameters]
        self._synonyms = _synonyms_of(_wordnet()) if wordnet else None

    @property
    def signature(self) -> str:
        alpha, beta, gamma = self._weights
        stages = "exact,stem,wordnet" if self._synonyms else "exact,stem"
        return (
            f"meteor|version:1|stages:{stages}|stemmer:{STEMMER}|tok:\\w+|case:lower|alpha:{alpha:g}|beta:{beta:g}"
            f"|gamma:{gamma:g}"
        )

    def compare(self, pairs: Sequence[Pair]) -> Comparison:
        words: dict[str, list[str]] = {}
        for text in (text for pair in pairs for text in (pair.answer, pair.reference)):
            if text not in words:
                words[text] = _WORD.findall(text.lower())
        scores = [self._score(words[pair.answer], words[pair.reference]) for pair in pairs]
        return Comparison({"meteor": np.array(scores, dtype=np.float64)})

    def _score(self, answer: Sequence[str], reference: Sequence[str]) -> float:
        matches = self._align(answer, reference)
        if not matches:
            return 0.0
        alpha, beta, gamma = self._weights
        precision, recall = len(matches) / len(answer), len(matches) / len(reference)
        mean = precision * recall / (alpha * precision + (1 - alpha) * recall)
        chunks = 1 + sum(second != (first[0] + 1, first[1] + 1) for first, second in pairwise(matches))
        penalty: float = gamma * (chunks / len(matches)) ** beta
        return (1 - penalty) * mean

    def _align(self, answer: Sequence[str], reference: Sequence[str]) -> Matches:
        """Return which words match which, in the order of the answer.

        Each stage goes through what the one before left over, from the ends of both texts: of equal words the last
        ones match first.
        """
        left, there = list(enumerate(answer)), list(enumerate(reference))
        matches = _take(left, there)
        if left and there:
            by_stem = [(n, stem(word)) for n, word in left], [(n, stem(word)) for n, word in there]
            found = _take(*by_stem)
            matches += found
            if self._synonyms is not None:
                gone, taken = {n for n, _ in found}, {n for _, n in found}
                matches += _take_synonyms(
                    [one for one in left if one[0] not in gone],
                    [one for one in there if one[0] not in taken],
                    self._synonyms,
                )
        return sorted(matches)


def _take(left: list[tuple[int, str]], there: list[tuple[int, str]]) -> Matches:
    """Match equal words, and take them out of both lists."""
    places: dict[str, list[int]] = defaultdict(list)
    for n, word in there:
        places[word].append(n)
    matches = [(n, places[word].pop()) for n, word in reversed(left) if places.get(word)]
    if matches:
        gone, taken = {n for n, _ in matches}, {n for _, n in matches}
        left[:] = [one for one in left if one[0] not in gone]
        there[:] = [one for one in there if one[0] not in taken]
    return matches


def _take_synonyms(
    left: Sequence[tuple[int, str]], there: list[tuple[int, str]], synonyms: Callable[[str], Collection[str]]
) -> Matches:
    matches = []
    for n, word in reversed(left):
        known = synonyms(word)
        for place in range(len(there) - 1, -1, -1):
            if there[place][1] in known:
                matches.append((n, there.pop(place)[0]))
                break
    return matches


def _synonyms_of(wordnet: Any) -> Callable[[str], Collection[str]]:
    @lru_cache(maxsize=65_536)
    def synonyms(word: str) -> Collection[str]:
        lemmas = {lemma.name() for synset in wordnet.synsets(word) for lemma in synset.lemmas()}
        return {lemma for lemma in lemmas if "_" not in lemma} | {word}

    return synonyms


def _wordnet() -> Any:
    from nltk.corpus import wordnet

    try:
        wordnet.ensure_loaded()
    except LookupError:
        raise UserError(
            "meteor: wordnet=true needs WordNet, which nltk's data folders don't hold: get it with "
            "python -m nltk.downloader wordnet, or leave it out"
        ) from None
    return wordnet
