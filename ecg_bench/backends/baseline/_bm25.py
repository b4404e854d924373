"""The retrieval baseline: Okapi BM25 over the passages of a corpus (Robertson and Zaragoza, 2009), by ``bm25s``."""

from __future__ import annotations

import re

import bm25s
import numpy as np
import numpy.typing as npt

from ecg_bench.domains import Corpus
from ecg_bench.samples import LETTERS, Request

SENTENCES = 3
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9])|\n+")


def _tokens(text: str) -> list[str]:
    found: list[list[str]] = bm25s.tokenize([text], stopwords="en", return_ids=False, show_progress=False)
    return found[0]


class _Index:
    """BM25 scores of some texts for a query."""

    def __init__(self, texts: list[str]) -> None:
        self.n = len(texts)
        self._index = bm25s.BM25(backend="numpy")
        self._index.index([_tokens(text) or [""] for text in texts], show_progress=False)

    def scores(self, query: str) -> npt.NDArray[np.float32]:
        """Return the score of every text, shape (n,)."""
        tokens = [token for token in _tokens(query) if token in self._index.vocab_dict]
        if not tokens:
            return np.zeros(self.n, dtype=np.float32)
        found: npt.NDArray[np.float32] = self._index.get_scores(tokens)
        return found


class PassageSearch:
    """Answers from the passages of a corpus.

    Parameters
    ----------
    corpus : Corpus
        Each passage is indexed with the title of its document and its heading.
    """

    def __init__(self, corpus: Corpus) -> None:
        self._passages = [
            (f"{document.card.title}. {passage.heading}. {passage.text}", passage.text)
            for document in corpus
            for passage in document.passages
        ]
        self._index = _Index([text for text, _ in self._passages])

    def answer(self, request: Request) -> str:
        """Return a letter where there are options, else sentences."""
        return self._letter(request) if request.options else self._sentences(request.question)

    def _letter(self, request: Request) -> str:
        """Return the option that, together with the question, finds the best-matching passage."""
        support = [float(self._index.scores(f"{request.question} {option}").max()) for option in request.options]
        return LETTERS[support.index(max(support))]

    def _sentences(self, question: str) -> str:
        """Return the sentences of the best passage that match the question best, in the order of the passage."""
        text = self._passages[int(self._index.scores(question).argmax())][1]
        sentences = [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]
        best = np.argsort(-_Index(sentences).scores(question), kind="stable")[:SENTENCES]
        return " ".join(sentences[n] for n in sorted(best))
