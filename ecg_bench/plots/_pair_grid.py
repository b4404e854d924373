"""Every pair of systems: how far apart they are, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecg_bench.plots._svg import CHARACTER, Svg, shorten, squeeze, width_of

CELL_WIDTH = 54
CELL_HEIGHT = 34
LABEL = 36  # characters
HEADING = 28
ALIKE = "≈"


@dataclass(frozen=True)
class Pair:
    """Two systems: the first one's value less the second one's, whether a test tells them apart, and more to say."""

    first: str
    second: str
    value: float
    separable: bool
    tip: str = ""


def pair_grid(names: Sequence[str], pairs: Sequence[Pair], *, title: str) -> str:
    """Return a grid of systems against systems: in each cell the row's value less the column's.

    Colour says which is better, and is strong only where the two can be told apart; where they can't, the cell is pale
    and bears the sign ``≈``. A pair that is not given is left empty.

    Parameters
    ----------
    names : sequence of str
        The systems, best first.
    pairs : sequence of Pair
        Each pair once, in either order.
    title : str
        What the plot shows.
    """
    label = max([8, *(min(len(name), LABEL) for name in names)]) * CHARACTER + 12
    heading = max([4, *(min(len(name), HEADING) for name in names)]) * CHARACTER
    top = 40 + heading
    shown = shorten(title, 110)
    width = max(label + CELL_WIDTH * len(names) + 8, width_of(shown), 420)
    svg = Svg(width, top + CELL_HEIGHT * len(names) + 34, title)
    svg.text(0, 14, shown, kind="title")
    found = {(pair.first, pair.second): (pair.value, pair) for pair in pairs}
    found |= {(pair.second, pair.first): (-pair.value, pair) for pair in pairs}
    digits = 2 if max((abs(pair.value) for pair in pairs), default=1.0) >= 0.095 else 3
    for n, name in enumerate(names):
        svg.text(label + CELL_WIDTH * (n + 0.5) + 4, top - 8, squeeze(name, HEADING), turned=True)
    for n, row in enumerate(names):
        y = top + CELL_HEIGHT * n
        svg.text(0, y + CELL_HEIGHT / 2 + 4, squeeze(row, LABEL))
        for m, column in enumerate(names):
            x = label + CELL_WIDTH * m
            if (row, column) not in found:
                continue
            value, pair = found[row, column]
            said = _signed(value, digits)
            kind = "" if value >= 0 else "other"
            tip = f"{row} less {column}: {said}, {'' if pair.separable else 'not '}separable. {pair.tip}".rstrip()
            strength = 1.0 if pair.separable else 0.1
            svg.square(x + 1, y + 1, CELL_WIDTH - 2, CELL_HEIGHT - 2, strength, tip, kind)
            middle = (x + CELL_WIDTH / 2, y + CELL_HEIGHT / 2)
            if pair.separable:
                svg.text(middle[0], middle[1] + 4, said, anchor="middle", kind="on strong")
            else:
                svg.text(middle[0], middle[1] - 1, said, anchor="middle")
                svg.text(middle[0], middle[1] + 12, ALIKE, anchor="middle", kind="faint")
    _key(svg, label, top + CELL_HEIGHT * len(names) + 12)
    return str(svg)


def _key(svg: Svg, x: float, y: float) -> None:
    x = min(x, 60.0)
    for kind, strength, words in (
        ("", 1.0, "row is better"),
        ("other", 1.0, "column is better"),
        ("", 0.1, f"{ALIKE} not separable"),
    ):
        svg.square(x, y, 14, 14, strength, kind=kind)
        svg.text(x + 19, y + 11, words, kind="faint")
        x += 19 + len(words) * CHARACTER + 12


def _signed(value: float, digits: int) -> str:
    text = f"{value:+.{digits}f}" if abs(value) < 100 else f"{value:+.3g}"
    return text.replace("-", "−") if float(text) else f"{0:.{digits}f}"
