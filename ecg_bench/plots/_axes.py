"""Two axes with rules, ticks and titles, which several plots stand on."""

from __future__ import annotations

from collections.abc import Sequence

from ecg_bench.plots._svg import Svg, ticks, width_of

WIDTH = 480
HEIGHT = 260
LEFT = 72
ROOM = 0.06  # of the axes, beyond what is drawn


class Axes:
    """A drawing with two axes, whose `x` and `y` turn values into places.

    Parameters
    ----------
    title, x_axis, y_axis : str
        What is written above, below and at the left.
    across, up : sequence of float
        The values that must have room on each axis.
    top : float
        Height above the axes, for the title and a key.
    upright, level : float, optional
        Where a dashed line stands, or lies.
    """

    def __init__(
        self,
        title: str,
        x_axis: str,
        y_axis: str,
        across: Sequence[float],
        up: Sequence[float],
        *,
        top: float,
        upright: float | None = None,
        level: float | None = None,
    ) -> None:
        self.svg = svg = Svg(max(LEFT + WIDTH + 16, width_of(title)), top + HEIGHT + 48, title)
        self._across = _ends([*across, *([] if upright is None else [upright])])
        self._up = _ends([*up, *([] if level is None else [level])])
        self._top = top
        svg.text(0, 14, title, kind="title")
        for tick in ticks(*self._up):
            svg.line(LEFT, self.y(tick), LEFT + WIDTH, self.y(tick), "rule")
            svg.text(LEFT - 6, self.y(tick) + 4, f"{tick:g}", anchor="end", kind="faint")
        for tick in ticks(*self._across):
            svg.text(self.x(tick), top + HEIGHT + 18, f"{tick:g}", anchor="middle", kind="faint")
        if upright is not None:
            svg.line(self.x(upright), top, self.x(upright), top + HEIGHT, "zero")
        if level is not None:
            svg.line(LEFT, self.y(level), LEFT + WIDTH, self.y(level), "zero")
        svg.text(LEFT + WIDTH / 2, top + HEIGHT + 40, x_axis, anchor="middle", kind="faint")
        svg.text(12, top + HEIGHT / 2, y_axis, anchor="middle", kind="faint", turned=True)

    def x(self, value: float) -> float:
        """Return where a value stands from left to right."""
        low, high = self._across
        return LEFT + (value - low) / (high - low) * WIDTH

    def y(self, value: float) -> float:
        """Return where a value stands from top to bottom."""
        low, high = self._up
        return self._top + (high - value) / (high - low) * HEIGHT


def _ends(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = ROOM * (high - low) or 0.5
    return low - room, high + room
