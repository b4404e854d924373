"""Measures of one ranking against the passage that a question stems from."""

from __future__ import annotations

import math
from collections.abc import Sequence


def hit(relevant: Sequence[bool], k: int) -> float:
    """Return 1 if any of the first `k` chunks belongs to the passage, else 0."""
    return float(any(relevant[:k]))


def recall(relevant: Sequence[bool], k: int, total: int) -> float:
    """Return the share of the passage's chunks that are among the first `k`.

    Parameters
    ----------
    relevant : sequence of bool
        Whether each chunk found belongs to the passage, the best first.
    k : int
        How many of them are looked at.
    total : int
        How many chunks the passage has; where it has none in the index, nothing can be found.
    """
    return sum(relevant[:k]) / total if total else 0.0


def reciprocal_rank(relevant: Sequence[bool]) -> float:
    """Return 1 over the rank of the passage's first chunk, 0 where none was found.

    References
    ----------
    E. M. Voorhees, TREC-8 (1999) 77-82.
    """
    return next((1 / rank for rank, is_so in enumerate(relevant, 1) if is_so), 0.0)


def ndcg(relevant: Sequence[bool], k: int, total: int) -> float:
    """Return the discounted cumulative gain of the first `k` chunks over that of the best order of all.

    A chunk of the passage gains 1, every other 0; arguments as `recall`.

    References
    ----------
    K. Järvelin and J. Kekäläinen, ACM Trans. Inf. Syst. 20 (2002) 422-446.
    """
    gained = sum(1 / math.log2(rank + 1) for rank, is_so in enumerate(relevant[:k], 1) if is_so)
    best = sum(1 / math.log2(rank + 1) for rank in range(1, min(k, total) + 1))
    return gained / best if best else 0.0
