"""Near-duplicates among many texts: pairs that share most of their three-word runs."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

LIMIT = 0.6
_WORD = re.compile(r"\w+")


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return frozenset(zip(words, words[1:], words[2:], strict=False)) or frozenset([tuple(words)])


def near_duplicates(texts: Sequence[str], limit: float = LIMIT) -> Iterator[tuple[int, int, float]]:
    """Yield the pairs of texts whose three-word runs overlap by at least `limit` (Jaccard index), later text first.

    Parameters
    ----------
    texts : sequence of str
        The texts.
    limit : float
        Between 0 and 1.
    """
    seen: dict[tuple[str, ...], list[int]] = defaultdict(list)
    sizes: list[int] = []
    for n, text in enumerate(texts):
        runs = _runs(text)
        sizes.append(len(runs))
        shared: Counter[int] = Counter()
        for run in runs:
            shared.update(seen[run])
            seen[run].append(n)
        for other, count in sorted(shared.items()):
            overlap = count / (len(runs) + sizes[other] - count)
            if overlap >= limit:
                yield n, other, overlap
