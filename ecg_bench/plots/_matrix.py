"""How far each two of several things go together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ecg_bench.plots._svg import CHARACTER, Svg, shorten, squeeze, width_of

CELL_WIDTH = 92
CELL_HEIGHT = 46
LABEL = 40  # characters
HEADING = 30


@dataclass(frozen=True)
class Correlation:
    """A value from -1 to 1, its interval, how many units it rests on, and whether it is more than chance."""

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    strong: bool = False


def matrix(
    names: Sequence[str], entries: Mapping[tuple[int, int], Correlation], *, title: str, unit: str, note: str = ""
) -> str:
    """Return a symmetric matrix, each value over its interval and the number of units.

    Colour says the sign, its strength the size; it is strong only where the value is more than chance.

    Parameters
    ----------
    names : sequence of str
        Rows and columns.
    entries : mapping of (int, int) to Correlation
        By the places of two names, in either order; what is not given is left empty.
    title, unit : str
        What the plot shows, and what `n` counts, such as ``systems``.
    note : str
        A line under the matrix.
    """
    label = max([8, *(min(len(name), LABEL) for name in names)]) * CHARACTER + 12
    top = 40 + max([4, *(min(len(name), HEADING) for name in names)]) * CHARACTER
    shown = shorten(title, 110)
    width = max(label + CELL_WIDTH * len(names) + 8, width_of(shown), len(note) * CHARACTER + 8)
    svg = Svg(width, top + CELL_HEIGHT * len(names) + (30 if note else 8), title)
    svg.text(0, 14, shown, kind="title")
    for n, name in enumerate(names):
        svg.text(label + CELL_WIDTH * (n + 0.5) + 4, top - 8, squeeze(name, HEADING), turned=True)
        svg.text(0, top + CELL_HEIGHT * (n + 0.5) + 4, squeeze(name, LABEL))
    for (first, second), one in entries.items():
        for row, column in dict.fromkeys([(first, second), (second, first)]):
            x, y = label + CELL_WIDTH * column, top + CELL_HEIGHT * row
            _cell(svg, x, y, one, f"{names[row]} and {names[column]}", unit)
    if note:
        svg.text(0, top + CELL_HEIGHT * len(names) + 20, note, kind="faint")
    return str(svg)


def _cell(svg: Svg, x: float, y: float, one: Correlation, pair: str, unit: str) -> None:
    middle = x + CELL_WIDTH / 2
    if one.value is None:
        svg.square(x + 1, y + 1, CELL_WIDTH - 2, CELL_HEIGHT - 2, 0.0, f"{pair}: can't be computed, {one.n} {unit}")
        svg.text(middle, y + 21, "–", anchor="middle", kind="faint")
        svg.text(middle, y + 37, f"{one.n} {unit}", anchor="middle", kind="faint small")
        return
    on = " on" if one.strong else ""
    between = "" if one.low is None or one.high is None else f"{_sign(one.low)} to {_sign(one.high)}"
    strength = 1.0 if one.strong else 0.05 + 0.3 * abs(one.value)
    said = f"{pair}: {one.value:.3f}{f' ({between})' if between else ''}, {one.n} {unit}"
    svg.square(x + 1, y + 1, CELL_WIDTH - 2, CELL_HEIGHT - 2, strength, said, "" if one.value >= 0 else "other")
    svg.text(middle, y + (16 if between else 21), _sign(one.value), anchor="middle", kind=f"strong{on}")
    if between:
        svg.text(middle, y + 28, between, anchor="middle", kind=f"small{on}")
    svg.text(middle, y + (40 if between else 37), f"{one.n} {unit}", anchor="middle", kind=f"small{on}")


def _sign(value: float) -> str:
    return f"{value + 0.0:.2f}".replace("-0.00", "0.00").replace("-", "−")
