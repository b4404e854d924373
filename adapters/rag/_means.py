"""What was found for one question, and its mean over questions with an interval over passages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ecg_bench.statistics import bootstrap_ratio, clustered_mean

Codes = npt.NDArray[np.int64]

SHARES = ("recall", "covered", "ndcg", "mrr")
MEASURES = (*SHARES, "context")


@dataclass(frozen=True)
class Row:
    """What one way of searching found for one question, with so many chunks handed on.

    Attributes
    ----------
    task, id, passage : str
        Which question, and the passage it stems from.
    way : str
        Method, with ``+rerank`` behind it where a reranker ordered what was found.
    k : int
        Chunks handed on.
    recall, covered, ndcg, mrr : float
        Whether the passage was reached, how much of it, and how early; see `ecg_bench.adapters.rag._measures`.
    context : int
        Length of these chunks, in the unit of the index.
    found : tuple of str
        Their ids, the best first.
    """

    task: str
    id: str
    passage: str
    way: str
    k: int
    recall: float
    covered: float
    ndcg: float
    mrr: float
    context: int
    found: tuple[str, ...]


@dataclass(frozen=True)
class Value:
    """A mean with its interval at 95 %, and how that was computed; None where there is nothing to compute it from."""

    value: float | None
    low: float | None
    high: float | None
    method: str
    n: int
    clusters: int


def means_of(rows: Sequence[Row], seed: int) -> dict[str, Value]:
    """Return the mean of each measure over rows of one way and k, with intervals over passages."""
    clusters = clusters_of(rows)
    values: dict[str, Value] = {}
    for name in SHARES:
        one = clustered_mean(np.array([getattr(row, name) for row in rows], float), clusters)
        values[name] = Value(one.value, one.low, one.high, one.method, len(rows), one.clusters)
    lengths = np.array([row.context for row in rows], float)
    ends = bootstrap_ratio(lengths, np.ones(len(rows)), clusters, seed=seed)
    method = f"percentile bootstrap over passages, seed {seed}"
    values["context"] = Value(float(lengths.mean()), ends.low, ends.high, method, len(rows), int(clusters.max()) + 1)
    return values


def clusters_of(rows: Sequence[Row]) -> Codes:
    """Return the number of the passage that each row stems from."""
    codes: Codes = np.unique([row.passage for row in rows], return_inverse=True)[1].astype(np.int64)
    return codes
