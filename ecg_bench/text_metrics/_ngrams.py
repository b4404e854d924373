"""N-grams and how many of them two texts share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable


def ngrams(items: str | tuple[str, ...], n: int) -> list[Hashable]:
    """Return the runs of `n` characters of a text, or of `n` of some tokens; nothing where there are fewer."""
    return [items[i : i + n] for i in range(len(items) - n + 1)]


def count_shared(first: Iterable[Hashable], second: Iterable[Hashable]) -> int:
    """Return how many of the first are among the second, each of which serves once."""
    left = Counter(second)
    shared = 0
    for item in first:
        if left.get(item, 0):
            left[item] -= 1
            shared += 1
    return shared
