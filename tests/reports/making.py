"""Leaderboards of any size, with everything that they can hold, and with hostile texts in every field."""

from __future__ import annotations

from typing import Any, get_origin

import numpy as np
from pydantic import BaseModel

from ecg_bench.boards._records import (
    BoardRecord,
    CellRecord,
    ConsensusEntryRecord,
    ConsensusRecord,
    ContaminationRecord,
    CorrelationRecord,
    DifferenceRecord,
    DisagreementRecord,
    HeterogeneityRecord,
    ItemAssociationRecord,
    LayerKind,
    LayerRecord,
    MarkRecord,
    PowerRecord,
    ReplicatesRecord,
    SliceCellRecord,
    SliceDifferenceRecord,
    SliceRecord,
    SystemRecord,
)
from ecg_bench.published import ContradictionRecord, PublishedCellRecord, PublishedRecord, PublishedTableRecord
from ecg_bench.runs import BoundsRecord, EstimateRecord

KINDS: tuple[LayerKind, ...] = ("multiple choice", "text metric", "judge", "corrected judge", "human")
PLANTED = (
    "<script>window.pwned=1</script>",
    '"><img src=x onerror="window.pwned=1">',
    "</script><script>window.pwned=1</script>",
    "javascript:window.pwned=1",
    "' onmouseover='window.pwned=1",
    "<!--<script>",
    "]]></svg><svg onload=window.pwned=1>",
    "a\u2028b\u202ec\u2066d{{ 7 * 7 }}",
)
FACETS = {
    "topic": ("arrhythmia", "ischaemia", "conduction", "electrolytes", "basics"),
    "difficulty": ("easy", "medium", "hard"),
    "question_type": ("negated", "numeric", "other"),
    "key_position": ("A", "B", "C", "D"),
}


def board(systems: int = 4, layers: int = 6, *, extras: bool = True, seed: int = 0, facets: int = 4) -> BoardRecord:
    """A leaderboard of so many systems and layers, every second pass over the kinds of layers without a main column."""
    rng = np.random.default_rng(seed)
    names = [f"system {chr(65 + n % 26)}{n // 26 or ''}" for n in range(systems)]
    made = [_layer(n, names, rng) for n in range(layers)]
    return BoardRecord(
        ecg_bench="1.0",
        systems=[
            SystemRecord(
                name=name,
                runs=[f"runs/{n}"],
                provider="hf",
                model=f"org/model-{n}",
                card={"revision": "abc", "adapter": {"rank": 8}},
                seeds=[0, 1],
                mode="generate",
            )
            for n, name in enumerate(names)
        ],
        layers=made,
        slices=[one for layer in made for one in _slices(layer, rng, facets)] if extras else [],
        heterogeneity=_heterogeneity(made, names, rng) if extras else None,
        contamination=[_contamination(name, task) for name in names[:3] for task in ("ecg/mcq-0",)] if extras else [],
        consensus=_consensus(made, names) if extras else None,
        published=[_published()] if extras else [],
        marks=_marks(names, made) if extras else [],
        settings={"seed": 0, "alpha": 0.05, "resamples": 10_000, "slices": {"facets": list(FACETS)}},
        versions={"numpy": "2.0", "python": "3.11"},
    )


def _marks(names: list[str], made: list[LayerRecord]) -> list[MarkRecord]:
    return [
        MarkRecord(
            code="OTHER_PROMPT",
            severity="serious",
            message=f"{names[-1]} was asked with another prompt, so it is not ranked.",
            systems=[names[-1]],
            layer=made[0].id,
            unranked=True,
        ),
        MarkRecord(code="FEW_CLUSTERS", severity="caution", message="Fewer than 30 groups.", layer=made[-1].id),
        MarkRecord(code="HIGH_UNREAD", severity="caution", message="A fifth could not be read.", systems=[names[0]]),
        MarkRecord(code="ONE_RUN", severity="note", message="Each system ran once: the spread of seeds is unknown."),
    ]


