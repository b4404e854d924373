"""The retrieval baseline: Okapi BM25 over the passages of a corpus (Robertson and Zaragoza, 2009), by ``bm25s``."""

from __future__ import annotations

import re

import bm25s
import numpy as np
import numpy.typing as npt

from ecg_bench.domains import Corpus
from ecg_bench.samples import LETTERS, Excerpt, Request

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
        self._places = [(document, passage) for document in corpus for passage in document.passages]
        self._index = _Index([f"{document.card.title}. {one.heading}. {one.text}" for document, one in self._places])

    def answer(self, request: Request) -> tuple[str, Excerpt]:
        """Return a letter where there are options, else sentences; and the passage that the answer rests on."""
        return self._letter(request) if request.options else self._sentences(request.question)

    def _letter(self, request: Request) -> tuple[str, Excerpt]:
        """Return the option that, together with the question, finds the best-matching passage."""
        scores = [self._index.scores(f"{request.question} {option}") for option in request.options]
        support = [float(one.max()) for one in scores]
        best = support.index(max(support))
        return LETTERS[best], self._excerpt(scores[best])

    def _sentences(self, question: str) -> tuple[str, Excerpt]:
        """Return the sentences of the best passage that match the question best, in the order of the passage."""
        found = self._excerpt(self._index.scores(question))
        sentences = [part.strip() for part in _SENTENCE_END.split(found.text) if part.strip()]
        best = np.argsort(-_Index(sentences).scores(question), kind="stable")[:SENTENCES]
        return " ".join(sentences[n] for n in sorted(best)), found

    def _excerpt(self, scores: npt.NDArray[np.float32]) -> Excerpt:
        """Return the passage with the best score."""
        best = int(scores.argmax())
        document, passage = self._places[best]
        return Excerpt(
            chunk=passage.id,
            document=document.card.id,
            passage=passage.id,
            first_line=passage.line,
            last_line=passage.last_line,
            rank=1,
            retrieved=1,
            score=float(scores[best]),
            title=document.card.title,
            heading=passage.heading,
            text=passage.text,
        )
