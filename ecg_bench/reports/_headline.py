"""What a leaderboard found, in two or three sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ecg_bench.boards._records import BoardRecord, CellRecord, LayerRecord
from ecg_bench.reports._words import full_name, named, number


def headline(board: BoardRecord) -> list[str]:
    """Return what can be said at a glance: who leads where, where nobody does, and whether layers agree."""
    main = [layer for layer in board.layers if layer.main]
    if not main:
        return [f"Nothing was measured: there are {len(board.published)} published results and no runs."]
    alone: dict[str, list[LayerRecord]] = {}
    shared, level, untested = [], [], []
    for layer in main:
        first = _first(layer)
        if len(_ranked(layer)) < 2:
            untested.append(layer)
        elif len(first) == len(_ranked(layer)):
            level.append(layer)
        elif len(first) == 1 and first[0].rank_high == 1:
            alone.setdefault(first[0].system, []).append(layer)
        else:
            shared.append(layer)
    said = [
        f"{system} is better than every other ranked system on {_where(layers, main)}."
        for system, layers in sorted(alone.items(), key=lambda one: -len(one[1]))[:2]
    ]
    if shared:
        counts = Counter(cell.system for layer in shared for cell in _first(layer))
        most = max(counts.values())
        often = named([one for one in counts if counts[one] == most])
        said.append(
            f"On {_where(shared, main)} several share the first place and can't be told apart there; "
            + (f"{often} most often ({most} of {len(shared)})." if len(shared) > 1 else f"they are {often}.")
        )
    if level:
        said.append(f"On {_where(level, main)} no ranked system can be told apart from another.")
    if len(board.systems) == 1:
        said.append("One system: there is nothing to compare it with.")
    elif untested:
        said.append(f"On {_where(untested, main)} there are not two ranked systems to compare.")
    return [*said, *_agreement(board)]


def _ranked(layer: LayerRecord) -> list[CellRecord]:
    return [cell for cell in layer.cells if cell.rank_low is not None]


def _first(layer: LayerRecord) -> list[CellRecord]:
    """Return the cells than which none is significantly better."""
    return [cell for cell in _ranked(layer) if cell.rank_low == 1]


def _where(layers: Sequence[LayerRecord], main: Sequence[LayerRecord]) -> str:
    """Name some of the layers: all, by their titles if they are few, else by their number."""
    if len(layers) == len(main) > 1:
        return "every layer"
    if len(layers) > 3:
        return f"{len(layers)} of {len(main)} layers"
    return f"{named([full_name(layer) for layer in layers])}"


def _agreement(board: BoardRecord) -> list[str]:
    found = [] if board.heterogeneity is None else board.heterogeneity.correlations
    values = [one.spearman for one in found if one.spearman is not None]
    if len(values) < 2:
        return []
    return [
        "Layers put the systems into orders whose rank correlations go from "
        f"{number(min(values), 2)} to {number(max(values), 2)}, so they are shown apart and never averaged."
    ]
