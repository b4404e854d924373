"""The scores that text metrics and judges added to a run."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import nan
from typing import Any

import numpy as np

from ecg_bench.boards._columns import Codes, Column, Floats, by_sample
from ecg_bench.errors import UserError
from ecg_bench.evaluation import Run
from ecg_bench.files import open_text
from ecg_bench.runs import KEYS, SCORINGS, RunDirectory, ScoringRecord, Scorings
from ecg_bench.text_metrics import TEXT_METRICS

PARTS = ("_p", "_r")  # precision and recall of an F-measure, which stands for both
MAIN_TEXT = ("bleu", "rougeL_f", "bertscore_f")  # the study's metrics, without those that say the same again
DOMAINS = {"cider_d": (0.0, 10.0)}


def added_columns(run: Run, task: str) -> Iterator[tuple[str, Column]]:
    """Yield what text metrics and judges added to a run."""
    metrics = run.results.tasks[task].metrics
    words = metrics["answer_words"].value if "answer_words" in metrics else nan
    for scoring in Scorings(RunDirectory(run.path)).read():
        if task not in scoring.tasks or _is_diagnostic(scoring):
            continue
        found = _read(run, scoring, task)
        names = [name for name in found.scores if not name.endswith(PARTS)]
        quality = [name for name in names if name in scoring.tasks[task].metrics]
        for name in names:
            if scoring.kind == "judge":
                yield from _judged(scoring, task, found, name, single=len(names) == 1)
            elif name in quality:
                main = name in MAIN_TEXT or (name == quality[0] and not set(quality) & _SHOWN)
                yield (
                    name,
                    Column(
                        kind="text metric",
                        main=main,
                        domain=DOMAINS.get(name, (0.0, 1.0)),
                        **_there(found.index, found.scores[name]),
                        estimate=scoring.tasks[task].metrics[name],
                        recipe=str(scoring.source["signature"]),
                        words=words,
                    ),
                )
        if scoring.kind == "text metric":
            yield from _of_many(scoring, task, names, words)


# Text metrics that are shown with the details where they are there; what is neither here nor in MAIN_TEXT comes from
# outside this package, and its first score is a column.
_SHOWN = {*MAIN_TEXT, "bleu_ecg_llm", "chrf", "rouge1_f", "meteor", "cider_d"}


def _of_many(scoring: ScoringRecord, task: str, names: Sequence[str], words: float) -> Iterator[tuple[str, Column]]:
    """Yield values that belong to all answers together, such as corpus BLEU: no test can be made of them."""
    nothing = np.empty(0)
    for name, estimate in scoring.tasks[task].metrics.items():
        if name not in names and not name.endswith(PARTS):
            yield (
                name,
                Column(
                    kind="text metric",
                    main=False,
                    domain=(0.0, 1.0),
                    index=nothing.astype(np.int64),
                    totals=nothing,
                    answers=nothing,
                    estimate=estimate,
                    recipe=str(scoring.source["signature"]),
                    words=words,
                ),
            )


def _judged(
    scoring: ScoringRecord, task: str, found: _Read, criterion: str, *, single: bool
) -> Iterator[tuple[str, Column]]:
    """Yield a judge's score, and the share of answers that it gave the highest level."""
    summary = scoring.tasks[task]
    name = scoring.name if single else f"{scoring.name}.{criterion}"
    levels: Mapping[str, float] = scoring.source.get("levels", {}).get(criterion, {})
    given = found.levels.get(f"{criterion}_level", ())
    counts = {level: sum(one == level for one in given) for level in levels}
    if name not in summary.metrics:
        return
    shared: dict[str, Any] = {
        "kind": "judge",
        "domain": (0.0, 1.0),
        "recipe": _recipe(scoring),
        "judge": str(scoring.source.get("model", "")),
    }
    yield (
        name,
        Column(
            main=True,
            **shared,
            **_there(found.index, found.scores[criterion]),
            estimate=summary.metrics[name],
            bounds=summary.bounds.get(name),
            levels=counts,
        ),
    )
    top = max(levels, key=lambda level: levels[level], default="")
    share = f"{name}:{top}"
    if top and share in summary.metrics:
        passed = np.array([nan if not one else float(one == top) for one in given])
        yield (
            share,
            Column(
                main=False,
                **shared,
                **_there(found.index, passed),
                estimate=summary.metrics[share],
                bounds=summary.bounds.get(share),
            ),
        )


def _recipe(scoring: ScoringRecord) -> str:
    """Return the signature of a judge without what names the one judging."""
    parts = str(scoring.source["signature"]).split("|")
    return "|".join(part for part in parts if not part.startswith("judgement:"))


def _is_diagnostic(scoring: ScoringRecord) -> bool:
    """Whether a scoring describes answers without saying how good they are."""
    return scoring.kind == "text metric" and scoring.name in _diagnostics()


@cache
def _diagnostics() -> frozenset[str]:
    return frozenset(name for name in TEXT_METRICS if TEXT_METRICS.get(name).diagnostic)


def _there(index: Codes, scores: Floats) -> dict[str, Any]:
    there = ~np.isnan(scores)
    return by_sample(index[there], scores[there], np.ones(int(there.sum())))


@dataclass(frozen=True)
class _Read:
    """The rows of a scoring's table that are of one task."""

    index: Codes
    scores: dict[str, Floats]
    levels: dict[str, list[str]]


def _read(run: Run, scoring: ScoringRecord, task: str) -> _Read:
    path = run.path / SCORINGS / f"{scoring.name}.csv"
    with open_text(path) as file:
        reader = csv.reader(file)
        header = next(reader, [])
        try:
            place, own = header.index("index"), header.index("task")
            rows = [cells for cells in reader if cells[own] == task]
            index = np.array([int(cells[place]) for cells in rows], dtype=np.int64)
            scores: dict[str, Floats] = {}
            levels: dict[str, list[str]] = {}
            for n, name in enumerate(header):
                if name in (*KEYS, "state"):
                    continue
                if name.endswith("_level"):
                    levels[name] = [cells[n] for cells in rows]
                else:
                    scores[name] = np.array([float(cells[n]) if cells[n] else nan for cells in rows])
        except (ValueError, IndexError):
            raise UserError("is damaged: score or judge the run again", path=path) from None
    return _Read(index, scores, levels)
