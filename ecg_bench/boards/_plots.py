"""The plots of a leaderboard, each with a file name."""

from __future__ import annotations

from collections.abc import Iterator

from ecg_bench.boards._records import ALPHA, BoardRecord, CellRecord, LayerRecord, SliceRecord
from ecg_bench.boards._words import by_system, layer_name, number, ranks, short_title
from ecg_bench.plots import (
    Correlation,
    Mark,
    Pair,
    Panel,
    Row,
    forest,
    matrix,
    pair_grid,
    panels,
    shorten,
    slug,
    squeeze,
)

SLICES = 24  # parts of the samples that are drawn, those with most answers
SYSTEMS = 6  # systems that are drawn beside each other, the layer's best


def figures(board: BoardRecord) -> dict[str, str]:
    """Return every plot of a board as SVG, by its name.

    ``overview`` (the main layers side by side), ``forest-LAYER`` for every layer, ``pairs-LAYER`` for main layers with
    two ranked systems or more, ``correlations`` between layers, and ``slices-LAYER-FACET`` for main layers: of a facet
    the 24 parts with the most answers, for the layer's first six systems; leaderboard.json has all of them. Published
    values, which were not rerun, are in none.
    """
    named: dict[str, str] = {}
    for name, svg in _all(board):
        free, n = name, 2
        while free in named:  # two layers whose names differ only in what a file's name can't hold
            free, n = f"{name}-{n}", n + 1
        named[free] = svg
    return named


def _all(board: BoardRecord) -> Iterator[tuple[str, str]]:
    main = [layer for layer in board.layers if layer.main]
    if main:
        yield "overview", overview(board, main)
    for layer in board.layers:
        yield f"forest-{slug(layer.id)}", layer_forest(layer)
        if layer.main and layer.differences:
            yield f"pairs-{slug(layer.id)}", pairs(layer)
    if board.heterogeneity is not None and board.heterogeneity.correlations:
        yield "correlations", correlations(board)
    for layer in main:
        facets: dict[str, list[SliceRecord]] = {}
        for one in board.slices:
            if one.layer == layer.id and one.cells:
                facets.setdefault(one.facet, []).append(one)
        for facet, parts in facets.items():
            yield f"slices-{slug(layer.id)}-{slug(facet)}", slices(layer, facet, parts)


def _mark(cell: CellRecord, *, named: bool = True) -> Mark | None:
    if cell.value is None:
        return None
    ranked = cell.rank_low is not None
    name = ("ranked" if ranked else "not ranked") if named else ""
    return Mark(cell.value, cell.low, cell.high, "first" if ranked else "third", hollow=not ranked, name=name)


def layer_forest(layer: LayerRecord) -> str:
    """Return a layer's systems with their intervals, best first; hollow where a system is not ranked."""
    rows = []
    for cell in layer.cells:
        mark = _mark(cell)
        said = f"rank {ranks(cell)} · {' '.join(cell.letters)}".rstrip(" ·") if ranks(cell) else "not ranked"
        rows.append(Row(cell.system, (mark,) if mark else (), f"{number(cell.value, layer)} · {said}"))
    return forest(rows, title=shorten(layer_name(layer), 100), axis=shorten(f"{layer.metric}, 95 % interval", 60))


def pairs(layer: LayerRecord) -> str:
    """Return a layer's ranked systems against each other."""
    ranked = [cell.system for cell in layer.cells if cell.rank_low is not None]
    drawn = []
    for one in layer.differences:
        tested = "not tested" if one.p_holm is None else f"p (Holm) = {one.p_holm:.3g}"
        between = "" if one.low is None or one.high is None else f"{one.low:.3f} to {one.high:.3f}; "
        separable = one.p_holm is not None and one.p_holm < ALPHA
        drawn.append(Pair(one.first, one.second, one.value, separable, f"{between}{tested}; n = {one.common}"))
    return pair_grid(ranked, drawn, title=f"{layer_name(layer)}: row less column")


def correlations(board: BoardRecord) -> str:
    """Return how far each two layers put the systems into the same order."""
    assert board.heterogeneity is not None  # noqa: S101  # told apart by the caller
    found = board.heterogeneity.correlations
    present = {name for one in found for name in (one.first, one.second)}
    layers = [layer for layer in board.layers if layer.id in present]
    place = {layer.id: n for n, layer in enumerate(layers)}
    entries = {}
    for one in found:
        if one.first in place and one.second in place:
            strong = one.critical is not None and one.spearman is not None and abs(one.spearman) >= one.critical
            value = Correlation(one.spearman, one.spearman_low, one.spearman_high, one.systems, strong)
            entries[place[one.first], place[one.second]] = value
    return matrix(
        [layer_name(layer) for layer in layers],
        entries,
        title="Do the layers put the systems into the same order?",
        unit="systems",
        note="Spearman's correlation, its 95 % interval, number of systems; strong colour: p < .05, from 5 systems",
    )


def slices(layer: LayerRecord, facet: str, parts: list[SliceRecord]) -> str:
    """Return a layer's first systems on parts of its samples, those with the most answers."""
    most = sorted(parts, key=lambda part: -max(cell.n for cell in part.cells))[:SLICES]
    shown = [part for part in parts if part in most]
    rows = [f"{squeeze(part.name, 24)}, n = {max(cell.n for cell in part.cells)}" for part in shown]
    columns = []
    present = {cell.system for part in parts for cell in part.cells}
    for whole in [cell for cell in layer.cells if cell.system in present][:SYSTEMS]:
        cells = [next((cell for cell in part.cells if cell.system == whole.system), None) for part in shown]
        marks = [None if cell is None else Mark(cell.value, cell.low, cell.high) for cell in cells]
        columns.append(Panel(whole.system, marks, f"all: {number(whole.value, layer)}", layer.domain, whole.value))
    left = "" if len(shown) == len(parts) else f"; {len(shown)} of {len(parts)} parts"
    few = "" if len(present) <= SYSTEMS else f"; first {SYSTEMS} of {len(present)} systems"
    title = f"{layer_name(layer)}, by {facet.replace('_', ' ')}"
    return panels(rows, columns, title=title, note=f"Dashed: the system on all samples{left}{few}")


def overview(board: BoardRecord, main: list[LayerRecord]) -> str:
    """Return the main layers side by side, with the systems in one order, that of the first layer."""
    systems = by_system(board, main)
    columns = []
    for layer in main:
        cells = {cell.system: cell for cell in layer.cells}
        marks = [_mark(cells[name], named=False) if name in cells else None for name in systems]
        sizes = sorted({cell.n for cell in layer.cells})
        n = "" if not sizes else f"n = {sizes[0]}" if len(sizes) == 1 else f"n = {sizes[0]} to {sizes[-1]}"
        columns.append(Panel(short_title(layer), marks, f"{layer.metric}, {n}"))
    unranked = any(cell.rank_low is None for layer in main for cell in layer.cells)
    note = "95 % intervals; each layer has its own axis; in the order of the first" + (
        "; hollow: not ranked" if unranked else ""
    )
    return panels(systems, columns, title="Systems by layer", note=note)
