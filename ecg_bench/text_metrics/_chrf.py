"""chrF: runs of characters shared with the reference (Popović 2015), as sacreBLEU computes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from ecg_bench.text_metrics._base import Aggregate, Comparison, Floats, Pair, TextMetric
from ecg_bench.text_metrics._ngrams import count_shared, ngrams

ORDER: Final = 6  # the longest runs of characters
_BETA_SQUARED: Final = 4  # recall weighs twice as much as precision


class Chrf(TextMetric):
    """ChrF2 of each pair (``chrf``) and over all pairs (``corpus_chrf``), between 0 and 1.

    sacreBLEU's divided by 100. White space is left out; case, accents and signs count, and so does any script.
    """

    def __init__(self) -> None:
        self.aggregates: Mapping[str, Aggregate] = {"corpus_chrf": corpus_chrf}

    @property
    def signature(self) -> str:
        from sacrebleu.metrics.chrf import CHRF

        metric = CHRF(char_order=ORDER)
        metric.corpus_score([""], [[""]])  # it knows the number of references only afterwards
        return f"chrf|{metric.get_signature().format()}"

    def compare(self, pairs: Sequence[Pair]) -> Comparison:
        statistics = np.array([_count(pair) for pair in pairs], dtype=np.float64).reshape(-1, 3 * ORDER)
        return Comparison({"chrf": corpus_chrf(statistics)}, {"corpus_chrf": statistics})


def corpus_chrf(sums: Floats) -> Floats:
    """Return chrF2, between 0 and 1: of precision and recall, each averaged over the orders that both texts have.

    Parameters
    ----------
    sums : array of float, shape (..., 18)
        For each n from 1 to 6, the runs of n characters of the answers, of the references, and of both.
    """
    precision, recall, orders = np.zeros((3, *sums.shape[:-1]))
    for n in range(ORDER):
        answer, reference, shared = sums[..., 3 * n], sums[..., 3 * n + 1], sums[..., 3 * n + 2]
        present = (answer > 0) & (reference > 0)
        precision += np.divide(shared, answer, out=np.zeros_like(precision), where=present)
        recall += np.divide(shared, reference, out=np.zeros_like(recall), where=present)
        orders += present
    precision, recall = precision / np.maximum(orders, 1), recall / np.maximum(orders, 1)
    weighted = _BETA_SQUARED * precision + recall
    numerator = (1 + _BETA_SQUARED) * precision * recall
    score: Floats = np.divide(numerator, weighted, out=np.zeros_like(weighted), where=weighted > 0)
    return score


def _count(pair: Pair) -> list[int]:
    """Return the statistics of a pair; an order that the reference is too short for isn't held against the answer."""
    answer, reference = ("".join(text.split()) for text in (pair.answer, pair.reference))
    counts = []
    for n in range(1, ORDER + 1):
        runs, others = ngrams(answer, n), ngrams(reference, n)
        counts += [len(runs) if others else 0, len(others), count_shared(runs, others)]
    return counts
