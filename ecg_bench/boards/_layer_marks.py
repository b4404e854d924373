"""What a reader must know of a layer: who was scored otherwise, who judged, and what its samples can't tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ecg_bench.boards._columns import Column
from ecg_bench.boards._layer import Layer
from ecg_bench.boards._records import ALPHA, MarkRecord
from ecg_bench.boards._rows import Row
from ecg_bench.judging import families_of
from ecg_bench.statistics import Ranking

FEW_CLUSTERS = 30


def recipe_marks(
    task: str, metric: str, columns: Mapping[str, tuple[Column, ...]], *, rank_all: bool
) -> Iterator[MarkRecord]:
    """Mark systems that were scored in another way than most."""
    recipes = {name: some[0].recipe for name, some in columns.items()}
    if len(set(recipes.values())) < 2:
        return
    counts = list(recipes.values())
    main = max(counts, key=lambda one: (counts.count(one), -counts.index(one)))
    others = [name for name, recipe in recipes.items() if recipe != main]
    judged = next(iter(columns.values()))[0].kind == "judge"
    yield MarkRecord(
        code="OTHER_JUDGE" if judged else "OTHER_METRIC",
        severity="serious",
        message=f"{task}:{metric}: {', '.join(others)} {'was' if len(others) == 1 else 'were'} scored by another "
        f"{'version, prompt or model of the judge' if judged else 'version of the metric'} than the others"
        + ("" if rank_all else "; not ranked (--rank-all ranks all)"),
        systems=others,
        layer=f"{task}:{metric}",
        unranked=not rank_all,
    )


def judge_marks(
    task: str, metric: str, columns: Mapping[str, tuple[Column, ...]], rows: Sequence[Row]
) -> Iterator[MarkRecord]:
    """Mark systems that are judged by a model of their own family, which is known to be kinder to them."""
    for row in rows:
        judge = columns[row.name][0].judge if row.name in columns else ""
        shared = families_of(judge) & families_of(f"{row.name} {row.runs[0].header.system.model}")
        if judge and shared:
            yield MarkRecord(
                code="SAME_FAMILY",
                severity="caution",
                message=f"{task}:{metric}: {row.name} and its judge {judge} are both of the family "
                f"{', '.join(sorted(shared))}: judges are known to prefer their own",
                systems=[row.name],
                layer=f"{task}:{metric}",
            )


def coarse(rankings: Sequence[Ranking | None], layers: Sequence[Layer]) -> Iterator[MarkRecord]:
    """Say where tests are too coarse to tell any two systems apart, whatever the answers are."""
    for layer, ranking in zip(layers, rankings, strict=True):
        pairs = len(layer.ranked) * (len(layer.ranked) - 1) // 2
        if ranking is not None and ranking.floor * pairs >= ALPHA and float(np.ptp(ranking.means)) > 0:
            yield MarkRecord(
                code="MC_RESOLUTION",
                severity="caution",
                message=f"{layer.id}: with so few samples that systems differ on, a test can give no p below "
                f"{ranking.floor:.2g}, and Holm over {pairs} pairs needs less: no two systems can be told apart",
                layer=layer.id,
            )


def few(task: str, layers: Sequence[Layer]) -> Iterator[MarkRecord]:
    groups = min((len(np.unique(one.clusters)) for one in layers if one.ranked), default=FEW_CLUSTERS)
    if groups < FEW_CLUSTERS:
        yield MarkRecord(
            code="FEW_CLUSTERS",
            severity="caution",
            message=f"{task}: {groups} independent groups of samples are few: intervals of graded scores may be too "
            "narrow",
            layer=task,
        )
