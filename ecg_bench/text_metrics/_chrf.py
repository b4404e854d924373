"""The chrF score: n-grams of characters, by sacreBLEU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ecg_bench.text_metrics._base import Aggregate, Comparison, Floats, Pair, TextMetric


class Chrf(TextMetric):
    """Each answer's chrF, and that of all answers together.

    References
    ----------
    M. Popović, chrF: character n-gram F-score for automatic MT evaluation (2015).
    """

    def __init__(self) -> None:
        self.aggregates: Mapping[str, Aggregate] = {"corpus_chrf": self._corpus}

    @cached_property
    def _metric(self) -> Any:
        from sacrebleu.metrics import CHRF

        return CHRF()

    @property
    def signature(self) -> str:
        self._metric.corpus_score(["x"], [["x"]])  # it has no signature before it has seen references
        return f"chrf|version:1|{self._metric.get_signature()}"

    def compare(self, pairs: Sequence[Pair]) -> Comparison:
        metric = self._metric
        # What sacreBLEU's own bootstrap adds up: three counts for each order of n-grams.
        statistics = np.array(
            [metric._extract_corpus_statistics([pair.answer], [[pair.reference]])[0] for pair in pairs],
            dtype=np.float64,
        ).reshape(len(pairs), 3 * metric.order)
        return Comparison({"chrf": self._corpus(statistics)}, {"corpus_chrf": statistics})

    def _corpus(self, sums: Floats) -> Floats:
        """Return chrF from counts: the F-score of precision and recall, averaged over the orders that there are."""
        found, there, matches = (sums[..., n::3] for n in range(3))
        counted = (found > 0) & (there > 0)
        orders = np.maximum(counted.sum(axis=-1), 1)
        precision, recall = (
            np.divide(matches, total, out=np.zeros_like(matches), where=counted).sum(axis=-1) / orders
            for total in (found, there)
        )
        weight = self._metric.beta**2
        below = weight * precision + recall
        score: Floats = np.divide((1 + weight) * precision * recall, below, out=np.zeros_like(below), where=below > 0)
        return score
