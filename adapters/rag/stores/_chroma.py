"""Chroma, which the study used: an approximate search (HNSW), which may miss a neighbour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ecg_bench.adapters.rag.stores import Floats, Ints
from ecg_bench.errors import UserError

FOLDER = "chroma"
COLLECTION = "chunks"


def _client(folder: Path) -> Any:
    try:
        import chromadb
    except ImportError as error:
        raise UserError(f"--store chroma needs chromadb ({error}): pip install 'ecg-bench[chroma]'") from None
    settings = chromadb.Settings(anonymized_telemetry=False)
    return chromadb.PersistentClient(str(folder / FOLDER), settings=settings)


class Chroma:
    """A collection with an entry for each chunk.

    Parameters
    ----------
    collection : object
        Of ``chromadb``.
    """

    def __init__(self, collection: Any) -> None:
        self._collection = collection

    @classmethod
    def build(cls, folder: Path, vectors: Floats) -> None:
        client = _client(folder)
        # Without this argument it would download a model of its own.
        made = client.create_collection(COLLECTION, embedding_function=None, configuration={"hnsw": {"space": "ip"}})
        most = client.get_max_batch_size()
        for start in range(0, len(vectors), most):
            some = vectors[start : start + most]
            made.add(ids=[str(start + n) for n in range(len(some))], embeddings=some)

    @classmethod
    def open(cls, folder: Path, vectors: Floats) -> Chroma:
        path = folder / FOLDER
        if not path.is_dir():
            raise UserError("is missing: build the index again", path=path)
        try:
            collection = _client(folder).get_collection(COLLECTION, embedding_function=None)
            whole = collection.count() == len(vectors)
        except UserError:
            raise
        except Exception as error:  # what it throws at a broken database has no common class
            raise UserError(f"can't be opened ({error}): build the index again", path=path) from None
        if not whole:
            raise UserError("is not whole: build the index again", path=path)
        return cls(collection)

    def search(self, queries: Floats, k: int) -> tuple[Ints, Floats]:
        found = self._collection.query(query_embeddings=queries, n_results=k, include=["distances"])
        places = np.array([[int(name) for name in names] for names in found["ids"]], np.int64)
        return places, 1 - np.array(found["distances"], np.float32)
