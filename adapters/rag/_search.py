"""Questions to chunks: by vectors, by words, by both, and put into a better order by a cross-encoder."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any, Literal

import numpy as np

from ecg_bench.adapters.rag._encode import Floats, embed_queries, score_pairs
from ecg_bench.adapters.rag._index import Index
from ecg_bench.adapters.rag._models import Encoder
from ecg_bench.errors import UserError

Method = Literal["dense", "bm25", "hybrid"]
METHODS: tuple[Method, ...] = ("dense", "bm25", "hybrid")

RRF = 60  # the constant of reciprocal rank fusion, as its authors set it
FUSED = 100  # how deep each of the two rankings is read for it, at least

Ranked = list[tuple[int, float]]


@dataclass(frozen=True)
class SearchSettings:
    """How chunks are searched.

    Parameters
    ----------
    method : {"dense", "bm25", "hybrid"}
        By vectors, by words, or by both rankings fused.
    k : int
        How many chunks are retrieved.
    rerank_k : int, optional
        With a reranker: how many of them are handed on. All if not given.

    Raises
    ------
    UserError
        If a number is out of its range.
    """

    method: Method = "hybrid"
    k: int = 5
    rerank_k: int | None = None

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UserError(f"method must be one of {', '.join(METHODS)}, but is {self.method!r}")
        if self.k < 1:
            raise UserError(f"k must be at least 1, but is {self.k}")
        if self.rerank_k is not None and not 1 <= self.rerank_k <= self.k:
            raise UserError(f"rerank_k must be from 1 to k ({self.k}), but is {self.rerank_k}")

    def as_record(self) -> dict[str, Any]:
        """Return the settings as a mapping."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found.

    Parameters
    ----------
    number : int
        Its place among the index's chunks.
    rank : int
        1-based, in the order handed on.
    score : float
        What that order goes by: the reranker's score, else the cosine, BM25's score, or the sum of reciprocal ranks.
    retrieved : int
        Its rank before reranking.
    """

    number: int
    rank: int
    score: float
    retrieved: int


class Searcher:
    """Finds chunks for questions.

    Parameters
    ----------
    index : Index
        Where.
    settings : SearchSettings
        How.
    encoder : Encoder, optional
        The embedding model; not needed for BM25 alone.
    reranker : Encoder, optional
        A cross-encoder.

    Attributes
    ----------
    seconds : mapping of str to float
        Spent on ``embed``, ``search`` and ``rerank`` so far.
    """

    def __init__(
        self, index: Index, settings: SearchSettings, encoder: Encoder | None = None, reranker: Encoder | None = None
    ) -> None:
        if settings.method != "bm25" and encoder is None:
            raise ValueError(f"the method {settings.method} needs an embedding model")
        if settings.rerank_k is not None and reranker is None:
            raise UserError("rerank_k says how many chunks a reranker hands on: name a reranker")
        self.index = index
        self.settings = settings
        self.seconds: dict[str, float] = defaultdict(float)
        self._encoder = encoder
        self._reranker = reranker

    def search(self, queries: Sequence[str], vectors: Floats | None = None) -> list[list[Hit]]:
        """Return the chunks found for each question, the best first; none where nothing matches.

        Parameters
        ----------
        queries : sequence of str
            The questions.
        vectors : array, shape (questions, dimensions), optional
            Theirs, where they are known already.
        """
        k = min(self.settings.k, self.index.card.chunks)
        ranked = [ranking[:k] for ranking in self._retrieved(queries, k, vectors)]
        if self._reranker is None:
            return [[Hit(n, rank, score, rank) for rank, (n, score) in enumerate(one, 1)] for one in ranked]
        return self._reranked(queries, ranked, self._reranker)

    def _retrieved(self, queries: Sequence[str], k: int, vectors: Floats | None) -> list[Ranked]:
        method = self.settings.method
        if method == "dense":
            return self._dense(queries, k, vectors)
        if method == "bm25":
            return self._lexical(queries, k)
        deep = min(max(k, FUSED), self.index.card.chunks)
        both = zip(self._dense(queries, deep, vectors), self._lexical(queries, deep), strict=True)
        start = perf_counter()
        fused = [fuse(rankings) for rankings in both]
        self.seconds["search"] += perf_counter() - start
        return fused

    def _dense(self, queries: Sequence[str], k: int, vectors: Floats | None) -> list[Ranked]:
        assert self._encoder is not None  # noqa: S101  # looked at when made
        start = perf_counter()
        if vectors is None:
            vectors = embed_queries(self._encoder, queries)
        embedded = perf_counter()
        places, scores = self.index.store.search(vectors, k)
        self.seconds["embed"] += embedded - start
        self.seconds["search"] += perf_counter() - embedded
        return [[*zip(*row, strict=True)] for row in zip(places.tolist(), scores.tolist(), strict=True)]

    def _lexical(self, queries: Sequence[str], k: int) -> list[Ranked]:
        start = perf_counter()
        found = self.index.lexical.search(queries, k)
        self.seconds["search"] += perf_counter() - start
        return [[*zip(places.tolist(), scores.tolist(), strict=True)] for places, scores in found]

    def _reranked(self, queries: Sequence[str], ranked: Sequence[Ranked], reranker: Encoder) -> list[list[Hit]]:
        start = perf_counter()
        chunks = self.index.chunks
        pairs = [(q, chunks[n].indexed) for q, one in zip(queries, ranked, strict=True) for n, _ in one]
        scores = score_pairs(reranker, pairs)
        found, done = [], 0
        for one in ranked:
            own = scores[done : done + len(one)]
            done += len(one)
            order = np.argsort(-own, kind="stable")[: self.settings.rerank_k]
            found.append([Hit(one[n][0], rank, float(own[n]), int(n) + 1) for rank, n in enumerate(order, 1)])
        self.seconds["rerank"] += perf_counter() - start
        return found


def fuse(rankings: Sequence[Ranked]) -> Ranked:
    """Return one ranking made of several: each chunk has the sum of ``1 / (60 + rank)`` over them.

    References
    ----------
    G. V. Cormack, C. L. A. Clarke and S. Büttcher, SIGIR 2009, 758-759.

    Examples
    --------
    >>> [number for number, _ in fuse([[(7, 0.9), (3, 0.8)], [(3, 12.0), (5, 4.0)]])]
    [3, 7, 5]
    """
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, (number, _) in enumerate(ranking, RRF + 1):
            scores[number] = scores.get(number, 0.0) + 1 / rank
    return sorted(scores.items(), key=lambda one: (-one[1], one[0]))
