"""Okapi BM25 over chunks (Robertson and Zaragoza, 2009), by ``bm25s``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.errors import UserError

FOLDER = "bm25"
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


def tokens(texts: Sequence[str]) -> list[list[str]]:
    """Return the words of texts, in lower case and without the commonest English ones."""
    import bm25s

    found: list[list[str]] = bm25s.tokenize(list(texts), stopwords="en", return_ids=False, show_progress=False)
    return found


class Lexical:
    """Finds chunks by their words.

    Parameters
    ----------
    index : object
        Of ``bm25s``.
    """

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def build(cls, texts: Sequence[str], folder: Path) -> Lexical:
        """Index texts, and save the index in a folder."""
        import bm25s

        index = bm25s.BM25(backend="numpy")
        index.index([words or [""] for words in tokens(texts)], show_progress=False)
        index.save(folder / FOLDER)
        return cls(index)

    @classmethod
    def open(cls, folder: Path) -> Lexical:
        """Open what `build` saved.

        Raises
        ------
        UserError
            If it can't be read.
        """
        import bm25s

        try:
            return cls(bm25s.BM25.load(folder / FOLDER))
        except (OSError, ValueError, KeyError) as error:
            raise UserError(f"can't be read ({error}): build the index again", path=folder / FOLDER) from None

    def search(self, queries: Sequence[str], k: int) -> list[tuple[Ints, Floats]]:
        """Return numbers and scores of the best `k` chunks for each question; only those that share a word with it."""
        return [self._best(words, k) for words in tokens(queries)]

    def _best(self, asked: Sequence[str], k: int) -> tuple[Ints, Floats]:
        words = [word for word in asked if word in self._index.vocab_dict]
        if not words:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        scores: Floats = self._index.get_scores(words)
        k = min(k, len(scores))
        best = np.argpartition(scores, -k)[-k:]
        # Equal scores stand in the order of the chunks, whichever of them the partition took first.
        best = best[np.lexsort((best, -scores[best]))]
        best = best[scores[best] > 0]
        return best, scores[best]
