"""BLEU (Papineni et al. 2002), as sacreBLEU computes it, and as a published study did."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from typing import Final, Literal

import numpy as np

from ecg_bench.errors import UserError
from ecg_bench.text_metrics._base import Aggregate, Comparison, Floats, Pair, TextMetric
from ecg_bench.text_metrics._ngrams import count_shared, ngrams

ORDER: Final = 4  # the longest n-grams


class Bleu(TextMetric):
    """BLEU of each pair (``bleu``) and over all pairs (``corpus_bleu``), between 0 and 1.

    Both are sacreBLEU's divided by 100, with its tokens ("13a") and its smoothing ("exp"). ``bleu`` leaves out the
    n-grams that the answer is too short for (``effective_order``): else a perfect answer of two words would score 0.

    Parameters
    ----------
    compat : {"ecg-llm"}, optional
        Compute instead ``bleu_ecg_llm``, the BLEU of the study ECG-LLM: that of nltk 3.9.1's ``sentence_bleu``, with
        tokens between white space and no smoothing, so that a pair without a common run of four tokens has 0.

    Raises
    ------
    UserError
        If `compat` is unknown.
    """

    def __init__(self, *, compat: Literal["ecg-llm"] | None = None) -> None:
        if compat not in (None, "ecg-llm"):
            raise UserError(f"bleu has no compat={compat!r}: give compat=ecg-llm, or leave it out")
        self.compat = compat
        self.aggregates: Mapping[str, Aggregate] = {} if compat else {"corpus_bleu": corpus_bleu}

    @property
    def signature(self) -> str:
        if self.compat:
            return "bleu_ecg_llm|version:1|nrefs:1|case:mixed|eff:no|tok:whitespace|smooth:none|like:nltk-3.9.1"
        from sacrebleu.metrics.bleu import BLEU

        metric = BLEU()
        metric.corpus_score([""], [[""]])  # it knows the number of references only afterwards
        return f"bleu|sentence:effective_order|{metric.get_signature().format()}"

    def compare(self, pairs: Sequence[Pair]) -> Comparison:
        if self.compat:
            return Comparison({"bleu_ecg_llm": np.array([unsmoothed_bleu(pair) for pair in pairs], dtype=np.float64)})
        from sacrebleu.metrics.bleu import BLEU

        metric = BLEU(effective_order=True)
        scores = np.zeros(len(pairs))
        statistics = np.zeros((len(pairs), 2 + 2 * ORDER))
        for i, pair in enumerate(pairs):
            found = metric.sentence_score(pair.answer, [pair.reference])
            scores[i] = _share(found.score)
            statistics[i] = (found.sys_len, found.ref_len, *found.counts, *found.totals)
        return Comparison({"bleu": scores}, {"corpus_bleu": statistics})


def corpus_bleu(sums: Floats) -> Floats:
    """Return corpus BLEU, between 0 and 1.

    Parameters
    ----------
    sums : array of float, shape (..., 10)
        Tokens of the answers and of the references, n-grams of the answers that the references have, and n-grams of
        the answers, both for n from 1 to 4.
    """
    from sacrebleu.metrics.bleu import BLEU

    values = []
    for answers, references, *counts in np.rint(sums).astype(np.int64).reshape(-1, 2 + 2 * ORDER).tolist():
        found = BLEU.compute_bleu(counts[:ORDER], counts[ORDER:], answers, references, smooth_method="exp")
        values.append(_share(found.score))
    return np.array(values, dtype=np.float64).reshape(sums.shape[:-1])


def unsmoothed_bleu(pair: Pair) -> float:
    """Return the BLEU that nltk's ``sentence_bleu`` gives by default, between 0 and 1.

    Where an order of n-grams has nothing in common, nltk takes the smallest normal number for its precision rather
    than 0, which leaves less than 1e-76 of the score; so do we.
    """
    answer, reference = tuple(pair.answer.split()), tuple(pair.reference.split())
    logarithms = []
    for n in range(1, ORDER + 1):
        grams = ngrams(answer, n)
        shared = count_shared(grams, ngrams(reference, n))
        if n == 1 and not shared:
            return 0.0
        logarithms.append(math.log(shared / len(grams) if shared else sys.float_info.min))
    brevity = 1.0 if len(answer) > len(reference) else math.exp(1 - len(reference) / len(answer))
    return brevity * math.exp(math.fsum(0.25 * logarithm for logarithm in logarithms))


def _share(percent: float) -> float:
    """Return a percentage as a number from 0 to 1; sacreBLEU's exceeds 100 by rounding."""
    return min(percent / 100, 1.0)
