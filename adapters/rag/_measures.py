"""Measures of one ranking of chunks against the one passage that a question stems from.

What counts is when the passage is first reached, not by how many of its chunks: else the same finding would be worth
less the smaller the chunks are, and settings of different sizes could not be compared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def recall(relevant: Sequence[bool], k: int) -> float:
    """Return 1 if any of the first `k` chunks belongs to the passage, else 0.

    Parameters
    ----------
    relevant : sequence of bool
        Whether each chunk found belongs to the passage, the best first.
    k : int
        How many of them are looked at.
    """
    return float(any(relevant[:k]))


def covered(relevant: Sequence[bool], k: int, total: int) -> float:
    """Return the share of the passage's chunks that are among the first `k`; 0 where it has none in the index."""
    return sum(relevant[:k]) / total if total else 0.0


def reciprocal_rank(relevant: Sequence[bool], k: int) -> float:
    """Return 1 over the rank of the passage's first chunk, 0 where the first `k` have none.

    References
    ----------
    E. M. Voorhees, TREC-8 (1999) 77-82.
    """
    return next((1 / rank for rank, is_so in enumerate(relevant[:k], 1) if is_so), 0.0)


def ndcg(relevant: Sequence[bool], k: int) -> float:
    """Return the discounted gain of the passage's first chunk, 0 where the first `k` have none.

    With a single relevant passage the best order has a gain of 1, so that this is normalised already.

    References
    ----------
    K. Järvelin and J. Kekäläinen, ACM Trans. Inf. Syst. 20 (2002) 422-446.
    """
    return next((1 / math.log2(rank + 1) for rank, is_so in enumerate(relevant[:k], 1) if is_so), 0.0)
