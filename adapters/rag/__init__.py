"""Retrieval: documents are split, embedded and indexed; a question's excerpts are found, ranked and put before it.

`build_index` makes an index, ``--model rag/INDEX`` asks any other model with it, `evaluate_index` says how well it
finds the passage that each question stems from, and `sweep` chooses settings on questions that are not reported.
"""

from ecg_bench.adapters.rag._build import build_index
from ecg_bench.adapters.rag._card import IndexCard
from ecg_bench.adapters.rag._chunks import Chunk
from ecg_bench.adapters.rag._documents import Section, Source, Sources, read_corpus
from ecg_bench.adapters.rag._evaluate import Evaluation, evaluate_index
from ecg_bench.adapters.rag._index import Index
from ecg_bench.adapters.rag._models import OFFLINE, STUDY, Encoder, load_embedding, load_reranker
from ecg_bench.adapters.rag._render import print_evaluation, print_index, print_sweep
from ecg_bench.adapters.rag._search import Hit, Searcher, SearchSettings, fuse
from ecg_bench.adapters.rag._settings import Sweep
from ecg_bench.adapters.rag._split import Splitter
from ecg_bench.adapters.rag._sweep import sweep

__all__ = [
    "OFFLINE",
    "STUDY",
    "Chunk",
    "Encoder",
    "Evaluation",
    "Hit",
    "Index",
    "IndexCard",
    "SearchSettings",
    "Searcher",
    "Section",
    "Source",
    "Sources",
    "Splitter",
    "Sweep",
    "build_index",
    "evaluate_index",
    "fuse",
    "load_embedding",
    "load_reranker",
    "print_evaluation",
    "print_index",
    "print_sweep",
    "read_corpus",
    "sweep",
]
