"""The text metrics of MEIT (arXiv 2403.04945) as its released code computes them, faults included.

What differs from the metrics that it names (commit 468b88869df3 of AIoT-MLSys-Lab/MEIT):

* *CIDEr-D has no document frequencies.* The table of frequencies is counted with all references as those of a single
  item, so that it holds 1 for every n-gram, and all n-grams weigh the same.
* *Corpus scores are averaged over batches* of 32 pairs, as they come; BLEU of a batch is not the mean of its pairs.
* *A constant first line.* What strips the prompt leaves the line ``<|assistant|>`` before answer and reference, which
  are a little alike therefore whatever they say.

BLEU, ROUGE-L and CIDEr are those of pycocoevalcap 1.2, on tokens between white space with full stops apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from ecg_bench.errors import UserError
from ecg_bench.text_metrics._base import Aggregate, Comparison, Floats, Pair, TextMetric
from ecg_bench.text_metrics._subsequences import common_length, places

PREFIX: Final = "<|assistant|>\n"
BATCH: Final = 32
ORDERS: Final = 4
BETA: Final = 1.2  # of ROUGE-L: how much more recall counts than precision
SIGMA: Final = 6.0
TINY, SMALL = 1e-15, 1e-9  # pycocoevalcap's, against logarithms of 0 and division by 0

Tokens = list[str]


class Meit(TextMetric):
    """MEIT's ``meit_bleu1`` to ``meit_bleu4``, ``meit_rougeL``, and ``meit_cider`` from 0 to 10 as its tables have it.

    They stand for many pairs together and depend on the order of the pairs. Their intervals come from the influence of
    each pair on its batch's value (jackknife pseudo-values), so that resampling pairs leaves the batches as they are.
    They are for comparison with MEIT's tables and nothing else; ``bleu``, ``rouge`` and ``cider`` are what they are
    named after.

    Parameters
    ----------
    batch : int
        How many pairs make a batch.
    prefix : bool
        Whether the constant first line is kept.

    Raises
    ------
    UserError
        If `batch` is below 1.
    """

    aggregates: Mapping[str, Aggregate]

    def __init__(self, *, batch: int = BATCH, prefix: bool = True) -> None:
        if batch < 1:
            raise UserError(f"meit.batch must be at least 1, but is {batch}")
        self.batch = batch
        self._prefix = PREFIX if prefix else ""
        names = (*(f"meit_bleu{n}" for n in range(1, ORDERS + 1)), "meit_rougeL", "meit_cider")
        self.aggregates = dict.fromkeys(names, _ratio)

    @property
    def signature(self) -> str:
        prefix = self._prefix.strip() or "no"
        return (
            f"meit|version:1|batches:{self.batch},in-order|prefix:{prefix}|tok:whitespace,full-stops|idf:no"
            f"|beta:{BETA}|sigma:{SIGMA:g}|like:pycocoevalcap-1.2|interval:pseudo-values"
        )

    def compare(self, pairs: Sequence[Pair]) -> Comparison:
        texts = [(self._tokens(pair.answer), self._tokens(pair.reference)) for pair in pairs]
        counts = np.array([_counts(*one) for one in texts], dtype=np.float64).reshape(-1, 2 * ORDERS + 2)
        single = {
            "meit_rougeL": np.array([_rouge(*one) for one in texts], dtype=np.float64),
            "meit_cider": np.array([_cider(*one) for one in texts], dtype=np.float64),
        }
        found: dict[str, Floats] = {name: np.zeros((len(pairs), 2)) for name in self.aggregates}
        for start in range(0, len(pairs), self.batch):
            rows = slice(start, min(start + self.batch, len(pairs)))
            weight = 1 / (rows.stop - rows.start)  # every batch counts the same, the shorter last one too
            for n in range(ORDERS):
                values = pseudo_values(counts[rows], lambda sums, n=n: bleu(sums)[..., n])  # type: ignore[misc]
                found[f"meit_bleu{n + 1}"][rows] = np.column_stack([values * weight, np.full(len(values), weight)])
            for name, column in single.items():
                found[name][rows] = np.column_stack([column[rows] * weight, np.full(len(column[rows]), weight)])
        return Comparison({}, found)

    def _tokens(self, text: str) -> Tokens:
        return (self._prefix + text).replace(".", " . ").split()


def _ratio(sums: Floats) -> Floats:
    values: Floats = np.divide(sums[..., 0], sums[..., 1], out=np.zeros(sums.shape[:-1]), where=sums[..., 1] > 0)
    return values


def pseudo_values(rows: Floats, value: Callable[[Floats], Floats]) -> Floats:
    """Return numbers of which the mean is a value of summed rows, and the spread its sampling error.

    Parameters
    ----------
    rows : array of float, shape (rows, columns)
        Sufficient statistics.
    value : callable
        Sums of shape (..., columns) to values of shape (...).

    References
    ----------
    B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap (1993), section 11.5. The pseudo-values are moved
    so that their mean is the value itself and not its bias-corrected estimate.
    """
    n, total = len(rows), rows.sum(axis=0)
    whole = value(total)
    if n == 1:
        return np.full(1, float(whole))
    left_out = value(total - rows)
    moved: Floats = whole - (n - 1) * (left_out - left_out.mean())
    return moved


def bleu(sums: Floats) -> Floats:
    """Return BLEU-1 to BLEU-4 as pycocoevalcap computes them of a corpus.

    Parameters
    ----------
    sums : array of float, shape (..., 10)
        Shared n-grams and n-grams of the answers, both for n from 1 to 4, and tokens of answers and references.

    Returns
    -------
    array of float, shape (..., 4)
    """
    shared, all_, answers, references = (
        sums[..., :ORDERS], sums[..., ORDERS : 2 * ORDERS], sums[..., -2], sums[..., -1],
    )  # fmt: skip
    product = np.cumprod((shared + TINY) / (all_ + SMALL), axis=-1)
    scores = product ** (1 / np.arange(1, ORDERS + 1))
    ratio = (answers + TINY) / (references + SMALL)
    brevity = np.where(ratio < 1, np.exp(1 - 1 / np.minimum(ratio, 1)), 1.0)
    found: Floats = scores * brevity[..., None]
    return found


def _grams(tokens: Tokens, n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))


def _counts(answer: Tokens, reference: Tokens) -> list[int]:
    grams = [(_grams(answer, n), _grams(reference, n)) for n in range(1, ORDERS + 1)]
    shared = [(ours & theirs).total() for ours, theirs in grams]
    return [*shared, *(ours.total() for ours, _ in grams), len(answer), len(reference)]


def _rouge(answer: Tokens, reference: Tokens) -> float:
    common = common_length(places(reference), len(reference), answer)
    if not common:
        return 0.0
    precision, recall = common / len(answer), common / len(reference)
    return (1 + BETA**2) * precision * recall / (recall + BETA**2 * precision)


def _cider(answer: Tokens, reference: Tokens) -> float:
    """Return CIDEr-D on counts: clipped, punished for another length, no n-gram weighing more than another."""
    total = 0.0
    for n in range(1, ORDERS + 1):
        ours, theirs = _grams(answer, n), _grams(reference, n)
        norm = np.sqrt(float(sum(v * v for v in ours.values())) * float(sum(v * v for v in theirs.values())))
        if norm:
            total += sum(min(count, theirs[gram]) * theirs[gram] for gram, count in ours.items()) / norm
    bigrams = max(0, len(answer) - 1) - max(0, len(reference) - 1)
    return float(10 * total / ORDERS * np.exp(-(bigrams**2) / (2 * SIGMA**2)))
