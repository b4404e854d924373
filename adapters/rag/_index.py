"""An index on disk."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from ecg_bench.adapters.rag._card import CHUNKS, VECTORS, IndexCard, read_card
from ecg_bench.adapters.rag._chunks import Chunk, read_chunks
from ecg_bench.adapters.rag._documents import read_corpus
from ecg_bench.adapters.rag._lexical import Lexical
from ecg_bench.adapters.rag._models import Encoder, load_embedding
from ecg_bench.adapters.rag.stores import STORES, Store
from ecg_bench.errors import UserError


class Index:
    """What `build_index` left, opened part by part as it is needed.

    Parameters
    ----------
    folder : path
        Of the index.

    Attributes
    ----------
    card : IndexCard
        What it was made of, and how.

    Raises
    ------
    UserError
        If it is no index, of another format, or not whole.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder).expanduser()
        self.card: IndexCard = read_card(self.folder)

    @cached_property
    def chunks(self) -> Sequence[Chunk]:
        """All chunks; their numbers are their places here."""
        return read_chunks(self.folder / CHUNKS)

    @cached_property
    def by_passage(self) -> dict[str, list[int]]:
        """The numbers of each passage's chunks."""
        found: dict[str, list[int]] = {}
        for number, chunk in enumerate(self.chunks):
            found.setdefault(chunk.passage, []).append(number)
        return found

    @cached_property
    def store(self) -> Store:
        """Finds chunks by their vectors."""
        path = self.folder / VECTORS
        try:
            vectors = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise UserError(f"can't be read ({error}): build the index again", path=path) from None
        return STORES.get(self.card.store).open(self.folder, vectors)

    @cached_property
    def lexical(self) -> Lexical:
        """Finds chunks by their words."""
        return Lexical.open(self.folder)

    def load_embedding(self, name: str | None = None) -> Encoder:
        """Load the embedding model that the index was built with.

        Parameters
        ----------
        name : str, optional
            Where it is now, if not where it was.

        Raises
        ------
        UserError
            If it can't be loaded, or is another model.
        """
        built = self.card.embedding
        encoder = load_embedding(name or built.name)
        if encoder.sha256 != built.sha256:
            raise UserError(
                f"was built with {built.name} ({built.sha256[:12]}), and {encoder.name} is another model "
                f"({encoder.sha256[:12]}): name the one it was built with, or build it again with ecg-bench rag index",
                path=self.folder,
            )
        return encoder

    def corpus_notices(self) -> list[str]:
        """Say whether the corpus is still as it was indexed."""
        corpus = self.card.corpus
        try:
            now = read_corpus(corpus.name if corpus.domain else corpus.folder).sha256
        except UserError as error:
            return [f"the corpus of the index can't be compared with what was indexed: {error}"]
        if now == corpus.sha256:
            return []
        return [
            f"the corpus {corpus.name} has changed since {self.folder} was built, which finds what stood there then: "
            "build it again with ecg-bench rag index"
        ]