def _layer(n: int, names: list[str], rng: np.random.Generator) -> LayerRecord:
    kind = KINDS[n % len(KINDS)]
    layer = f"ecg/mcq-{n}:acc" if kind == "multiple choice" else f"ecg/open:{kind.replace(' ', '-')}-{n}"
    skill = np.sort(0.5 + 0.15 * rng.standard_normal(len(names)).clip(-2, 2))[::-1]
    order = list(rng.permutation(names)) if n % 2 else list(names)
    out = names[-1] if n == 0 and len(names) > 2 else None
    ranked = [name for name in order if name != out]
    # Systems are told apart where they are further from each other than the least significant difference.
    lsd, size = 0.09, len(ranked)
    value = {name: float(skill[i]) for i, name in enumerate([*ranked, *([out] if out else [])])}
    differences = []
    for i, first in enumerate(ranked):
        for second in ranked[i + 1 :]:
            gap = value[first] - value[second]
            p = float(np.clip(np.exp(-3.0 * gap / lsd), 1e-5, 1.0))
            differences.append(
                DifferenceRecord(
                    first=first,
                    second=second,
                    value=gap,
                    low=gap - 0.07,
                    high=gap + 0.07,
                    p=p / 3,
                    p_holm=p,
                    floor=1e-5,
                    common=400,
                )
            )
    worse = {(d.first, d.second) for d in differences if d.p_holm is not None and d.p_holm < 0.05}
    letters = _letters(ranked, worse)
    cells = []
    for name in [*ranked, *([out] if out else [])]:
        low = None if name == out else 1 + sum((other, name) in worse for other in ranked)
        high = None if name == out else size - sum((name, other) in worse for other in ranked)
        cells.append(_cell(name, value[name], low, high, letters.get(name, []), kind, layer))
    return LayerRecord(
        id=layer,
        kind=kind,
        task=layer.split(":")[0],
        title=f"{kind.capitalize()} {n}",
        metric="accuracy" if kind == "multiple choice" else "mean score",
        domain=(0.0, 1.0),
        main=n < 12 or n % 2 == 0,
        common_samples=400,
        clusters=120,
        interval="paired bootstrap over clusters",
        test="sign-flip over clusters, Holm",
        cells=cells,
        differences=differences,
        power=PowerRecord(
            samples=400,
            detectable=0.08,
            first_two=0.02,
            needed=6200,
            sentence="With 400 samples a difference of 0.080 is found with 80 % power; about 6200 would separate the "
            "first two.",
        ),
    )


def _letters(ranked: list[str], worse: set[tuple[str, str]]) -> dict[str, list[str]]:
    """Letters for systems in order of their value, where separation is monotone in the distance."""
    groups: list[list[str]] = []
    for i, name in enumerate(ranked):
        group = [other for other in ranked[i:] if (name, other) not in worse]
        if not groups or group[-1] != groups[-1][-1]:
            groups.append(group)
    return {name: [chr(97 + g) for g, group in enumerate(groups) if name in group] for name in ranked}


def _cell(
    name: str, value: float, low: int | None, high: int | None, letters: list[str], kind: LayerKind, layer: str
) -> CellRecord:
    own = kind == "multiple choice"
    codes = ["ONE_RUN"] + (["OTHER_PROMPT"] if low is None else []) + (["HIGH_UNREAD"] if name.endswith("A") else [])
    return CellRecord(
        system=name,
        value=value,
        low=value - 0.05,
        high=value + 0.05,
        method="wilson",
        n=800,
        samples=400,
        clusters=120,
        signature=f"{layer}|n:800|v1|seed:0",
        how="The share of 800 answers that are right; answers that could not be read are wrong.",
        outcomes={"ok": 760, "unparsed": 20, "refused": 8, "empty": 4, "truncated": 4, "error": 4} if own else {},
        parsed=_estimate(min(value + 0.02, 1)) if own else None,
        bounds=BoundsRecord(worst=value - 0.005, best=value + 0.005) if own else None,
        replicates=ReplicatesRecord(runs=2, seeds=[0, 1], values=[value - 0.01, value + 0.01], spread=0.014),
        levels={"correct": 300, "incorrect": 100} if kind == "human" else {},
        rank_low=low,
        rank_high=high,
        letters=letters,
        marks=codes,
    )


def _estimate(value: float) -> EstimateRecord:
    return EstimateRecord(
        value=value, low=value - 0.05, high=value + 0.05, method="wilson", confidence=0.95, n=400, signature="s"
    )


def _slices(layer: LayerRecord, rng: np.random.Generator, facets: int) -> list[SliceRecord]:
    first = layer.cells[0].system
    made = []
    for facet in list(FACETS)[:facets]:
        for name in FACETS[facet]:
            cells, differences = [], []
            for one in layer.cells:
                value = float(np.clip((one.value or 0) + 0.1 * rng.standard_normal(), 0.02, 0.98))
                cells.append(
                    SliceCellRecord(
                        system=one.system, value=value, low=value - 0.09, high=value + 0.09, n=80, clusters=24
                    )
                )
                if one.system != first:
                    gap = float(rng.normal(-0.05, 0.1))
                    differences.append(
                        SliceDifferenceRecord(
                            system=one.system,
                            value=gap,
                            low=gap - 0.1,
                            high=gap + 0.1,
                            share=gap / 5,
                            contrast=gap * 1.2,
                            p=float(rng.uniform()),
                            p_adjusted=float(rng.uniform() ** 2),
                        )
                    )
            made.append(SliceRecord(layer=layer.id, facet=facet, name=name, cells=cells, differences=differences))
    return made


