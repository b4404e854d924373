"""How well an index finds the passage that each question stems from."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ecg_bench.adapters.rag import _measures as measures
from ecg_bench.adapters.rag._encode import Floats, embed_queries
from ecg_bench.adapters.rag._index import Index
from ecg_bench.adapters.rag._means import Row, Value, means_of
from ecg_bench.adapters.rag._models import Encoder, load_reranker
from ecg_bench.adapters.rag._questions import Question, questions_of
from ecg_bench.adapters.rag._search import METHODS, Hit, Method, Searcher, SearchSettings
from ecg_bench.domains import Task
from ecg_bench.errors import UserError
from ecg_bench.files import make_folder, to_json, write_whole, writing


@dataclass(frozen=True)
class Evaluation:
    """What `evaluate_index` found.

    Attributes
    ----------
    index : mapping
        The index's identity and unit.
    tasks : tuple of str
        Whose questions.
    values : mapping
        Task (or ``all``), way, k and measure to its mean.
    rows : tuple of Row
        By question.
    notices : tuple of str
        What to know about it.
    """

    index: Mapping[str, Any]
    tasks: tuple[str, ...]
    values: Mapping[str, Mapping[str, Mapping[int, Mapping[str, Value]]]]
    rows: tuple[Row, ...]
    notices: tuple[str, ...]

    def as_record(self) -> dict[str, Any]:
        """Return everything but the rows, as JSON can hold it."""
        values = {
            task: {
                way: {str(k): {name: asdict(one) for name, one in found.items()} for k, found in by_k.items()}
                for way, by_k in ways.items()
            }
            for task, ways in self.values.items()
        }
        return {
            "index": dict(self.index),
            "tasks": list(self.tasks),
            "values": values,
            "notices": list(self.notices),
        }

    def write(self, out: str | Path) -> None:
        """Write ``retrieval.json`` and ``retrieval.csv`` (a row for each question, way and k) into a folder.

        Raises
        ------
        UserError
            If it can't be written.
        """
        folder = make_folder(out)
        with writing(folder / "retrieval.csv") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(Row.__dataclass_fields__)
            for row in self.rows:
                *cells, found = (getattr(row, name) for name in Row.__dataclass_fields__)
                table.writerow([*cells, " ".join(found)])
        write_whole(folder / "retrieval.json", to_json(self.as_record()))


def evaluate_index(
    index: str | Path | Index,
    tasks: str | Sequence[str | Task],
    *,
    k: Sequence[int] = (1, 5, 20),
    methods: Sequence[Method] = METHODS,
    reranker: str | Encoder | None = None,
    embedding: str | None = None,
    include: Sequence[str | Path] = (),
    seed: int = 0,
) -> Evaluation:
    """Search for the questions of some tasks and compare what is found with the passage that each stems from.

    Parameters
    ----------
    index : path or Index
        As `build_index` made it.
    tasks : str or sequence of str or Task
        Names with the wildcards of a shell.
    k : sequence of int
        How many chunks are handed on.
    methods : sequence of str
        Ways of searching.
    reranker : str or Encoder, optional
        A cross-encoder: each way is also tried with as many chunks as the largest `k`, put into its order.
    embedding : str, optional
        Where the embedding model of the index is now.
    include : sequence of path
        Further domain packs.
    seed : int
        Of the bootstrap.

    Raises
    ------
    UserError
        If anything given is wrong.

    Notes
    -----
    Questions of one passage are no independent evidence: intervals are over passages, by `clustered_mean` for the
    shares and `bootstrap_ratio` for the length of the context. A question whose passage is not in the index counts as
    not found.
    """
    opened = index if isinstance(index, Index) else Index(index)
    asked = questions_of([tasks] if isinstance(tasks, str) else tasks, include)
    encoder = None if set(methods) == {"bm25"} else opened.load_embedding(embedding)
    second = load_reranker(reranker) if isinstance(reranker, str) else reranker
    rows = rows_of(opened, asked.questions, k, methods, encoder, (None,) if second is None else (None, second))
    missing = sum(one.passage not in opened.by_passage for one in asked.questions)
    notices = [*asked.notices, *opened.card.notices, *opened.corpus_notices()]
    if missing:
        notices.append(f"{missing} questions stem from passages that are not in the index, and count as not found")
    card = opened.card
    identity = {
        "path": str(opened.folder),
        "sha256": card.sha256,
        "unit": card.unit,
        "splitter": card.splitter.model_dump(),
        "embedding": card.embedding.model_dump(),
        "store": card.store,
        "chunks": card.chunks,
        "reranker": None if second is None else {"name": second.name, "sha256": second.sha256},
    }
    groups = [*asked.tasks, *(["all"] if len(asked.tasks) > 1 else [])]
    values = {group: _values([one for one in rows if group in (one.task, "all")], seed) for group in groups}
    return Evaluation(identity, asked.tasks, values, tuple(rows), tuple(notices))


def rows_of(
    index: Index,
    questions: Sequence[Question],
    k: Sequence[int],
    methods: Sequence[Method],
    encoder: Encoder | None,
    rerankers: Sequence[Encoder | None],
    vectors: Floats | None = None,
) -> list[Row]:
    """Search for questions in every way, once each, and measure what each `k` would have handed on.

    `vectors` are those of the questions, where they are known already.
    """
    if not k or min(k) < 1:
        raise UserError("--k takes numbers of at least 1, separated by commas")
    rows = []
    queries = [one.query for one in questions]
    if encoder is not None and vectors is None:
        vectors = embed_queries(encoder, queries)
    for method in methods:
        for reranker in rerankers:
            searcher = Searcher(index, SearchSettings(method, max(k)), encoder, reranker)
            found = searcher.search(queries, vectors)
            way = method if reranker is None else f"{method}+rerank"
            rows += [_row(index, one, hits, way, n) for n in k for one, hits in zip(questions, found, strict=True)]
    return rows


def _row(index: Index, question: Question, hits: Sequence[Hit], way: str, k: int) -> Row:
    chunks = [index.chunks[one.number] for one in hits[:k]]
    relevant = [chunk.passage == question.passage for chunk in chunks]
    total = len(index.by_passage.get(question.passage, ()))
    return Row(
        task=question.task,
        id=question.id,
        passage=question.passage,
        way=way,
        k=k,
        recall=measures.recall(relevant, k),
        covered=measures.covered(relevant, k, total),
        ndcg=measures.ndcg(relevant, k),
        mrr=measures.reciprocal_rank(relevant, k),
        context=sum(chunk.length for chunk in chunks),
        found=tuple(chunk.id for chunk in chunks),
    )


def _values(rows: Sequence[Row], seed: int) -> dict[str, dict[int, dict[str, Value]]]:
    found: dict[str, dict[int, dict[str, Value]]] = {}
    for way in dict.fromkeys(row.way for row in rows):
        for k in dict.fromkeys(row.k for row in rows):
            found.setdefault(way, {})[k] = means_of([row for row in rows if (row.way, row.k) == (way, k)], seed)
    return found
