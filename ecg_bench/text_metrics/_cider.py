"""CIDEr-D: how alike two reports are in words and phrases, the rare ones counting most."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ecg_bench.errors import UserError
from ecg_bench.files import TABLE_SUFFIXES, read_rows, read_text, sha256_of
from ecg_bench.text_metrics._base import Comparison, Pair, TextMetric

ORDERS: Final = 4  # n-grams of 1 to 4 words
SIGMA: Final = 6.0  # of the Gaussian that punishes another length

_WORD = re.compile(r"\w+(?:[.,'/-]\w+)*")

Ngram = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Idf:
    """How rare n-grams are in a corpus of references.

    Attributes
    ----------
    documents : int
        How many references.
    frequencies : mapping of n-gram to int
        In how many of them each n-gram is.
    """

    documents: int
    frequencies: Mapping[Ngram, int]

    def weight(self, ngram: Ngram) -> float:
        """Return log(documents / frequency); an n-gram that isn't in the corpus counts as if in one reference."""
        return math.log(self.documents) - math.log(self.frequencies.get(ngram, 1))


@dataclass(frozen=True, slots=True)
class _Weighted:
    """A text's n-grams of each order with their weights, the lengths of these vectors, and its number of bigrams."""

    vectors: tuple[Mapping[Ngram, float], ...]
    norms: tuple[float, ...]
    bigrams: int


class CiderD(TextMetric):
    """CIDEr-D, divided by ten so that it lies between 0 and 1.

    The mean over n-grams of 1 to 4 words of the cosine of tf-idf vectors, with the answer's counts clipped at the
    reference's, times a Gaussian of the difference in length. Vedantam et al., *CIDEr: Consensus-based Image
    Description Evaluation*, CVPR 2015; as in the coco-caption code, lengths are counted in bigrams, with a standard
    deviation of 6. Published values are ten times ours. A text of fewer than 4 words can't reach 1.

    It is meant for reports and captions: an answer 15 words longer or shorter than its reference scores below .05
    whatever it says.

    Parameters
    ----------
    idf : path, optional
        The references from which the rarity of words is taken: JSONL, CSV or TSV with a field ``reference``, or any
        other text file with one in each line. By default the references of the pairs that are compared, each pair's
        counted, as coco-caption does: scores then depend on which pairs are compared, those with a single reference
        are all 0, and the signature says ``idf:these-references``.

    Raises
    ------
    UserError
        If the file can't be read, or holds no reference.
    """

    def __init__(self, *, idf: Path | None = None) -> None:
        self._name = "these-references"
        self._idf: Idf | None = None
        if idf is not None:
            corpus = _read_corpus(idf)
            self._idf = idf_of(corpus)
            self._name = f"{idf.name}@{sha256_of(*corpus)[:16]}"

    @property
    def signature(self) -> str:
        return f"cider_d|version:1|idf:{self._name}|n:{ORDERS}|sigma:{SIGMA:g}|tok:words-lowercase|scale:0-1"

    def compare(self, pairs: Sequence[Pair]) -> Comparison:
        idf = self._idf or idf_of([pair.reference for pair in pairs])
        references = {text: _weigh(words_of(text), idf) for text in dict.fromkeys(pair.reference for pair in pairs)}
        scores = np.zeros(len(pairs))
        unweighted = np.zeros(len(pairs), dtype=np.bool_)
        for i, pair in enumerate(pairs):
            reference = references[pair.reference]
            unweighted[i] = not any(reference.norms)
            scores[i] = _similarity(_weigh(words_of(pair.answer), idf), reference)
        return Comparison({"cider_d": scores}, flags={"unweighted_reference": unweighted})


def words_of(text: str) -> list[str]:
    """Return a text's words in lower case: runs of letters and digits with what joins them ("0.12", "j-point")."""
    return _WORD.findall(text.lower())


def idf_of(references: Iterable[str]) -> Idf:
    """Count in how many references each n-gram is."""
    found: Counter[Ngram] = Counter()
    repeats = Counter(references)
    for text, times in repeats.items():
        for ngram in _count(words_of(text)):
            found[ngram] += times
    return Idf(repeats.total(), found)


def _count(words: Sequence[str]) -> Counter[Ngram]:
    return Counter(tuple(words[i : i + n]) for n in range(1, ORDERS + 1) for i in range(len(words) - n + 1))


def _weigh(words: Sequence[str], idf: Idf) -> _Weighted:
    vectors: tuple[dict[Ngram, float], ...] = tuple({} for _ in range(ORDERS))
    for ngram, count in _count(words).items():
        vectors[len(ngram) - 1][ngram] = count * idf.weight(ngram)
    norms = tuple(math.sqrt(sum(value * value for value in vector.values())) for vector in vectors)
    return _Weighted(vectors, norms, max(0, len(words) - 1))


def _similarity(answer: _Weighted, reference: _Weighted) -> float:
    total = 0.0
    for n in range(ORDERS):
        ours, theirs = answer.vectors[n], reference.vectors[n]
        norm = answer.norms[n] * reference.norms[n]
        if norm:
            shared = ours.keys() & theirs.keys()
            total += math.fsum(min(ours[ngram], theirs[ngram]) * theirs[ngram] for ngram in shared) / norm
    penalty = math.exp(-((answer.bigrams - reference.bigrams) ** 2) / (2 * SIGMA**2))
    return min(1.0, total / ORDERS * penalty)  # rounding can lift a text compared with itself above 1


def _read_corpus(path: Path) -> list[str]:
    if path.suffix.lower() in TABLE_SUFFIXES:
        found = []
        for line, row in read_rows(path):
            text = row.get("reference")
            if not isinstance(text, str):
                raise UserError("needs the field 'reference' with a text", path=path, line=line)
            found.append(text)
    else:
        found = read_text(path).splitlines()
    found = [text for text in found if text.strip()]
    if len(set(found)) < 2:
        raise UserError("needs at least two different references: which words are rare can't be told", path=path)
    return found
