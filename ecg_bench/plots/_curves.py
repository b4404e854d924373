"""Lines on two axes that they share, such as losses over steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ecg_bench.plots._forest import Kind
from ecg_bench.plots._svg import CHARACTER, Svg, ticks, width_of

WIDTH = 480
HEIGHT = 260
LEFT = 72
TOP = 52
ROOM = 0.06  # of the axes, beyond what is drawn


@dataclass(frozen=True)
class Curve:
    """A line, its name, and how it is drawn.

    Parameters
    ----------
    name : str
        What it is, for the key.
    points : sequence of (float, float)
        From left to right.
    kind : {"first", "second", "third"}
        Its colour.
    dots : bool
        Whether each point is marked, with its value to be read.
    ends : sequence of (float, float)
        The interval of each point, as an upright line; none where empty.
    """

    name: str
    points: Sequence[tuple[float, float]]
    kind: Kind = "first"
    dots: bool = True
    ends: Sequence[tuple[float, float]] = ()


def curves(lines: Sequence[Curve], *, title: str, x_axis: str, y_axis: str, at: float | None = None) -> str:
    """Return lines on two axes with a key, and a dashed line upright at a place if asked."""
    svg = Svg(max(LEFT + WIDTH + 16, width_of(title)), TOP + HEIGHT + 48, title)
    svg.text(0, 14, title, kind="title")
    across = _ends([x for line in lines for x, _ in line.points] + ([] if at is None else [at]))
    up = _ends(
        [y for line in lines for _, y in line.points] + [y for line in lines for pair in line.ends for y in pair]
    )

    def x(value: float) -> float:
        return LEFT + (value - across[0]) / (across[1] - across[0]) * WIDTH

    def y(value: float) -> float:
        return TOP + (up[1] - value) / (up[1] - up[0]) * HEIGHT

    for tick in ticks(*up):
        svg.line(LEFT, y(tick), LEFT + WIDTH, y(tick), "rule")
        svg.text(LEFT - 6, y(tick) + 4, f"{tick:g}", anchor="end", kind="faint")
    for tick in ticks(*across):
        svg.text(x(tick), TOP + HEIGHT + 18, f"{tick:g}", anchor="middle", kind="faint")
    if at is not None:
        svg.line(x(at), TOP, x(at), TOP + HEIGHT, "zero")
    svg.text(LEFT + WIDTH / 2, TOP + HEIGHT + 40, x_axis, anchor="middle", kind="faint")
    svg.text(12, TOP + HEIGHT / 2, y_axis, anchor="middle", kind="faint", turned=True)
    left = float(LEFT)
    for line in lines:
        svg.line(left, 34, left + 18, 34, f"{line.kind} bar")
        svg.text(left + 24, 38, line.name, kind="faint")
        left += 48 + len(line.name) * CHARACTER
        for before, after in pairwise(line.points):
            svg.line(x(before[0]), y(before[1]), x(after[0]), y(after[1]), f"{line.kind} bar")
        for (place, _), (low, high) in zip(line.points, line.ends, strict=False):
            svg.line(x(place), y(low), x(place), y(high), f"{line.kind} bar")
        for point in line.points if line.dots else ():
            svg.dot(x(point[0]), y(point[1]), 3.5, line.kind, f"{line.name}: {point[1]:.4f} at {point[0]:g}")
    return str(svg)


def _ends(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = ROOM * (high - low) or 0.5
    return low - room, high + room
