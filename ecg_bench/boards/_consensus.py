"""The median of ranks over layers, as ECG-LLM prints it: only where somebody asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from ecg_bench.boards._records import (
    ConsensusEntryRecord,
    ConsensusRecord,
    CorrelationRecord,
    HeterogeneityRecord,
    LayerRecord,
)

NAMES = {"corrected judge": "judge"}  # a corrected score stands for the judge's own


def consensus(layers: Sequence[LayerRecord], found: HeterogeneityRecord | None) -> ConsensusRecord | None:
    """Return the systems by the median of their ranks, recomputed from the cells.

    Layers of one kind are first reduced to the median of their ranks, as in the study, so that three sets of multiple
    choice don't count three times; a judge's own score counts only where no corrected one is there, and retrieval is
    not counted: few systems retrieve, and it says nothing of the answers. Systems that lack a kind are left out.

    Parameters
    ----------
    layers : sequence of LayerRecord
        The board's.
    found : HeterogeneityRecord or None
        How far layers agree, for the warning.
    """
    corrected = any(layer.kind == "corrected judge" for layer in layers)
    groups: dict[str, list[LayerRecord]] = {}
    for layer in layers:
        left_out = layer.kind == "retrieval" or (corrected and layer.kind == "judge")
        if layer.main and len(layer.cells) > 1 and not left_out:
            groups.setdefault(NAMES.get(layer.kind, layer.kind), []).append(layer)
    if not groups:
        return None
    ranks = {kind: _of_group([_ranks(layer) for layer in some]) for kind, some in groups.items()}
    names = [name for name in next(iter(ranks.values())) if all(name in own for own in ranks.values())]
    entries = [
        ConsensusEntryRecord(
            system=name,
            ranks={kind: own[name] for kind, own in ranks.items()},
            median=float(median(own[name] for own in ranks.values())),
        )
        for name in names
    ]
    return ConsensusRecord(
        entries=sorted(entries, key=lambda one: (one.median, one.system)),
        groups={kind: [layer.id for layer in some] for kind, some in groups.items()},
        warning=_warning(groups, found),
    )


def _ranks(layer: LayerRecord) -> dict[str, float]:
    """Return each system's rank by its value alone; equal values share the mean of their ranks."""
    values = {cell.system: cell.value for cell in layer.cells if cell.value is not None}
    return {
        name: 1 + sum(v > value for v in values.values()) + (sum(v == value for v in values.values()) - 1) / 2
        for name, value in values.items()
    }


def _of_group(ranks: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: float(median(own[name] for own in ranks)) for name in ranks[0] if all(name in own for own in ranks)}


def _warning(groups: Mapping[str, Sequence[LayerRecord]], found: HeterogeneityRecord | None) -> str:
    kinds = {layer.id: kind for kind, some in groups.items() for layer in some}
    across = [
        one
        for one in (found.correlations if found is not None else [])
        if one.first in kinds and one.second in kinds and kinds[one.first] != kinds[one.second]
    ]
    parts = ["These ranks are by value alone: no test stands behind them, and a median hides where layers disagree."]
    known = [one for one in across if one.spearman is not None]
    if known:
        worst = min(known, key=_spearman)
        if _spearman(worst) < 0.5:
            parts.append(
                f"Layers do disagree: {worst.first} and {worst.second} order {worst.systems} systems with a rank "
                f"correlation of {_spearman(worst):+.2f}."
            )
    return " ".join(parts)


def _spearman(one: CorrelationRecord) -> float:
    return 1.0 if one.spearman is None else one.spearman
