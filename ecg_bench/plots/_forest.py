"""Values with their intervals, one under the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ecg_bench.plots._svg import CHARACTER, Svg, shorten, squeeze, ticks, width_of

HEIGHT = 26
LABEL = 44  # characters
PLOT = 380
NOTE = 36

Kind = Literal["first", "second", "third"]


@dataclass(frozen=True)
class Mark:
    """A value, its interval if there is one, and how it is drawn."""

    value: float
    low: float | None = None
    high: float | None = None
    kind: Kind = "first"
    hollow: bool = False
    name: str = ""


@dataclass(frozen=True)
class Row:
    """A line of a forest: its label, what is marked on it, and a note at its end. A row without marks is a heading."""

    label: str
    marks: tuple[Mark, ...] = ()
    note: str = ""


def forest(
    rows: Sequence[Row],
    *,
    title: str,
    axis: str,
    domain: tuple[float, float] | None = None,
    lines: Sequence[float] = (),
) -> str:
    """Return a forest plot: an interval plot with a row for each value.

    Parameters
    ----------
    rows : sequence of Row
        From top to bottom.
    title : str
        What the plot shows.
    axis : str
        What the values are.
    domain : (float, float), optional
        The ends of the axis; by default what the values need.
    lines : sequence of float
        Where a dashed line stands, such as 0.
    """
    label = max([8, *(min(len(row.label), LABEL) for row in rows)]) * CHARACTER + 12
    note = max([0, *(min(len(row.note), NOTE) for row in rows)]) * CHARACTER + 12
    low, high = domain if domain is not None else _domain(rows, lines)
    legend = _legend(rows)
    top = 30 + (20 if legend else 0)
    bottom = top + HEIGHT * len(rows)
    svg = Svg(max(label + PLOT + note + 16, width_of(title)), bottom + 44, title)
    svg.text(0, 14, title, kind="title")

    def x(value: float) -> float:
        return label + (min(max(value, low), high) - low) / (high - low) * PLOT

    place = label if len(legend) < 3 else 4.0
    for name, mark in legend.items():
        svg.dot(place, 32, 4, f"{mark.kind} bar {'hollow' if mark.hollow else ''}")
        svg.text(place + 9, 36, name, kind="faint")
        place += len(name) * CHARACTER + 32
    for tick in ticks(low, high):
        svg.line(x(tick), top, x(tick), bottom, "rule")
        svg.text(x(tick), bottom + 16, f"{tick:g}", anchor="middle", kind="faint")
    for place in lines:
        if low <= place <= high:
            svg.line(x(place), top, x(place), bottom, "zero")
    svg.text(label + PLOT / 2, bottom + 36, axis, anchor="middle", kind="faint")
    for n, row in enumerate(rows):
        y = top + HEIGHT * (n + 0.5)
        svg.text(0, y + 4, squeeze(row.label, LABEL), kind="" if row.marks or row.note else "title")
        svg.text(label + PLOT + 12, y + 4, shorten(row.note, NOTE), kind="faint")
        for mark in row.marks:
            if mark.low is not None and mark.high is not None:
                svg.line(x(mark.low), y, x(mark.high), y, f"{mark.kind} bar")
        for mark in row.marks:
            interval = "" if mark.low is None or mark.high is None else f" ({mark.low:.3f} to {mark.high:.3f})"
            kind = f"{mark.kind} bar {'hollow' if mark.hollow else ''}"
            svg.dot(x(mark.value), y, 4.5, kind, f"{row.label}: {mark.name} {mark.value:.3f}{interval}")
    return str(svg)


def _domain(rows: Sequence[Row], lines: Sequence[float]) -> tuple[float, float]:
    values = [v for row in rows for mark in row.marks for v in (mark.value, mark.low, mark.high) if v is not None]
    values += [*lines]
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = 0.04 * (high - low) or 0.5
    return low - room, high + room


def _legend(rows: Sequence[Row]) -> dict[str, Mark]:
    found: dict[str, Mark] = {}
    for row in rows:
        for mark in row.marks:
            if mark.name:
                found.setdefault(mark.name, mark)
    return found if len(found) > 1 else {}
