"""The diagnostic as a text metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np

from ecg_bench.text_metrics._base import Aggregate, Comparison, Floats, Pair, TextMetric
from ecg_bench.text_metrics.critical._compare import CriticalDifference, compare_readings
from ecg_bench.text_metrics.critical._reading import CriticalToken, Reader, Reading
from ecg_bench.text_metrics.critical._words import load_words

VERSION = 1
_KEPT = 4096  # characters; longer texts are not remembered


@lru_cache(maxsize=8)
def _reader(words: Path | None) -> Reader:
    return Reader(load_words(words))


@lru_cache(maxsize=4096)
def _read_short(text: str, words: Path | None) -> Reading:
    return _reader(words)(text)


def read(text: str, words: Path | None = None) -> Reading:
    """Read a text; short ones are remembered."""
    return _read_short(text, words) if len(text) <= _KEPT else _reader(words)(text)


def critical_tokens(text: str, *, words: Path | None = None) -> tuple[CriticalToken, ...]:
    """Find the tokens of a text whose change turns its meaning round.

    These are negations with what they negate, words that have an opposite, comparators, numbers with their units, and
    leads of the electrocardiogram. Case and blanks don't matter; an empty line ends a sentence,
    and so does one that begins like the member of a list ("- ", "2) ").

    Parameters
    ----------
    text : str
    words : Path, optional
        A file of the form of ``ecg_bench/text_metrics/critical/words.yaml`` to be used in its place.

    Returns
    -------
    tuple of CriticalToken
        In the order of the text; each lead of "V1-V3" is one, with the place of the whole.

    Raises
    ------
    UserError
        If the file of words can't be used.
    """
    return read(text, words).tokens


def compare(answer: str, reference: str, *, words: Path | None = None) -> CriticalDifference:
    """Compare an answer's critical tokens with those of its reference.

    Parameters
    ----------
    answer, reference : str
    words : Path, optional
        As for `critical_tokens`.

    Returns
    -------
    CriticalDifference
        What contradicts the reference, what is missing and what was added.

    Raises
    ------
    UserError
        If the file of words can't be used.
    """
    return compare_readings(read(answer, words), read(reference, words))


def _pooled(sums: Floats) -> Floats:
    return np.divide(sums[..., 0], sums[..., 1], out=np.ones(sums.shape[:-1]), where=sums[..., 1] > 0)


class Critical(TextMetric):
    """Critical tokens that are contradicted, missing and added, and the share of the reference's that the answer has.

    ``critical_recall`` is 1 where the reference has no critical token, since nothing can be missed; the flag
    ``critical_none`` says where, and the aggregate ``critical_recall_pooled`` (tokens that the answers have, over
    tokens of the references) leaves these pairs out and counts each token alike. Of an empty answer all scores are 0,
    the counts too; it counts in the pooled recall with all its tokens missing.

    Parameters
    ----------
    words : Path, optional
        A file of words for another field, of the form of ``words.yaml``; its hash is in the signature.

    Raises
    ------
    UserError
        If the file of words can't be used.
    """

    diagnostic: ClassVar[bool] = True
    aggregates: Mapping[str, Aggregate] = {"critical_recall_pooled": _pooled}

    def __init__(self, *, words: Path | None = None) -> None:
        self._words = words
        self._digest = load_words(words).digest

    @property
    def signature(self) -> str:
        return f"critical|version:{VERSION}|words:{self._digest}"

    def compare(self, pairs: Sequence[Pair]) -> Comparison:
        scores = np.zeros((4, len(pairs)))
        statistics = np.zeros((len(pairs), 2))
        for row, pair in enumerate(pairs):
            difference = compare(pair.answer, pair.reference, words=self._words)
            statistics[row] = difference.matched, difference.expected
            if pair.answer.strip():
                recall = 1.0 if difference.recall is None else difference.recall
                scores[:, row] = len(difference.contradicted), len(difference.missing), len(difference.added), recall
        names = ("critical_contradicted", "critical_missing", "critical_added", "critical_recall")
        return Comparison(
            dict(zip(names, scores, strict=True)),
            {"critical_recall_pooled": statistics},
            {"critical_none": statistics[:, 1] == 0},
        )
