"""Plots as pictures of points, for those who can't use SVG."""

from __future__ import annotations

import re
from functools import cache

from ecg_bench.errors import UserError
from ecg_bench.plots._svg import STYLE, standalone

PAPER = "#ffffff"
MARGIN = 12
# What sans-serif stands for: the first of these that is there. The renderer alone would fall back to a serif font.
FAMILIES = ("Helvetica Neue", "Arial", "Liberation Sans", "Noto Sans", "DejaVu Sans", "Verdana", "Ubuntu", "Cantarell")
_DARK = re.compile(r"@media \(prefers-color-scheme: dark\) \{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_VALUE = re.compile(r"(--[a-z]+): ([^;}]+);\s*")
_SIZE = re.compile(r'width="([0-9.e+]+)" height="([0-9.e+]+)" viewBox="[^"]*"')
_USE = re.compile(r"var\((--[a-z]+)\)")


def png(svg: str, *, scale: float = 2) -> bytes:
    """Return a plot as PNG in its light colours, on white.

    Parameters
    ----------
    svg : str
        What a function of this package returned, or `standalone` made of it.
    scale : float
        Pixels of the picture to each pixel of the plot.

    Raises
    ------
    UserError
        If the machine has no font to draw text with: a picture without words would look whole, and would not be.
    """
    from resvg_py import svg_to_bytes

    whole = (svg if "<style>" in svg else standalone(svg)).replace(STYLE, _light())
    picture: bytes = svg_to_bytes(
        svg_string=_SIZE.sub(_framed, whole, count=1), background=PAPER, zoom=scale, sans_serif_family=_family()
    )
    return picture


def rasterise(svg: str, *, width: int) -> bytes:
    """Return any SVG file as a PNG of this many pixels across, its sans-serif text in a font that is there.

    Raises
    ------
    UserError
        If the machine has no font to draw text with.
    """
    from resvg_py import svg_to_bytes

    picture: bytes = svg_to_bytes(svg_string=svg, width=width, dpi=96, sans_serif_family=_family())
    return picture


def _framed(size: re.Match[str]) -> str:
    """Return the size of a plot with a margin around it."""
    width, height = (float(part) + 2 * MARGIN for part in size.groups())
    return f'width="{width:g}" height="{height:g}" viewBox="{-MARGIN} {-MARGIN} {width:g} {height:g}"'


@cache
def _light() -> str:
    """Return the plots' style as a renderer can take it that knows neither variables nor dark screens."""
    light = _DARK.sub("", STYLE)
    values = dict(_VALUE.findall(light))
    return _USE.sub(lambda use: values[use[1]], _VALUE.sub("", light))


@cache
def _family() -> str | None:
    """Return the family that sans-serif must stand for; None where only the renderer's last resort draws text.

    What the machine has can't be asked. So a word is drawn: a family that is there makes another picture than one that
    nobody has.
    """
    last_resort = _drawn("text", "no such family")
    found = next((family for family in FAMILIES if _drawn("text", family) != last_resort), None)
    if found is None and last_resort == _drawn("", "no such family"):
        raise UserError(
            "this machine has no font that the text of a plot could be drawn with: install one, such as the package "
            "fonts-dejavu-core of Debian and Ubuntu, or use the SVG"
        )
    return found


def _drawn(words: str, family: str) -> bytes:
    from resvg_py import svg_to_bytes

    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20">'
        f'<text x="2" y="15" style="font: 12px sans-serif">{words}</text></svg>'
    )
    picture: bytes = svg_to_bytes(svg_string=svg, background=PAPER, sans_serif_family=family)
    return picture
