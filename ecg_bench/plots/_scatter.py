"""Points on two axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ecg_bench.plots._axes import Axes

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
    heights = [v for point in points for v in (point.y, point.low, point.high) if v is not None]
    axes = Axes(title, x_axis, y_axis, [point.x for point in points], heights, top=TOP, level=line)
    svg, x, y = axes.svg, axes.x, axes.y
    if joined:
        for before, after in pairwise(points):
            svg.line(x(before.x), y(before.y), x(after.x), y(after.y), "first")
    for point in points:
        if point.low is not None and point.high is not None:
            svg.line(x(point.x), y(point.low), x(point.x), y(point.high), "first bar")
        svg.dot(x(point.x), y(point.y), 4, "first", f"{point.name}: {point.y:.3f} at {point.x:g}")
    return str(svg)
