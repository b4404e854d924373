"""What a leaderboard found, in two or three sentences."""

from __future__ import annotations

from collections.abc import Sequence

from ecg_bench.boards._records import BoardRecord, LayerRecord
from ecg_bench.reports._words import named, number


def headline(board: BoardRecord) -> list[str]:
    """Return what can be said at a glance: who leads where, where nothing can be told apart, and whether layers agree."""
    main = [layer for layer in board.layers if layer.main]
    if not main:
        return [f"Nothing was measured: there are {len(board.published)} published results and no runs."]
    alone: dict[str, list[LayerRecord]] = {}
    shared, level, untested = [], [], []
    for layer in main:
        ranked = [cell for cell in layer.cells if cell.rank_low is not None]
        first = [cell for cell in ranked if cell.rank_low == 1]
        if len(ranked) < 2:
            untested.append(layer)
        elif all(cell.rank_low == 1 for cell in ranked):
            level.append(layer)
        elif len(first) == 1 and first[0].rank_high == 1:
            alone.setdefault(first[0].system, []).append(layer)
        else:
            shared.append(layer)
    said = [
        f"{system} is better than every other ranked system on {_titles(layers)}."
        for system, layers in sorted(alone.items(), key=lambda one: -len(one[1]))[:2]
    ]
    if shared:
        said.append(f"On {_titles(shared)} the first ones are better than the last, but nobody stands alone at the top.")
    if level:
        every = "On every layer" if len(level) == len(main) and len(main) > 1 else f"On {_titles(level)}"
        said.append(f"{every} no system can be told apart from another that is ranked.")
    if untested:
        said.append(f"On {_titles(untested)} there are not two ranked systems to compare.")
    return [*said, *_agreement(board)]


def _titles(layers: Sequence[LayerRecord]) -> str:
    return named([layer.title for layer in layers], 2)


def _agreement(board: BoardRecord) -> list[str]:
    found = [] if board.heterogeneity is None else board.heterogeneity.correlations
    values = [one.spearman for one in found if one.spearman is not None]
    if len(values) < 2:
        return []
    return [
        "Layers put the systems into orders whose rank correlations go from "
        f"{number(min(values), 2)} to {number(max(values), 2)}, so they are shown apart and never averaged."
    ]
