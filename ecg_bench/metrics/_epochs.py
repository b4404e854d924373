"""What several answers to the same request are reduced to: the majority, and the chance that one of k is right."""

from __future__ import annotations

from collections.abc import Callable
from math import comb
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.metrics._base import Metric, Statistics
from ecg_bench.runs import ScoreTable

Codes = npt.NDArray[np.integer[Any]]


def _groups(table: ScoreTable) -> tuple[Codes, Codes]:
    """Return for each row the number of its request, all epochs of which share it, and the first row of each."""
    requests = np.column_stack([table.index, table.permutation])
    _, first, groups = np.unique(requests, axis=0, return_index=True, return_inverse=True)
    return groups.reshape(-1), first


def _on_first_rows(table: ScoreTable, values: npt.ArrayLike, first: Codes) -> Statistics:
    numerator, denominator = np.zeros(len(table)), np.zeros(len(table))
    numerator[first], denominator[first] = values, 1.0
    return Statistics(numerator, denominator)


def _majority(table: ScoreTable) -> Statistics:
    """Share of requests whose most frequent answer is right; unread answers have no vote, and a tie is no majority."""
    groups, first = _groups(table)
    choice = table.labels["choice"]
    if choice.values == ("",):  # answers that are no single option, such as sets of them
        choice = table.labels["parsed"]
    votes = np.zeros((len(first), len(choice.values)))
    right = table.scores["acc"] > 0
    np.add.at(votes, (groups[~right], choice.codes[~right]), 1)
    if "" in choice.values:
        votes[:, choice.values.index("")] = 0
    for_key = np.bincount(groups, weights=right, minlength=len(first))
    return _on_first_rows(table, for_key > votes.max(axis=1), first)


def _pass_at(k: int) -> Callable[[ScoreTable], Statistics]:
    def statistics(table: ScoreTable) -> Statistics:
        groups, first = _groups(table)
        asked = np.bincount(groups, minlength=len(first))
        right = np.bincount(groups, weights=table.scores["acc"] > 0, minlength=len(first)).astype(int)
        chance = [1 - comb(n - c, k) / comb(n, k) for n, c in zip(asked.tolist(), right.tolist(), strict=True)]
        return _on_first_rows(table, chance, first)

    return statistics


def epoch_metrics(epochs: int) -> list[Metric]:
    """Return the reductions of a multiple-choice task under several epochs, beside the mean, which is ``acc`` itself.

    ``acc_majority`` is the majority vote. ``acc_pass@k`` is the unbiased estimate of the chance that at least one of k
    answers is right, for k = 2, 4, 8, … and for the number of epochs.

    References
    ----------
    M. Chen et al., Evaluating Large Language Models Trained on Code (2021), arXiv 2107.03374, equation 1.
    """
    ks = sorted({2**n for n in range(1, epochs.bit_length()) if 2**n <= epochs} | {epochs})
    passes = [Metric(f"acc_pass@{k}", _pass_at(k), binary=False) for k in ks]
    return [Metric("acc_majority", _majority), *passes]
