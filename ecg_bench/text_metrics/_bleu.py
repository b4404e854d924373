"""BLEU, by sacreBLEU; and the way in which the ECG-LLM study computed it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from ecg_bench.text_metrics._base import Aggregate, Comparison, Floats, Pair, TextMetric

ORDER = 4
COLUMN = {None: "bleu", "ecg-llm": "bleu_ecg_llm"}


class Bleu(TextMetric):
    """Sentence BLEU with its effective order, and corpus BLEU.

    A sentence of fewer than four words has no n-grams of all orders; with the effective order only those that it has
    count, so that a perfect answer of two words scores 1 and not 0.

    Parameters
    ----------
    compat : {"ecg-llm"}, optional
        Score as the ECG-LLM study (arXiv 2510.18339) did instead: sentence BLEU without smoothing on tokens between
        blanks, case and punctuation included, averaged over answers. Many short answers score 0 by it.

    References
    ----------
    K. Papineni et al., BLEU (2002); M. Post, A Call for Clarity in Reporting BLEU Scores (2018).
    """

    def __init__(self, *, compat: Literal["ecg-llm"] | None = None) -> None:
        self._compat = compat
        self.aggregates: Mapping[str, Aggregate] = {} if compat else {"corpus_bleu": _corpus}

    @property
    def signature(self) -> str:
        if self._compat:
            return f"bleu|version:1|compat:{self._compat}|order:{ORDER}|smooth:none|tok:blanks|case:mixed"
        sentence, corpus = (_sacrebleu_signature(effective_order=effective) for effective in (True, False))
        return f"bleu|version:1|sentence({sentence})|corpus({corpus})"

    def compare(self, pairs: Sequence[Pair]) -> Comparison:
        if self._compat:
            unsmoothed = [_unsmoothed(pair.answer.split(), pair.reference.split()) for pair in pairs]
            return Comparison({COLUMN[self._compat]: np.array(unsmoothed, dtype=np.float64)})
        from sacrebleu.metrics import BLEU

        metric = BLEU(effective_order=True)
        found = [metric.sentence_score(pair.answer, [pair.reference]) for pair in pairs]
        statistics = np.array(
            [[one.sys_len, one.ref_len, *one.counts, *one.totals] for one in found], dtype=np.float64
        ).reshape(len(pairs), 2 + 2 * ORDER)
        scores = np.array([one.score / 100 for one in found], dtype=np.float64)
        return Comparison({"bleu": np.clip(scores, 0, 1)}, {"corpus_bleu": statistics})


def _corpus(sums: Floats) -> Floats:
    from sacrebleu.metrics import BLEU

    def value(row: Any) -> float:
        system, reference, *counts = row.astype(int).tolist()
        bleu = BLEU.compute_bleu(
            counts[:ORDER], counts[ORDER:], system, reference, smooth_method="exp", effective_order=False
        )
        return min(1.0, float(bleu.score) / 100)

    values: Floats = np.apply_along_axis(value, -1, sums)
    return values


def _sacrebleu_signature(*, effective_order: bool) -> str:
    from sacrebleu.metrics import BLEU

    metric = BLEU(effective_order=effective_order)
    metric.corpus_score(["x"], [["x"]])  # it has no signature before it has seen references
    return str(metric.get_signature())


def _unsmoothed(answer: Sequence[str], reference: Sequence[str]) -> float:
    """Return sentence BLEU without smoothing: 0 as soon as one order has no match."""
    logs = 0.0
    for order in range(1, ORDER + 1):
        found = Counter(zip(*(answer[n:] for n in range(order)), strict=False))
        there = Counter(zip(*(reference[n:] for n in range(order)), strict=False))
        matches = sum(min(n, there[gram]) for gram, n in found.items())
        if not matches:
            return 0.0
        logs += math.log(matches / sum(found.values()))
    brevity = 1.0 if len(answer) > len(reference) else math.exp(1 - len(reference) / len(answer))
    return brevity * math.exp(logs / ORDER)
