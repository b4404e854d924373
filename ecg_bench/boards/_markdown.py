"""A leaderboard as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ecg_bench.boards._records import BoardRecord, CellRecord, LayerRecord
from ecg_bench.boards._words import (
    Notes,
    by_system,
    drivers,
    general,
    layer_name,
    main_layers,
    number,
    outcomes,
    p_value,
    power_of,
    ranks,
    signed,
    superscript,
    tested,
    to_best,
)
from ecg_bench.published import as_markdown as published_as_markdown
from ecg_bench.texts import one_line

HEADINGS = ("system", "interval", "rank", "letters", "difference to best", "p (Holm)", "n", "where parsed", "outcomes")
# What begins a span, a link, an image, an autolink, HTML or a cell.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~$@&]|:(?=//)|(?<=www)\.)", re.IGNORECASE)


def as_markdown(board: BoardRecord) -> str:
    """Return a board as Markdown: what leads, a table of the main layers, one for each layer, and published results.

    Every text is escaped, so that a name can neither break a table nor bring in a link, a picture or HTML.
    """
    parts = ["# Leaderboard"] if board.layers else []
    parts += ["\n".join(f"- {_escape(line)}" for line in general(board))] if general(board) else []
    main = main_layers(board)
    notes = Notes.of(board, board.layers)
    if len(main) > 1:
        parts += ["## All layers", _overview(board, main, notes), _numbered(notes, main)]
        parts.append(
            "Each cell: value, 95 % interval, range of ranks, letters. In a column, systems that share a letter can't "
            "be told apart. Layers are not averaged."
        )
    for layer in board.layers:
        parts += [f"## {_escape(layer_name(layer))}", _layer(layer, notes), _caption(layer), _numbered(notes, [layer])]
    standing_out = [f"- {_escape(line)}" for line in drivers(board)]
    if standing_out:
        parts += ["## Slices that stand out", "\n".join(standing_out)]
    if board.consensus is not None:
        rows = [(_escape(one.system), f"{one.median:g}") for one in board.consensus.entries]
        parts += ["## Median of ranks", _table(("system", "median of ranks"), rows)]
        parts.append(_escape(board.consensus.warning))
    parts += [published_as_markdown(record).rstrip() for record in board.published]
    return "\n\n".join(part for part in parts if part) + "\n"


def _overview(board: BoardRecord, main: Sequence[LayerRecord], notes: Notes) -> str:
    rows = []
    for system in by_system(board, main):
        row = [_escape(system)]
        for layer in main:
            cell = next((one for one in layer.cells if one.system == system), None)
            row.append("–" if cell is None else _compact(layer, cell, notes))
        rows.append(row)
    return _table(("system", *(_escape(layer_name(layer)) for layer in main)), rows)


def _compact(layer: LayerRecord, cell: CellRecord, notes: Notes) -> str:
    between = "" if cell.low is None else f" ({number(cell.low, layer)} to {number(cell.high, layer)})"
    place = f" · {ranks(cell)} {''.join(cell.letters)}".rstrip() if ranks(cell) else " · not ranked"
    return f"{number(cell.value, layer)}{between}{place}{superscript(notes.numbers(layer, cell))}"


def _layer(layer: LayerRecord, notes: Notes) -> str:
    rows = []
    for cell in layer.cells:
        best = to_best(layer, cell)
        rows.append(
            (
                _escape(cell.system) + superscript(notes.numbers(layer, cell)),
                number(cell.value, layer),
                "" if cell.low is None else f"{number(cell.low, layer)} to {number(cell.high, layer)}",
                ranks(cell) or "not ranked",
                " ".join(cell.letters),
                "" if best is None else signed(best.value, layer) + _ends(best.low, best.high, layer),
                "" if best is None else p_value(best.p_holm),
                str(cell.n),
                "" if cell.parsed is None else number(cell.parsed.value, layer),
                _escape(outcomes(layer, cell)),
            )
        )
    headings = [HEADINGS[0], _escape(layer.metric), "95 % interval", *HEADINGS[2:]]
    return _table(headings, rows)


def _ends(low: float | None, high: float | None, layer: LayerRecord) -> str:
    return "" if low is None or high is None else f" ({signed(low, layer)} to {signed(high, layer)})"


def _caption(layer: LayerRecord) -> str:
    said = [tested(layer), power_of(layer)]
    return _escape(" ".join(one for one in said if one))


def _numbered(notes: Notes, layers: Sequence[LayerRecord]) -> str:
    used = sorted({n for layer in layers for cell in layer.cells for n in notes.numbers(layer, cell)})
    return "\n".join(_note(used, notes))


def _note(used: Iterable[int], notes: Notes) -> Iterator[str]:
    for n in used:
        yield f"- {superscript([n])} {_escape(notes.lines[n - 1])}"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---"] * len(headings)
    return "\n".join("| " + " | ".join(row) + " |" for row in (headings, rule, *rows))


def _escape(text: str) -> str:
    """Return a text that Markdown shows as it is; ``&``, ``<`` and ``>`` as HTML too."""
    shown = _SPECIAL.sub(r"\\\1", one_line(text))
    return shown.replace("\\&", "&amp;").replace("\\<", "&lt;").replace("\\>", "&gt;")
