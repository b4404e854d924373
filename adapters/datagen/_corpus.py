"""From files to a corpus, its chunks, and the split of each."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ecg_bench.adapters.datagen._chunks import Chunk, chunks_of, measure_by
from ecg_bench.adapters.datagen._cleaning import shipped_rules
from ecg_bench.adapters.datagen._documents import prepare_document
from ecg_bench.adapters.datagen._inputs import Given
from ecg_bench.adapters.datagen._recipe import Recipe
from ecg_bench.adapters.datagen._record import ChunksRecord, DocumentRecord, RemovedRecord, SkippedRecord
from ecg_bench.adapters.datagen._splits import assign, clusters, copies
from ecg_bench.domains import Corpus
from ecg_bench.errors import UserError
from ecg_bench.files import make_folder, write_whole

CORPUS, CONVERTED = "corpus", "converted"


def convert_all(
    given: Sequence[Given], folder: Path, *, skip_unreadable: bool
) -> tuple[list[DocumentRecord], list[SkippedRecord]]:
    """Convert documents into a folder: ``corpus/ID.md``, and ``converted/ID.md`` with what was taken out.

    Raises
    ------
    UserError
        If documents can't be read and are not to be skipped, each with its sentence; or if none can be.
    """
    corpus, converted = make_folder(folder / CORPUS), make_folder(folder / CONVERTED)
    documents: list[DocumentRecord] = []
    skipped: list[SkippedRecord] = []
    for one in given:
        taken = [document.id for document in documents]
        try:
            document = prepare_document(one.path, one.file, one.converter, shipped_rules(), taken)
        except UserError as error:
            skipped.append(SkippedRecord(file=one.file, reason=str(error).removeprefix(f"{one.file}: ")))
            continue
        write_whole(corpus / f"{document.id}.md", document.text)
        write_whole(converted / f"{document.id}.md", document.converted)
        documents.append(
            DocumentRecord(
                id=document.id,
                file=one.file,
                converter=one.converter,
                title=document.title,
                removed=[RemovedRecord(**vars(part)) for part in document.removed],
            )
        )
    if skipped and not (skip_unreadable and documents):
        faults = "; ".join(f"{one.file}: {one.reason}" for one in skipped[:5])
        more = f"; and {len(skipped) - 5} more files" if len(skipped) > 5 else ""
        advice = "" if skip_unreadable or not documents else " (--skip-unreadable goes on without them)"
        raise UserError(f"{faults}{more}{advice}")
    return documents, skipped


@dataclass(frozen=True)
class Material:
    """A corpus ready to be asked about.

    Attributes
    ----------
    corpus : Corpus
        The documents.
    chunks : tuple of Chunk
        What a model is shown.
    too_short : int
        How many chunks are not shown, because nothing can be asked about them.
    copies : int
        How many passages are not shown, because they are copies of others.
    split : mapping of str to str
        The split of each passage.
    n_clusters : int
        How many clusters of passages were split.
    """

    corpus: Corpus
    chunks: tuple[Chunk, ...]
    too_short: int
    copies: int
    split: dict[str, str]
    n_clusters: int

    @cached_property
    def by_id(self) -> dict[str, Chunk]:
        """The chunks by their ids."""
        return {chunk.id: chunk for chunk in self.chunks}

    def record(self, recipe: Recipe) -> ChunksRecord:
        """Say how the documents were cut."""
        return ChunksRecord(
            size=recipe.chunk_size,
            unit="characters" if recipe.chunk_unit == "characters" else f"tokens of {Path(recipe.chunk_unit).name}",
            used=len(self.chunks),
            too_short=self.too_short,
            copies=self.copies,
            over_size=sum(chunk.size > recipe.chunk_size for chunk in self.chunks),
            passages=len(self.split),
            clusters=self.n_clusters,
        )

    def chunks_in(self, split: str) -> list[Chunk]:
        """Return the chunks of a split."""
        return [chunk for chunk in self.chunks if self.split[chunk.passage] == split]


def cut(folder: Path, recipe: Recipe) -> Material:
    """Cut the corpus in a folder into chunks, and split them.

    Raises
    ------
    UserError
        If there is nothing to ask about, or too little to split.
    """
    corpus = Corpus(folder / CORPUS)
    cut_up = list(chunks_of(corpus, recipe.chunk_size, measure_by(recipe.chunk_unit)))
    long = [chunk for chunk in cut_up if not chunk.is_short]
    again = copies(long)
    chunks = [chunk for chunk in long if chunk.passage not in again]
    if not chunks:
        raise UserError("the documents hold no passage that is long enough to ask about")
    groups = clusters(chunks, recipe.split_by)
    weights: dict[str, float] = {}
    for chunk in chunks:
        weights[chunk.passage] = weights.get(chunk.passage, 0) + len(chunk.text.split())
    split = assign(groups, weights, recipe.shares, recipe.seed, recipe.split_by)
    if recipe.limit is not None and recipe.limit < len(chunks):
        drawn = set(random.Random(f"limit {recipe.seed}").sample(range(len(chunks)), recipe.limit))
        chunks = [chunk for n, chunk in enumerate(chunks) if n in drawn]
    return Material(corpus, tuple(chunks), len(cut_up) - len(long), len(again), split, len(groups))
