"""Small multiples: the same rows in several columns, each with its own values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecg_bench.plots._forest import Mark
from ecg_bench.plots._svg import CHARACTER, Svg, shorten, squeeze, ticks, width_of

HEIGHT = 24
LABEL = 36  # characters
PLOT = 132
VALUE = 44  # room for the number beside a panel
GAP = 18
HEADING = int((PLOT + VALUE) / CHARACTER)  # characters
ACROSS = 6  # panels in a band; more stand below


@dataclass(frozen=True)
class Panel:
    """A column of small multiples.

    Parameters
    ----------
    title, note : str
        What it is, in two lines.
    marks : sequence of (Mark or None)
        One for each row; None where there is nothing.
    domain : (float, float), optional
        The ends of its axis; by default what its values need.
    line : float, optional
        Where a dashed line stands.
    """

    title: str
    marks: Sequence[Mark | None]
    note: str = ""
    domain: tuple[float, float] | None = None
    line: float | None = None


def panels(rows: Sequence[str], columns: Sequence[Panel], *, title: str, note: str = "") -> str:
    """Return an interval plot for each panel, side by side, six to a band, with the rows' names at the left.

    Parameters
    ----------
    rows : sequence of str
        The names of the rows, from top to bottom.
    columns : sequence of Panel
        From left to right.
    title : str
        What the plot shows.
    note : str
        A line at the end.
    """
    label = max([8, *(min(len(row), LABEL) for row in rows)]) * CHARACTER + 12
    bands = [columns[n : n + ACROSS] for n in range(0, len(columns), ACROSS)]
    step = HEIGHT * len(rows) + 74
    shown = shorten(title, 110)
    across = max((len(band) for band in bands), default=0)
    width = max(label + across * (PLOT + VALUE + GAP), width_of(shown), len(note) * CHARACTER + 8)
    svg = Svg(width, 28 + step * len(bands) + (22 if note else 0), title)
    svg.text(0, 14, shown, kind="title")
    for n, band in enumerate(bands):
        top = 66 + step * n
        for m, row in enumerate(rows):
            y = top + HEIGHT * (m + 0.5)
            svg.line(0, y + HEIGHT / 2, label + len(band) * (PLOT + VALUE + GAP) - GAP, y + HEIGHT / 2, "rule")
            svg.text(0, y + 4, squeeze(row, LABEL))
        for m, panel in enumerate(band):
            _draw(svg, panel, rows, label + m * (PLOT + VALUE + GAP), top)
    if note:
        svg.text(0, 28 + step * len(bands) + 12, note, kind="faint")
    return str(svg)


def _draw(svg: Svg, panel: Panel, rows: Sequence[str], left: float, top: float) -> None:
    low, high = panel.domain if panel.domain is not None else _domain(panel)
    bottom = top + HEIGHT * len(rows)

    def x(value: float) -> float:
        return left + (min(max(value, low), high) - low) / (high - low) * PLOT

    svg.text(left, top - 22, squeeze(panel.title, HEADING), kind="title")
    svg.text(left, top - 7, squeeze(panel.note, HEADING + 4), kind="faint small")
    for tick in ticks(low, high, 4):
        svg.line(x(tick), top, x(tick), bottom, "rule")
        svg.text(x(tick), bottom + 14, f"{tick:g}", anchor="middle", kind="faint small")
    if panel.line is not None and low <= panel.line <= high:
        svg.line(x(panel.line), top, x(panel.line), bottom, "zero")
    for n, (row, mark) in enumerate(zip(rows, panel.marks, strict=True)):
        y = top + HEIGHT * (n + 0.5)
        if mark is None:
            svg.text(left + PLOT + VALUE, y + 4, "–", anchor="end", kind="faint small")
            continue
        interval = ""
        if mark.low is not None and mark.high is not None:
            svg.line(x(mark.low), y, x(mark.high), y, f"{mark.kind} bar")
            interval = f" ({mark.low:.3f} to {mark.high:.3f})"
        kind = f"{mark.kind} bar {'hollow' if mark.hollow else ''}".rstrip()
        tip = f"{row}, {panel.title}: {mark.value:.3f}{interval} {mark.name}".rstrip()
        svg.dot(x(mark.value), y, 4, kind, tip)
        svg.text(left + PLOT + VALUE, y + 4, _short(mark.value), anchor="end", kind="faint small")


def _short(value: float) -> str:
    """Return a value in at most six characters."""
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}" if abs(value) < 1000 else f"{value:.3g}"


def _domain(panel: Panel) -> tuple[float, float]:
    marks = [mark for mark in panel.marks if mark is not None]
    values = [v for mark in marks for v in (mark.value, mark.low, mark.high) if v is not None]
    values += [] if panel.line is None else [panel.line]
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = 0.05 * (high - low) or 0.5
    return low - room, high + room
