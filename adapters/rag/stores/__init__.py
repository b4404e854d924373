"""Where vectors lie and are searched: ``--store NAME``.

To add a store, copy ``_numpy.py`` and add a line to `STORES` (or, in a package of your own, an entry point of the group
``ecg_bench.rag_stores``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ecg_bench.registry import Registry

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


class Store(Protocol):
    """Finds the nearest of many vectors, all of length 1."""

    @classmethod
    def build(cls, folder: Path, vectors: Floats) -> None:
        """Make what `open` needs in an index's folder, in which ``vectors.npy`` stands already."""
        ...

    @classmethod
    def open(cls, folder: Path, vectors: Floats) -> Store:
        """Open what `build` made.

        Raises
        ------
        UserError
            If it is missing or damaged, or its package is not installed.
        """
        ...

    def search(self, queries: Floats, k: int) -> tuple[Ints, Floats]:
        """Return the numbers and cosines of the nearest vectors, the nearest first.

        Parameters
        ----------
        queries : array of float, shape (queries, dimensions)
            Of length 1.
        k : int
            At most the number of vectors.

        Returns
        -------
        arrays, shapes (queries, k)
        """
        ...


STORES: Registry[type[Store]] = Registry(
    "vector store",
    "ecg_bench.rag_stores",
    {
        "chroma": "ecg_bench.adapters.rag.stores._chroma:Chroma",
        "lancedb": "ecg_bench.adapters.rag.stores._lancedb:LanceDB",
        "numpy": "ecg_bench.adapters.rag.stores._numpy:Exact",
    },
)

__all__ = ["STORES", "Store"]
