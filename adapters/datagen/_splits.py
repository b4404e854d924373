"""Splits: whole documents, or whole clusters of passages, go to training, selection or test; never single items."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal

from ecg_bench.adapters.datagen._chunks import Chunk
from ecg_bench.errors import UserError
from ecg_bench.validation import near_duplicates

SplitBy = Literal["document", "passage"]
SPLITS = ("train", "selection", "test")
# Of the three-word runs of two passages: from where on questions about one answer those about the other, and from where
# on one is a copy of the other, such as a notice that stands in every document of a publisher.
ALIKE, COPY = 0.5, 0.8


def parse_shares(text: str) -> tuple[float, float, float]:
    """Read ``0.8,0.1,0.1``: the shares of training, selection and test.

    Raises
    ------
    UserError
        If it is not three numbers from 0 that add up to 1.
    """
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) != len(SPLITS) or not all(0 <= value <= 1 for value in values) or abs(sum(values) - 1) > 1e-6:
        raise UserError(
            f"--shares takes three numbers that add up to 1, for {', '.join(SPLITS)}, such as 0.8,0.1,0.1, "
            f"but got {text!r}"
        )
    return values[0], values[1], values[2]


def copies(chunks: Sequence[Chunk]) -> set[str]:
    """Return the passages that are copies of earlier ones: to ask about them too would give the same questions."""
    texts = _texts(chunks)
    passages = list(texts)
    found: set[int] = set()
    for one, other, _ in near_duplicates(list(texts.values()), COPY):
        if other not in found:
            found.add(one)
    return {passages[n] for n in found}


def _texts(chunks: Sequence[Chunk]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for chunk in chunks:
        texts[chunk.passage] = f"{texts.get(chunk.passage, '')}\n{chunk.text}"
    return texts


def clusters(chunks: Sequence[Chunk], by: SplitBy) -> list[list[str]]:
    """Return the passages that have to stay together, cluster by cluster.

    Passages that are near-duplicates are one cluster, and by ``document`` so are all passages of a document; documents
    that share a passage are one, therefore.
    """
    texts = _texts(chunks)
    documents = {chunk.passage: chunk.document for chunk in chunks}
    passages = list(texts)
    leader = list(range(len(passages)))

    def find(n: int) -> int:
        while leader[n] != n:
            leader[n] = leader[leader[n]]
            n = leader[n]
        return n

    for one, other, _ in near_duplicates(list(texts.values()), ALIKE):
        leader[find(one)] = find(other)
    if by == "document":
        first: dict[str, int] = {}
        for n, passage in enumerate(passages):
            leader[find(n)] = find(first.setdefault(documents[passage], n))
    found: dict[int, list[str]] = defaultdict(list)
    for n, passage in enumerate(passages):
        found[find(n)].append(passage)
    return list(found.values())


def assign(
    groups: Sequence[Sequence[str]], weights: Mapping[str, float], shares: Sequence[float], seed: int, by: SplitBy
) -> dict[str, str]:
    """Return the split of each passage.

    Clusters are drawn in an order that the seed gives; each goes where most is missing. Every split with a share gets
    one at least.

    Parameters
    ----------
    groups : sequence of sequence of str
        The passages that stay together.
    weights : mapping of str to float
        How much there is of each passage (its words).
    shares : sequence of float
        Of training, selection and test.
    seed : int
        Of the order.
    by : {"document", "passage"}
        For the message.

    Raises
    ------
    UserError
        If there are fewer clusters than splits.
    """
    wanted = [n for n, share in enumerate(shares) if share > 0]
    if len(groups) < len(wanted):
        instead = "give more documents, or --split-by passage" if by == "document" else "give more documents"
        raise UserError(
            f"the documents make {len(groups)} {'cluster' if len(groups) == 1 else 'clusters'} by {by}, "
            f"too few for {len(wanted)} splits: {instead}"
        )
    sizes = [sum(weights[passage] for passage in group) for group in groups]
    order = list(range(len(groups)))
    random.Random(f"split {seed}").shuffle(order)
    total = sum(sizes)
    missing = {n: shares[n] * total for n in wanted}
    found: dict[str, str] = {}
    # The first go one to each split, the largest of them where the share is largest.
    firsts = sorted(order[: len(wanted)], key=lambda n: -sizes[n])
    places = dict(zip(firsts, sorted(wanted, key=lambda n: -shares[n]), strict=True))
    for n in order:
        place = places[n] if n in places else max(wanted, key=lambda k: missing[k])
        missing[place] -= sizes[n]
        found.update(dict.fromkeys(groups[n], SPLITS[place]))
    return found
