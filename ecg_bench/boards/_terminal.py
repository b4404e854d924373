"""A leaderboard on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ecg_bench.boards._records import ALPHA, BoardRecord, CellRecord, LayerRecord
from ecg_bench.boards._words import Notes, by_system, drivers, general, layer_name, number, ranks, superscript, tables
from ecg_bench.plots import squeeze
from ecg_bench.published import print_published
from ecg_bench.texts import one_line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDEST = 160  # columns
NAME = 40
LAYER = 30  # columns that a layer takes


def print_board(board: BoardRecord, console: Console) -> None:
    """Print a board's main layers, with what must be known below: one table if they fit, else one for each kind.

    A cell is a value, its interval, its range of ranks and its letters; what leads a layer is bold.
    Tables are as wide as the terminal, at most 160 columns.
    """
    from rich.markup import escape

    room = min(console.width, WIDEST)
    name = min(NAME, max(20, *(len(one_line(system.name)) for system in board.systems), 0))
    across = max(1, (room - name) // (LAYER + 2))
    for kinds, layers in tables(board, across):
        notes = Notes.of(board, layers)
        console.print(_table(board, kinds, layers, notes, name), width=room)
        for line in _said(layers, notes):
            console.print(f"[dim]{escape(line)}[/]", width=room)
        console.print()
    if board.layers:
        legend = "Cells: value (95 % interval), range of ranks, letters; who shares a letter can't be told apart."
        console.print(f"[dim]{legend}[/]", width=room)
    more = sum(not layer.main for layer in board.layers)
    if 0 < more < len(board.layers):
        count = "1 more layer stands" if more == 1 else f"{more} more layers stand"
        console.print(f"[dim]{count} in leaderboard.md, .csv and .json, which --out DIR writes.[/]", width=room)
    for line in drivers(board):
        console.print(f"[dim]{escape(line)}[/]", width=room)
    if board.consensus is not None:
        shown = "; ".join(f"{one_line(one.system)} {one.median:g}" for one in board.consensus.entries)
        console.print(f"Median of ranks: {escape(shown)}", width=room)
        console.print(f"[yellow]{escape(one_line(board.consensus.warning))}[/]", width=room)
    for line in general(board):
        console.print(f"[dim]{escape(line)}[/]", width=room)
    for record in board.published:
        print_published(record, console)


def _table(board: BoardRecord, kinds: str, layers: Sequence[LayerRecord], notes: Notes, name: int) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=f"[bold]{kinds}[/]", title_justify="left", title_style="", box=None, pad_edge=False)
    table.add_column("system", header_style="dim", no_wrap=True, max_width=name)
    for layer in layers:
        title = layer.title.removesuffix(layer.metric).strip() or layer.title
        heading = f"{squeeze(one_line(title), LAYER)}\n{squeeze(one_line(layer.metric), LAYER)}"
        table.add_column(escape(heading), header_style="dim", no_wrap=True)
    for system in by_system(board, layers):
        row = [escape(squeeze(one_line(system), name))]
        for layer in layers:
            cell = next((one for one in layer.cells if one.system == system), None)
            row.append("" if cell is None else _cell(layer, cell, notes))
        table.add_row(*row)
    if any(layer.power is not None for layer in layers):
        table.add_row()
        table.add_row("samples (groups)", *(_size(layer) for layer in layers), style="dim")
        table.add_row("finds differences of", *(_found(layer) for layer in layers), style="dim")
    return table


def _size(layer: LayerRecord) -> str:
    return f"{layer.common_samples} ({layer.clusters})" if layer.differences else ""


def _found(layer: LayerRecord) -> str:
    return "" if layer.power is None else number(layer.power.detectable, layer)


def _cell(layer: LayerRecord, cell: CellRecord, notes: Notes) -> str:
    from rich.markup import escape

    value = number(cell.value, layer)
    between = ""
    if cell.low is not None and cell.high is not None:
        ends = (f"{end:.2f}" if abs(end) < 10 else f"{end:.1f}" for end in (cell.low, cell.high))
        between = f" ({'–'.join(ends)})"
    place = f" {ranks(cell)} {''.join(cell.letters)}".rstrip() if ranks(cell) else " not ranked"
    shown = escape(f"{value}{between}{place}") + superscript(notes.numbers(layer, cell))
    return f"[bold]{shown}[/]" if cell.rank_low == 1 else shown if ranks(cell) else f"[dim]{shown}[/]"


def _said(layers: Sequence[LayerRecord], notes: Notes) -> Iterator[str]:
    for n, line in enumerate(notes.lines, 1):
        yield f"{superscript([n])} {line}"
    methods: dict[str, list[str]] = {}
    for layer in layers:
        if layer.differences:
            methods.setdefault(f"{layer.test}; intervals: {layer.interval}", []).append(layer_name(layer))
    for method, names in methods.items():
        of = f"{', '.join(map(one_line, names))}: " if len(methods) > 1 else ""
        yield one_line(f"{of}{method}; Holm over all pairs; power 80 %, alpha {ALPHA}, not adjusted")
    for layer in layers:
        if layer.power is not None and layer.power.verdict:
            yield one_line(f"{layer_name(layer)}: {layer.power.verdict}")
