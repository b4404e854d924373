"""A table of counts as a picture."""

from __future__ import annotations

from collections.abc import Sequence

from ecg_bench.plots._svg import CHARACTER, Svg, shorten, width_of

CELL_WIDTH = 132
CELL_HEIGHT = 40
LABEL = 40
HEADING = 20  # characters


def heat_map(
    counts: Sequence[Sequence[float]],
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    title: str,
    row_title: str,
    column_title: str,
    shares: bool = True,
) -> str:
    """Return a table as a heat map: each cell's count, and its share of the row.

    Parameters
    ----------
    counts : sequence of sequence of float, shape (rows, columns)
        What is drawn.
    rows, columns : sequence of str
        Their names.
    title, row_title, column_title : str
        What the plot, its rows and its columns are.
    shares : bool
        Whether cells are shaded by their share of the row, and say it; else by their share of the greatest count.
    """
    label = max([len(row_title), *(min(len(row), LABEL) for row in rows)]) * CHARACTER + 12
    top = 66
    svg = Svg(max(label + CELL_WIDTH * len(columns) + 8, width_of(title)), top + CELL_HEIGHT * len(rows) + 8, title)
    svg.text(0, 14, title, kind="title")
    svg.text(label + CELL_WIDTH * len(columns) / 2, 36, column_title, anchor="middle", kind="faint")
    svg.text(0, top - 8, row_title, kind="faint")
    for n, name in enumerate(columns):
        svg.text(label + CELL_WIDTH * (n + 0.5), top - 8, shorten(name, HEADING), anchor="middle")
    greatest = max([1.0, *(value for row in counts for value in row)])
    for n, (name, row) in enumerate(zip(rows, counts, strict=True)):
        y, total = top + CELL_HEIGHT * n, sum(row)
        svg.text(0, y + CELL_HEIGHT / 2 + 4, shorten(name, LABEL))
        for m, value in enumerate(row):
            share = value / (total or 1.0) if shares else value / greatest
            x = label + CELL_WIDTH * m
            shown = f"{value:g}" + (f"  ({share:.0%})" if shares and total else "")
            svg.square(x + 1, y + 1, CELL_WIDTH - 2, CELL_HEIGHT - 2, share, f"{name}, {columns[m]}: {shown}")
            on = "on" if share > 0.55 else ""
            svg.text(x + CELL_WIDTH / 2, y + CELL_HEIGHT / 2 + 4, shown, anchor="middle", kind=on)
    return str(svg)
