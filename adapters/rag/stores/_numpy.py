"""The default store: every vector is looked at, so that nothing is missed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ecg_bench.adapters.rag.stores import Floats, Ints

BLOCK = 64  # questions at a time, so that their scores stay small beside a million vectors


class Exact:
    """Exact search in an array that is mapped into memory.

    Parameters
    ----------
    vectors : array of float32, shape (n, dimensions)
        Of length 1.
    """

    def __init__(self, vectors: Floats) -> None:
        self._vectors = vectors

    @classmethod
    def build(cls, folder: Path, vectors: Floats) -> None:
        pass

    @classmethod
    def open(cls, folder: Path, vectors: Floats) -> Exact:  # noqa: ARG003  # all that it needs are the vectors
        return cls(vectors)

    def search(self, queries: Floats, k: int) -> tuple[Ints, Floats]:
        found = [self._some(queries[n : n + BLOCK], k) for n in range(0, len(queries), BLOCK)]
        return np.concatenate([places for places, _ in found]), np.concatenate([scores for _, scores in found])

    def _some(self, queries: Floats, k: int) -> tuple[Ints, Floats]:
        scores = queries @ self._vectors.T
        best = np.argpartition(scores, -k, axis=1)[:, -k:]
        values = np.take_along_axis(scores, best, axis=1)
        order = np.lexsort((best, -values), axis=1)  # equal ones in the order of the chunks
        return np.take_along_axis(best, order, axis=1), np.take_along_axis(values, order, axis=1)
