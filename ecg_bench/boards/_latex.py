"""A leaderboard as LaTeX tables in the style of booktabs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ecg_bench.boards._records import BoardRecord, CellRecord, LayerRecord
from ecg_bench.boards._words import (
    Notes,
    answers,
    by_system,
    general,
    number,
    ranks,
    remarks,
    short_title,
    tables,
)
from ecg_bench.plots import squeeze
from ecg_bench.texts import one_line

ACROSS = 4  # layers in a table; more are split by kind, and then into several of a kind
HEADING = 22  # characters; the caption has them in full

_HEAD = """\
% Made by ecg-bench {version}. Needs \\usepackage{{booktabs}}; letters beyond ASCII need XeLaTeX or LuaLaTeX with
% \\usepackage{{fontspec}}, or pdfLaTeX where its fonts have them. Input this file into your document.
"""
_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "$": r"\$",
        "&": r"\&",
        "#": r"\#",
        "%": r"\%",
        "_": r"\_",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\textquotedbl{}",
        "`": r"\textasciigrave{}",
        "–": "--",
        "…": r"\dots{}",
    }
)


def as_latex(board: BoardRecord) -> str:
    r"""Return the main layers of a board as LaTeX tables, to be put into a paper by ``\input``.

    A cell is a value with its letters raised, over its interval and range of ranks. Systems that are not ranked are in
    italics with a dagger, and the notes under the table say why. A board of more than four main layers becomes a table
    for each kind of layer. Every text is escaped; letters beyond ASCII are kept.
    """
    return _HEAD.format(version=_escape(board.ecg_bench)) + "".join(
        _table(board, layers, n) for n, (_, layers) in enumerate(tables(board, ACROSS), 1)
    )


def _table(board: BoardRecord, layers: Sequence[LayerRecord], place: int) -> str:
    notes = Notes.of(board, layers)
    titles = [_heading(short_title(layer)) for layer in layers]
    metrics = [_heading(layer.metric) for layer in layers]
    lines = [
        "",
        r"\begin{table}[htbp]",
        r"\centering\small\setlength{\tabcolsep}{4pt}",
        rf"\caption{{{_caption(layers)}}}",
        rf"\label{{tab:leaderboard-{place}}}",
        rf"\begin{{tabular}}{{l{'c' * len(layers)}}}",
        r"\toprule",
        _row(["System", *titles]),
        _row(["", *(rf"{{\footnotesize {metric}}}" for metric in metrics)]),
        r"\midrule",
    ]
    for system in by_system(board, layers):
        cells = [next((one for one in layer.cells if one.system == system), None) for layer in layers]
        pairs = list(zip(layers, cells, strict=True))
        lines.append(_row([_escape(system), *(_value(layer, cell, notes) for layer, cell in pairs)]))
        lines.append(_row(["", *(_interval(layer, cell) for layer, cell in pairs)]))
    lines += [r"\bottomrule", r"\end{tabular}"]
    said = _said(board, layers, notes)
    lines += [r"\par\smallskip", r"\begin{minipage}{\linewidth}\footnotesize", *said, r"\end{minipage}"]
    return "\n".join([*lines, r"\end{table}", ""])


def _row(cells: Sequence[str]) -> str:
    # The braces keep a name that begins with a bracket from being read as an option of the line before.
    return "{}" + " & ".join(cells) + r" \\"


def _value(layer: LayerRecord, cell: CellRecord | None, notes: Notes) -> str:
    if cell is None:
        return "--"
    value = _escape(number(cell.value, layer))
    raised = [*cell.letters, *(str(n) for n in notes.numbers(layer, cell))]
    if cell.rank_low is None:
        value, raised = rf"\textit{{{value}}}", [r"\dag", *raised]
    return value + (rf"\textsuperscript{{{','.join(raised)}}}" if raised else "")


def _interval(layer: LayerRecord, cell: CellRecord | None) -> str:
    if cell is None or cell.low is None or cell.high is None:
        return ""
    place = f"; {_escape(ranks(cell))}" if ranks(cell) else ""
    return rf"{{\scriptsize [{number(cell.low, layer)}, {number(cell.high, layer)}]{place}}}"


def _caption(layers: Sequence[LayerRecord]) -> str:
    return (
        "Systems by layer: value with its 95\\,\\% interval, then the range of ranks. Within a column, systems that "
        f"share a letter cannot be told apart. Answers: {_escape(answers(layers))}."
    )


def _said(board: BoardRecord, layers: Sequence[LayerRecord], notes: Notes) -> Iterator[str]:
    if any(cell.rank_low is None for layer in layers for cell in layer.cells):
        yield r"\textsuperscript{\dag}Not ranked with the others."
    for n, line in enumerate(notes.lines, 1):
        yield rf"\textsuperscript{{{n}}}{_escape(line)}"
    for line in general(board):
        yield _escape(line)
    for names, text in remarks(layers):
        yield rf"\emph{{{_escape(names)}}}: {_escape(text)}"


def _heading(text: str) -> str:
    return _escape(squeeze(one_line(text), HEADING))


def _escape(text: str) -> str:
    """Return a text that LaTeX shows as it is, in one line."""
    return one_line(text).translate(_ESCAPES)
