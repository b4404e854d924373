"""ROUGE: n-grams and longest common subsequences shared with the reference (Lin 2004), as rouge-score counts them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain

import numpy as np

from ecg_bench.text_metrics._base import Comparison, Floats, Pair, TextMetric
from ecg_bench.text_metrics._ngrams import count_shared, ngrams
from ecg_bench.text_metrics._porter import stem
from ecg_bench.text_metrics._subsequences import common_length, common_places, places

TYPES = ("rouge1", "rouge2", "rougeL", "rougeLsum")

_TOKEN = re.compile("[a-z0-9]+")

Tokens = list[str]


class Rouge(TextMetric):
    """ROUGE-1, -2, -L and -Lsum: precision (``_p``), recall (``_r``) and F1 (``_f``) of each, between 0 and 1.

    Equal to the package rouge-score 0.1.2 to the last bit. As there, only the letters a to z and digits count: signs
    such as "≥" and other scripts are not seen, so that an answer in another script scores 0. ROUGE-Lsum takes lines as
    sentences; where both texts are single lines it is ROUGE-L.

    Parameters
    ----------
    stemmer : bool
        Whether words of more than three letters are compared by their stems.
    """

    def __init__(self, *, stemmer: bool = True) -> None:
        self.stemmer = stemmer

    @property
    def signature(self) -> str:
        stemmer = "porter" if self.stemmer else "no"
        return f"rouge|version:1|types:1,2,L,Lsum|stemmer:{stemmer}|tok:a-z0-9|sentences:lines|like:rouge-score-0.1.2"

    def compare(self, pairs: Sequence[Pair]) -> Comparison:
        counts = np.array([self._count(pair) for pair in pairs], dtype=np.float64).reshape(-1, len(TYPES), 3)
        scores: dict[str, Floats] = {}
        for column, name in enumerate(TYPES):
            common, answer, reference = counts[:, column].T
            precision, recall = common / np.maximum(answer, 1), common / np.maximum(reference, 1)
            total = precision + recall
            f1 = np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)
            scores |= {f"{name}_p": precision, f"{name}_r": recall, f"{name}_f": f1}
        return Comparison(scores)

    def _count(self, pair: Pair) -> list[int]:
        """Return, for each type, how much is common, and how much the answer and the reference have."""
        answer_lines, reference_lines = self._lines(pair.answer), self._lines(pair.reference)
        answer, reference = list(chain(*answer_lines)), list(chain(*reference_lines))
        n, m = len(answer), len(reference)
        longest = common_length(places(reference), m, answer)
        one_line = len(answer_lines) <= 1 and len(reference_lines) <= 1
        summary = longest if one_line else _count_by_lines(answer_lines, reference_lines)
        unigrams = count_shared(answer, reference)
        bigrams = count_shared(ngrams(tuple(answer), 2), ngrams(tuple(reference), 2))
        return [unigrams, n, m, bigrams, max(n - 1, 0), max(m - 1, 0), longest, n, m, summary, n, m]

    def _lines(self, text: str) -> list[Tokens]:
        """Return the tokens of each line that has any."""
        lines = [tokens for line in text.lower().split("\n") if (tokens := _TOKEN.findall(line))]
        if self.stemmer:
            return [[stem(token) if len(token) > 3 else token for token in tokens] for tokens in lines]
        return lines


def _count_by_lines(answer: Sequence[Tokens], reference: Sequence[Tokens]) -> int:
    """Return how many tokens of the reference are in the union of their line's common subsequences with all lines.

    A token counts no more often than the answer has it.
    """
    members: Tokens = []
    for line in reference:
        first, n = places(line), len(line)
        union = 0
        for other in answer:
            union |= common_places(first, n, other)
        members += (token for i, token in enumerate(line) if union >> i & 1)
    return count_shared(members, chain(*answer))
