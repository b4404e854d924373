"""Boards of given numbers, with as much hostile text as there are places for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ecg_bench.boards._records import (
    BoardRecord,
    CellRecord,
    ConsensusEntryRecord,
    ConsensusRecord,
    CorrelationRecord,
    DifferenceRecord,
    HeterogeneityRecord,
    LayerRecord,
    MarkRecord,
    PowerRecord,
    SliceCellRecord,
    SliceRecord,
    SystemRecord,
)
from ecg_bench.runs import EstimateRecord

HOSTILE = (
    '<script>alert("x")</script> | `a` \\input{/etc/passwd} $x^2$ & 50 % #1 _b_ ~ {c} [red]d[/] ![e](http://f.example) '
    "\x1b[31m\x00\u202egnp"
)
MODELS = ("small", "large", "tuned on the corpus, 8B parameters", "with retrieval over everything", "base", "chat", "x")
OUTCOMES = ("ok", "unparsed", "refused", "empty", "truncated", "error")
KINDS: tuple[tuple[Any, str, str], ...] = (
    ("multiple choice", "ecg/mcq-general", "acc"),
    ("multiple choice", "ecg/mcq-special", "acc"),
    ("judge", "ecg/open-factual", "ecg-correctness@openai/some-judge"),
    ("text metric", "ecg/open-factual", "rougeL_f"),
    ("human", "", "correctness"),
)


def names(count: int) -> list[str]:
    return [f"provider-{n % 4}/{MODELS[n % len(MODELS)]}-{n}" for n in range(count)]


def cell(system: str, value: float | None, place: int, ranked: bool, **more: Any) -> CellRecord:
    n = 188
    half = 0.04
    return CellRecord(
        system=system,
        value=value,
        low=None if value is None else max(0.0, value - half),
        high=None if value is None else min(1.0, value + half),
        method="wilson",
        n=n,
        samples=n,
        clusters=61,
        signature="acc|version:1",
        how="share of all answers that are right",
        outcomes={**dict.fromkeys(OUTCOMES, 0), "ok": n - 3, "unparsed": 3},
        parsed=None
        if value is None
        else EstimateRecord(
            value=value, low=0.0, high=1.0, method="wilson", confidence=0.95, n=185, signature="acc_parsed|version:1"
        ),
        bounds=None,
        replicates=None,
        rank_low=max(1, place - 1) if ranked else None,
        rank_high=place + 2 if ranked else None,
        letters=list("abcdefghijklmnopqrstuvwxyz"[place // 2 : place // 2 + 2]) if ranked else [],
        marks=[] if ranked else ["OTHER_PROMPT"],
        **more,
    )


def layer(number: int, systems: Sequence[str], rng: np.random.Generator, *, unranked: int, text: str) -> LayerRecord:
    kind, task, metric = KINDS[number % len(KINDS)]
    again = f"-{number // len(KINDS)}" if number >= len(KINDS) else ""
    values = np.sort(rng.uniform(0.25, 0.9, len(systems)))[::-1].round(3)
    order = list(rng.permutation(systems))
    ranked = len(systems) - unranked
    cells = [cell(name, float(values[n]), n, n < ranked) for n, name in enumerate(order)]
    differences = [
        DifferenceRecord(
            first=order[a],
            second=order[b],
            value=float(values[a] - values[b]),
            low=float(values[a] - values[b]) - 0.06,
            high=float(values[a] - values[b]) + 0.06,
            p=0.001 if values[a] - values[b] > 0.06 else 0.4,
            p_holm=0.004 if values[a] - values[b] > 0.06 else 1.0,
            floor=1e-9,
            common=188,
        )
        for a in range(ranked)
        for b in range(a + 1, ranked)
    ]
    return LayerRecord(
        id=f"{task}{again}:{metric}" if task else f"human{again}:{metric}",
        kind=kind,
        task=f"{task}{again}" if task else "",
        title=f"{task.split('/')[-1] or 'Human ratings'}{again}{text}",
        metric=metric,
        domain=(0.0, 1.0),
        main=True,
        common_samples=188,
        clusters=61,
        interval="paired t on clusters",
        test="sign-flip over clusters",
        cells=cells,
        differences=differences,
        power=PowerRecord(
            samples=188,
            detectable=0.08,
            first_two=float(values[0] - values[1]) if len(systems) > 1 else None,
            needed=900,
            sentence="With 188 samples a true difference of 0.080 is found with 80 % power; the first two differ by "
            "less, and 900 samples would separate them.",
        ),
    )


def board(systems: int = 3, layers: int = 2, *, unranked: int = 1, hostile: bool = False, seed: int = 0) -> BoardRecord:
    """A board; with `hostile`, every text that comes from outside is an attack."""
    rng = np.random.default_rng(seed)
    text = HOSTILE if hostile else ""
    called = [f"{'=' if hostile else ''}{name}{text}" for name in names(systems)]
    unranked = min(unranked, systems - 1)
    columns = [layer(n, called, rng, unranked=unranked, text=text) for n in range(layers)]
    marks = [
        MarkRecord(
            code="OTHER_PROMPT",
            severity="serious",
            message=f"the prompt is another than that of the first system{text}",
            systems=[one.system for one in column.cells if one.rank_low is None],
            layer=column.id,
            unranked=True,
        )
        for column in columns
        if unranked
    ]
    marks.append(MarkRecord(code="NO_CLINICIAN", severity="note", message=f"no clinician has reviewed the items{text}"))
    return BoardRecord(
        ecg_bench="0.1.0",
        systems=[
            SystemRecord(name=name, runs=[f"runs/{n}"], provider="p", model=name, card={}, seeds=[0], mode="generate")
            for n, name in enumerate(called)
        ],
        layers=columns,
        slices=[
            SliceRecord(
                layer=columns[0].id,
                facet="topic",
                name=f"{topic}{text}",
                cells=[
                    SliceCellRecord(system=one.system, value=0.5, low=0.3, high=0.7, n=12 + n, clusters=5)
                    for one in columns[0].cells[:8]
                ],
                differences=[],
            )
            for n, topic in enumerate(("arrhythmia", "artefacts", "axis", "conduction", "ischaemia"))
        ],
        heterogeneity=HeterogeneityRecord(
            correlations=[
                CorrelationRecord(
                    first=a.id,
                    second=b.id,
                    systems=systems,
                    spearman=float(rng.uniform(-1, 1)) if systems > 2 else None,
                    spearman_low=-0.4 if systems > 2 else None,
                    spearman_high=0.95 if systems > 2 else None,
                    kendall=0.3 if systems > 2 else None,
                    critical=0.3 if systems > 4 else None,
                )
                for n, a in enumerate(columns)
                for b in columns[n + 1 :]
            ],
            items=[],
            disagreements=[],
            method="bootstrap of questions",
        ),
        contamination=[],
        consensus=ConsensusRecord(
            entries=[ConsensusEntryRecord(system=name, ranks={columns[0].id: 1.0}, median=1.0) for name in called],
            groups={},
            warning=f"layers disagree{text}",
        ),
        published=[],
        marks=marks,
        settings={},
        versions={},
    )
