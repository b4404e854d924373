"""Choosing how to split, embed and search, on questions that are not reported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ecg_bench.adapters.rag._build import build_index
from ecg_bench.adapters.rag._encode import embed_queries
from ecg_bench.adapters.rag._evaluate import rows_of
from ecg_bench.adapters.rag._index import Index
from ecg_bench.adapters.rag._means import Row, clusters_of, means_of
from ecg_bench.adapters.rag._models import OFFLINE, Encoder, load_embedding, load_reranker
from ecg_bench.adapters.rag._questions import Questions, questions_of, share_of
from ecg_bench.adapters.rag._search import Method
from ecg_bench.adapters.rag._settings import NONE, Metric, Setting, Sweep, Tried
from ecg_bench.adapters.rag._split import Unit
from ecg_bench.domains import Task
from ecg_bench.errors import UserError
from ecg_bench.statistics import rank_layers


def sweep(
    corpus: str | Path,
    tasks: str | Sequence[str | Task],
    *,
    size: Sequence[int] = (256, 512, 1024),
    k: Sequence[int] = (5, 10),
    embedding: Sequence[str] = (OFFLINE,),
    reranker: Sequence[str] = (NONE,),
    methods: Sequence[Method] = ("dense", "hybrid"),
    unit: Unit = "characters",
    overlap: int | None = None,
    metric: Metric = "ndcg",
    selection_share: float | None = None,
    include: Sequence[str | Path] = (),
    seed: int = 0,
    quiet: bool = False,
) -> Sweep:
    """Try every combination of settings on the selection split, and compare them.

    Parameters
    ----------
    corpus : str or path
        As for `build_index`.
    tasks : str or sequence of str or Task
        Tasks whose card says ``split: selection``; others only with `selection_share`.
    size, k, embedding, reranker, methods : sequences
        What is combined; the reranker ``none`` is none. A reranker orders as many chunks as the largest `k`.
    unit, overlap : optional
        Of the splitter; by default a tenth of the size overlaps.
    metric : {"recall", "covered", "ndcg", "mrr"}
        What the settings are compared by.
    selection_share : float, optional
        Choose on the questions of so many of the passages, between 0 and 1, and on no others.
    include : sequence of path
        Further domain packs.
    seed : int
        Of that draw, of the tests and of the bootstrap.
    quiet : bool
        Show no progress.

    Raises
    ------
    UserError
        If a task is reported and no share is given, or anything else is wrong.

    Notes
    -----
    All pairs are compared by `rank_layers`, over passages, with Holm's correction: with many settings a small
    difference is not seen, and a choice among settings that are not told apart is free.
    """
    asked = _selected([tasks] if isinstance(tasks, str) else tasks, include, selection_share, seed)
    encoders = [load_embedding(name) for name in embedding]
    queries = [one.query for one in asked.questions]
    vectors = {encoder.name: embed_queries(encoder, queries) for encoder in encoders}
    rerankers = {name: None if name == NONE else load_reranker(name) for name in reranker}
    found: dict[Setting, list[Row]] = {}
    notices = dict.fromkeys(asked.notices)
    counted: str = unit
    with TemporaryDirectory() as place:
        for index, encoder, characters in _indexes(corpus, Path(place), size, encoders, unit, overlap, quiet=quiet):
            notices |= dict.fromkeys(f"size {characters}: {one}" for one in index.card.notices)
            counted = index.card.unit if len(encoders) == 1 else unit
            for (name, second), method in product(rerankers.items(), methods):
                rows = rows_of(index, asked.questions, k, (method,), encoder, (second,), vectors[encoder.name])
                for n in k:
                    found[Setting(characters, encoder.name, method, name, n)] = [one for one in rows if one.k == n]
    return _compared(found, asked, metric, counted, tuple(notices), seed)


def _selected(tasks: Sequence[str | Task], include: Sequence[str | Path], share: float | None, seed: int) -> Questions:
    from ecg_bench.domains import find_tasks

    loaded: list[Task] = []
    for one in tasks:
        loaded += [one] if isinstance(one, Task) else find_tasks([one], include)
    if share is not None:
        return share_of(questions_of(loaded), share, seed)
    reported = [task.name for task in loaded if task.card.split != "selection"]
    if reported:
        raise UserError(
            f"{reported[0]} is a reported set, and settings chosen on it would look better there than they are: name a "
            "task whose card says 'split: selection', or choose on a part with --selection-share 0.3"
        )
    return questions_of(loaded)


def _indexes(
    corpus: str | Path,
    place: Path,
    sizes: Sequence[int],
    encoders: Sequence[Encoder],
    unit: Unit,
    overlap: int | None,
    *,
    quiet: bool,
) -> Iterator[tuple[Index, Encoder, int]]:
    for number, (encoder, size) in enumerate(product(encoders, sizes)):
        shared = size // 10 if overlap is None else overlap
        folder = place / str(number)
        build_index(corpus, folder, embedding=encoder, unit=unit, size=size, overlap=shared, quiet=quiet)
        yield Index(folder), encoder, size


def _compared(
    found: Mapping[Setting, Sequence[Row]],
    asked: Questions,
    metric: Metric,
    unit: str,
    notices: tuple[str, ...],
    seed: int,
) -> Sweep:
    settings = list(found)
    scores = np.array([[getattr(row, metric) for row in found[one]] for one in settings], float).T
    (ranking,) = rank_layers([scores], clusters_of(found[settings[0]]), seed=seed)
    means = {one: means_of(found[one], seed) for one in settings}

    def place(n: int) -> tuple[float, float]:
        return -round(float(ranking.means[n]), 12), means[settings[n]]["context"].value or 0.0

    order = sorted(range(len(settings)), key=place)
    best = order[0]
    tried = tuple(Tried(settings[n], means[settings[n]], bool(ranking.rejected[best, n])) for n in order)
    test = f"{ranking.test}; Holm over {len(settings) * (len(settings) - 1) // 2} pairs"
    return Sweep(metric, unit, tried, test, tuple((one.task, one.id) for one in asked.questions), notices)
