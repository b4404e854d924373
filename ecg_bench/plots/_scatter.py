"""Points on two axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ecg_bench.plots._svg import Svg, ticks, width_of

WIDTH = 480
HEIGHT = 260
LEFT = 72
TOP = 34


@dataclass(frozen=True)
class Point:
    """A point, the interval of its height if there is one, and what it is."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    name: str = ""


def scatter(
    points: Sequence[Point], *, title: str, x_axis: str, y_axis: str, line: float | None = None, joined: bool = False
) -> str:
    """Return points on two axes, with their intervals, and a dashed line at a height if asked."""
    svg = Svg(max(LEFT + WIDTH + 16, width_of(title)), TOP + HEIGHT + 48, title)
    svg.text(0, 14, title, kind="title")
    across = _ends([point.x for point in points])
    heights = [v for point in points for v in (point.y, point.low, point.high) if v is not None]
    up = _ends([*heights, *([] if line is None else [line])])

    def x(value: float) -> float:
        return LEFT + (value - across[0]) / (across[1] - across[0]) * WIDTH

    def y(value: float) -> float:
        return TOP + (up[1] - value) / (up[1] - up[0]) * HEIGHT

    for tick in ticks(*up):
        svg.line(LEFT, y(tick), LEFT + WIDTH, y(tick), "rule")
        svg.text(LEFT - 6, y(tick) + 4, f"{tick:g}", anchor="end", kind="faint")
    for tick in ticks(*across):
        svg.text(x(tick), TOP + HEIGHT + 18, f"{tick:g}", anchor="middle", kind="faint")
    if line is not None:
        svg.line(LEFT, y(line), LEFT + WIDTH, y(line), "zero")
    svg.text(LEFT + WIDTH / 2, TOP + HEIGHT + 40, x_axis, anchor="middle", kind="faint")
    svg.text(12, TOP + HEIGHT / 2, y_axis, anchor="middle", kind="faint", turned=True)
    if joined:
        for before, after in pairwise(points):
            svg.line(x(before.x), y(before.y), x(after.x), y(after.y), "first")
    for point in points:
        if point.low is not None and point.high is not None:
            svg.line(x(point.x), y(point.low), x(point.x), y(point.high), "first bar")
        svg.dot(x(point.x), y(point.y), 4, "first", f"{point.name}: {point.y:.3f} at {point.x:g}")
    return str(svg)


def _ends(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = 0.06 * (high - low) or 0.5
    return low - room, high + room
