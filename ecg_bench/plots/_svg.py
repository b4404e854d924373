"""Writing SVG: elements with escaped texts, and the one style that all plots share."""

from __future__ import annotations

import re
from html import escape as escape_html
from math import ceil, floor, log10

CHARACTER = 7.4  # mean width of a character of the plots' text, in pixels; texts are drawn by whatever font is there
LINE = 16

STYLE = """
.plot { --ink: #1d2733; --faint: #66717e; --rule: #d8dee5; --paper: #ffffff; --first: #1769aa; --second: #b3541e;
  --third: #5b6b7a; --on: #ffffff; font: 12px system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  max-width: 100%; height: auto; }
@media (prefers-color-scheme: dark) { .plot { --ink: #e6ebf0; --faint: #9aa7b4; --rule: #37424e; --paper: #161c23;
  --first: #6db3ea; --second: #f0a06a; --third: #a9b6c2; --on: #10161c; } }
.plot text { fill: var(--ink); } .plot .faint { fill: var(--faint); } .plot .title { font-weight: 600; }
.plot .rule { stroke: var(--rule); stroke-width: 1; } .plot .zero { stroke: var(--faint); stroke-dasharray: 3 3; }
.plot .first { stroke: var(--first); fill: var(--first); } .plot .second { stroke: var(--second); fill: var(--second); }
.plot .third { stroke: var(--third); fill: var(--third); } .plot .hollow { fill: var(--paper); }
.plot .bar { stroke-width: 2; } .plot .cell { fill: var(--first); stroke: var(--rule); }
.plot text.on { fill: var(--on); } .plot .small { font-size: 10px; } .plot .strong { font-weight: 600; }
.plot .other { fill: var(--second); }
"""

# What XML can't hold, and what would turn the direction of the text around it.
_UNDRAWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


class Svg:
    """An SVG that grows element by element.

    Parameters
    ----------
    width, height : float
        In pixels.
    title : str
        What it shows, for those who can't see it.
    """

    def __init__(self, width: float, height: float, title: str) -> None:
        self._head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="plot" role="img" width="{width:g}" height="{height:g}" '
            f'viewBox="0 0 {width:g} {height:g}" aria-label="{escape(title)}"><title>{escape(title)}</title>'
        )
        self._parts: list[str] = []

    def text(
        self, x: float, y: float, text: str, *, anchor: str = "start", kind: str = "", turned: bool = False
    ) -> None:
        turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}"{turn}>{escape(text)}</text>'
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str) -> None:
        self._parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>')

    def dot(self, x: float, y: float, radius: float, kind: str, tip: str = "") -> None:
        title = f"<title>{escape(tip)}</title>" if tip else ""
        self._parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" class="{kind}">{title}</circle>')

    def square(
        self, x: float, y: float, width: float, height: float, opacity: float, tip: str = "", kind: str = ""
    ) -> None:
        title = f"<title>{escape(tip)}</title>" if tip else ""
        self._parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="2" '
            f'class="{f"cell {kind}".rstrip()}" fill-opacity="{opacity:.3f}">{title}</rect>'
        )

    def __str__(self) -> str:
        return self._head + "".join(self._parts) + "</svg>"


def escape(text: str) -> str:
    """Return a text as it may stand in SVG, without what can't be drawn."""
    return escape_html(_UNDRAWABLE.sub("", text))


def slug(name: str) -> str:
    """Return a name as a part of a plot's file name."""
    return re.sub(r"[^a-z0-9._@]+", "-", name.lower()).strip("-.")[:100] or "x"


def standalone(svg: str) -> str:
    """Return a plot as a file of its own, with its style inside."""
    head, end, rest = svg.partition("</title>")
    return f"{head}{end}<style>{STYLE}</style>{rest}\n"


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Return round numbers from `low` to `high`, about as many as asked for."""
    raw = (high - low) / about
    power = 10 ** floor(log10(raw))
    step = next((power * factor for factor in (1, 2, 2.5, 5) if power * factor >= raw * 0.999), 10 * power)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [round(n * step, 10) + 0.0 for n in range(first, last + 1)]


def width_of(title: str) -> float:
    """Return the room that a title takes, in pixels."""
    return len(title) * (CHARACTER + 1.2) + 8


def shorten(text: str, characters: int) -> str:
    """Return a text of limited length, which ends in an ellipsis if something was cut."""
    return text if len(text) <= characters else text[: characters - 1].rstrip() + "…"


def squeeze(text: str, characters: int) -> str:
    """Return a name of limited length, with an ellipsis in its middle: names often differ only at their ends."""
    if len(text) <= characters:
        return text
    end = (characters - 1) * 2 // 5
    return f"{text[: characters - 1 - end].rstrip()}…{text[len(text) - end :].lstrip()}"