def _heterogeneity(layers: list[LayerRecord], names: list[str], rng: np.random.Generator) -> HeterogeneityRecord:
    correlations = []
    for i, first in enumerate(layers):
        for second in layers[i + 1 :]:
            rho = float(rng.uniform(-0.6, 1))
            correlations.append(
                CorrelationRecord(
                    first=first.id,
                    second=second.id,
                    systems=len(names),
                    spearman=rho,
                    spearman_low=max(-1, rho - 0.3),
                    spearman_high=min(1, rho + 0.3),
                    kendall=rho * 0.8,
                    critical=0.59 if len(names) > 4 else None,
                )
            )
    items = [
        ItemAssociationRecord(layer=one.id, statistic="kendall tau-b", value=0.4, low=0.3, high=0.5, n=300)
        for one in layers[1:4]
    ]
    disagreements = [
        DisagreementRecord(
            task=layers[-1].task,
            sample=f"open-{n:03d}",
            epoch=0,
            system=names[n % len(names)],
            scores={layers[-1].id: 0.9, "rougeL": 0.11},
            places={layers[-1].id: 0.95, "rougeL": 0.05},
            gap=0.9 - n / 100,
            sentence="The judge puts this answer near the top and ROUGE-L near the bottom.",
        )
        for n in range(12)
    ]
    return HeterogeneityRecord(
        correlations=correlations, items=items, disagreements=disagreements, method="bootstrap over systems, seed 0"
    )


def _contamination(system: str, task: str) -> ContaminationRecord:
    return ContaminationRecord(
        system=system,
        task=task,
        documents=41,
        samples=400,
        passages_seen=None if system.endswith("A") else 60,
        overlapping=12,
        undecided=3,
        n=8,
        seen=_estimate(0.7),
        unseen=_estimate(0.6),
    )


def _consensus(layers: list[LayerRecord], names: list[str]) -> ConsensusRecord:
    entries = [
        ConsensusEntryRecord(
            system=name,
            ranks={
                one.id: float(next(i for i, c in enumerate(one.cells, 1) if c.system == name)) for one in layers[:4]
            },
            median=float(n + 1),
        )
        for n, name in enumerate(names)
    ]
    return ConsensusRecord(entries=entries, groups={}, warning="Layers disagree: the least correlation is -0.42.")


def _published() -> PublishedRecord:
    columns = ["Accuracy", "BLEU"]
    table = PublishedTableRecord(
        name="Table 1",
        title="Multiple choice",
        page="p. 6",
        unit="per cent",
        columns=columns,
        cells=[
            PublishedCellRecord(
                system=f"printed {n}",
                column=column,
                value=80.5 - n if column == "Accuracy" or n else None,
                rank=n + 1.0,
                n=400 if column == "Accuracy" else None,
                low=76.0 - n if column == "Accuracy" else None,
                high=84.0 - n if column == "Accuracy" else None,
                note="without errors" if n == 2 else "",
            )
            for n in range(4)
            for column in columns
        ],
        notes=["Values were read from the page."],
    )
    return PublishedRecord(
        name="ecg-llm",
        title="A study of four layers",
        source="Someone et al. 2025",
        url="https://example.org/paper",
        tables=[table],
        contradictions=[
            ContradictionRecord(
                table="Table 1",
                system="printed 1",
                column="Accuracy",
                kind="rank",
                printed="2",
                recomputed="3",
                sentence="Printed rank 2, but two systems have greater values.",
            )
        ],
        untestable="No answers to single items are published, so no difference can be tested.",
    )


def hostile(record: BoardRecord) -> BoardRecord:
    """The same leaderboard with something planted in every text, and names still the same wherever they are meant."""
    seen: dict[str, str] = {}

    def plant(value: Any, field: str = "") -> Any:
        if isinstance(value, BaseModel):
            kept = {
                name
                for name, info in type(value).model_fields.items()
                if info.annotation is not str and get_origin(info.annotation) is not list and "dict" not in str(info)
            }
            return {
                name: getattr(value, name)
                if name in kept and isinstance(getattr(value, name), str | tuple)
                else plant(getattr(value, name), name)
                for name in type(value).model_fields
            }
        if isinstance(value, str):
            if field == "facet":
                return value
            return seen.setdefault(value, f"{value} {PLANTED[len(seen) % len(PLANTED)]}" if value else value)
        if isinstance(value, dict):
            return {plant(name) if field != "outcomes" else name: plant(one) for name, one in value.items()}
        if isinstance(value, list):
            return [plant(one) for one in value]
        return value

    planted = plant(record)
    for one in planted["published"]:
        one["url"] = "javascript:window.pwned=1"
    return BoardRecord.model_validate(planted)
