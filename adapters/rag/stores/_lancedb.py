"""LanceDB: an embedded database of vectors, searched exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ecg_bench.adapters.rag.stores import Floats, Ints
from ecg_bench.errors import UserError

FOLDER = "lancedb"
TABLE = "chunks"


def _library() -> Any:
    try:
        import lancedb
    except ImportError as error:
        raise UserError(f"--store lancedb needs lancedb ({error}): pip install 'ecg-bench[lancedb]'") from None
    return lancedb


class LanceDB:
    """A table with a row for each chunk.

    Parameters
    ----------
    table : object
        Of ``lancedb``.
    """

    def __init__(self, table: Any) -> None:
        self._table = table

    @classmethod
    def build(cls, folder: Path, vectors: Floats) -> None:
        library = _library()
        import pyarrow as pa

        width = vectors.shape[1]
        lists = pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(vectors).ravel()), width)
        rows = pa.table({"number": pa.array(np.arange(len(vectors))), "vector": lists})
        library.connect(str(folder / FOLDER)).create_table(TABLE, rows)

    @classmethod
    def open(cls, folder: Path, vectors: Floats) -> LanceDB:
        library = _library()
        path = folder / FOLDER
        try:
            table = library.connect(str(path)).open_table(TABLE) if path.is_dir() else None
            whole = table is not None and table.count_rows() == len(vectors)
        except Exception as error:  # what it throws at a broken table has no common class
            raise UserError(f"can't be opened ({error}): build the index again", path=path) from None
        if not whole:
            raise UserError("is missing or not whole: build the index again", path=path)
        return cls(table)

    def search(self, queries: Floats, k: int) -> tuple[Ints, Floats]:
        places = np.empty((len(queries), k), np.int64)
        scores = np.empty((len(queries), k), np.float32)
        for row, query in enumerate(queries):
            found = self._table.search(query).distance_type("dot").limit(k).to_arrow()
            places[row] = found["number"].to_numpy()
            scores[row] = 1 - found["_distance"].to_numpy()
        return places, scores
