"""Lines on two axes that they share, such as losses over steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ecg_bench.plots._axes import LEFT, Axes
from ecg_bench.plots._forest import Kind
from ecg_bench.plots._svg import CHARACTER

TOP = 52
APART = 8.0  # points between the lines of one place that have intervals


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
    points = [point for line in lines for point in line.points]
    heights = [y for _, y in points] + [y for line in lines for pair in line.ends for y in pair]
    axes = Axes(title, x_axis, y_axis, [x for x, _ in points], heights, top=TOP, upright=at)
    svg, x, y = axes.svg, axes.x, axes.y
    left = float(LEFT)
    apart = APART if any(line.ends for line in lines) else 0.0  # so that no interval hides another
    for number, line in enumerate(lines):
        aside = apart * (number - (len(lines) - 1) / 2)
        places = [(x(across) + aside, y(up)) for across, up in line.points]
        svg.line(left, 34, left + 18, 34, f"{line.kind} bar")
        svg.text(left + 24, 38, line.name, kind="faint")
        left += 48 + len(line.name) * CHARACTER
        for before, after in pairwise(places):
            svg.line(*before, *after, f"{line.kind} bar")
        for (across, _), (low, high) in zip(places, line.ends, strict=False):
            svg.line(across, y(low), across, y(high), f"{line.kind} bar")
        for place, point in zip(places, line.points, strict=True) if line.dots else ():
            svg.dot(*place, 3.5, line.kind, f"{line.name}: {point[1]:.4f} at {point[0]:g}")
    return str(svg)
