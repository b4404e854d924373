"""Drawing the page as SVG and PNG."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ecg_bench.ecg import Ecg, Signal
from ecg_bench.ecg.page._layout import EDGE, FOOT, GAIN, PAGE_S, SPEED, Layout, Trace, lay_out
from ecg_bench.errors import UserError
from ecg_bench.plots import escape, rasterise

Floats = NDArray[np.float64]

MINOR, MAJOR = "#f8d9d9", "#e9a9a9"
MIN_WIDTH, MAX_WIDTH = 400, 8000
UNIT = 100  # path coordinates to a millimetre: whole numbers keep the file small
STYLE = (
    "text{font-family:Helvetica,Arial,sans-serif;fill:#111}"
    ".lead{font-size:3.6px;font-weight:600;}"
    ".title{font-size:4.2px;font-weight:600}.foot{font-size:3.2px}"
    ".trace{fill:none;stroke:#111;stroke-width:28px;stroke-linejoin:bevel}"
    ".tick{fill:none;stroke:#111;stroke-width:.25px}"
)
TITLE_LENGTH = 110


def page_svg(ecg: Ecg, *, title: str = "") -> str:
    """Return an ECG as a clinician's page, drawn to scale in millimetres: 25 mm/s and 10 mm/mV.

    Three rows of four leads, 2.5 s of each, one column after the other in time, and a rhythm strip below. Six leads or
    less stand one under another, each in its whole length. Of a longer record the first 10 s are drawn; in one that is
    shorter every column shows the same seconds. The page says which. A constant offset of a lead is taken off; nothing
    is filtered. Samples that are NaN leave a gap.

    Parameters
    ----------
    ecg : Ecg
        The record. Nothing of its ids or metadata is printed: a page that a model reads must not tell the answer.
    title : str
        The line at the top.

    Returns
    -------
    str
        A whole SVG file.
    """
    return _page(ecg, lay_out(ecg), title)


def page_png(ecg: Ecg, *, width: int = 1600, title: str = "") -> bytes:
    """Return an ECG as a clinician's page (see `page_svg`), as a PNG of this many pixels across.

    Raises
    ------
    UserError
        If the width is out of range, or the machine has no font to draw text with.
    """
    if not MIN_WIDTH <= width <= MAX_WIDTH:
        raise UserError(f"the width of a page must be {MIN_WIDTH} to {MAX_WIDTH} pixels, not {width}")
    layout = lay_out(ecg)
    return rasterise(_page(ecg, layout, title, pixel=layout.width / width), width=width)


def _page(ecg: Ecg, layout: Layout, title: str, *, pixel: float = 0.0) -> str:
    """Return the SVG; for pixels of a size in millimetres, it leaves out what they can't show."""
    width, height = layout.width, layout.height
    what = title or "Electrocardiogram"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="0 0 {width:g} {height:g}" aria-label="{escape(what)}"><title>{escape(what)}</title>'
        f"<style>{STYLE}</style>",
        f'<rect width="{width:g}" height="{height:g}" fill="#fffafa"/>',
        _grid(width, height, pixel),
        *(f'<text class="lead" x="{trace.x + 1:g}" y="{trace.y - 7:g}">{trace.lead}</text>' for trace in layout.traces),
        *(_path(trace, ecg.rate, height) for trace in layout.traces),
        *(_pulse(y) for y in layout.pulses),
        *(_separator(trace) for trace in layout.traces if not trace.first),
    ]
    if title:
        short = title if len(title) <= TITLE_LENGTH else f"{title[: TITLE_LENGTH - 1]}…"
        parts.append(f'<text class="title" x="{EDGE:g}" y="9">{escape(short)}</text>')
    parts.append(f'<text class="foot" x="{EDGE:g}" y="{height - FOOT / 2 + 1:g}">{_foot(ecg, layout)}</text></svg>\n')
    return "".join(parts)


def _grid(width: float, height: float, pixel: float) -> str:
    """Return the lines of the paper. In a picture of points they are whole pixels: sharper, and much sooner drawn."""

    def lines(kind: str, wide: float, wanted: Callable[[int], bool]) -> str:
        across = "".join(
            f'<rect x="{x - wide / 2:.3f}" width="{wide:.3f}" height="{height:g}"/>'
            for x in range(int(width) + 1)
            if wanted(x)
        )
        down = "".join(
            f'<rect y="{y - wide / 2:.3f}" width="{width:g}" height="{wide:.3f}"/>'
            for y in range(int(height) + 1)
            if wanted(y)
        )
        return f'<g fill="{kind}">{across}{down}</g>'

    minor = lines(MINOR, max(0.1, pixel), lambda at: at % 5 != 0)
    major = lines(MAJOR, max(0.18, pixel), lambda at: at % 5 == 0)
    return f'<g shape-rendering="{"crispEdges" if pixel else "auto"}">{minor}{major}</g>'


def _path(trace: Trace, rate: float, height: float) -> str:
    """Return a trace as one path of whole numbers relative to each other, with a gap where samples are missing."""
    x = np.round((trace.x + np.arange(len(trace.signal)) / rate * SPEED) * UNIT)
    y = np.round(np.clip(trace.y - trace.signal.astype(np.float64) * GAIN, 0.0, height) * UNIT)
    made = "".join(_stretch(x[part], y[part]) for part in _whole_parts(trace.signal))
    return _trace(made) if made else ""


def _trace(path: str) -> str:
    return f'<path class="trace" transform="scale({1 / UNIT:g})" d="{path}"/>'


def _stretch(x: Floats, y: Floats) -> str:
    steps = np.stack([np.diff(x, prepend=0), np.diff(y, prepend=0)], axis=1).astype(int).ravel().tolist()
    start = f"M{steps[0]} {steps[1]}"
    return f"{start}l{' '.join(map(str, steps[2:]))}" if len(steps) > 2 else f"{start}h0"


def _whole_parts(signal: Signal) -> list[slice]:
    """Return the stretches without a missing sample."""
    finite = np.isfinite(signal)
    edges = np.flatnonzero(np.diff(finite.astype(np.int8), prepend=0, append=0))
    return [slice(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _pulse(y: float) -> str:
    """Return the calibration pulse: 1 mV for 0.2 s."""
    x = int((EDGE + 1) * UNIT)
    up, flat, side = int(GAIN * UNIT), int(0.2 * SPEED * UNIT), UNIT
    return _trace(f"M{x} {int(y * UNIT)}h{side}v{-up}h{flat}v{up}h{side}")


def _separator(trace: Trace) -> str:
    """Return the short strokes where one lead ends and the next begins."""
    strokes = "".join(f"M{trace.x:g} {trace.y + shift:g}v2" for shift in (-5, 3))
    return f'<path class="tick" d="{strokes}"/>'


def _foot(ecg: Ecg, layout: Layout) -> str:
    parts = [f"{SPEED:g} mm/s", f"{GAIN:g} mm/mV", f"{ecg.rate:g} Hz", "no filter added"]
    if ecg.duration > PAGE_S * 1.001:
        parts.append(f"first {PAGE_S:g} s of {ecg.duration:.4g} s")
    elif layout.shared:
        parts.append(f"{ecg.duration:.3g} s; every column begins at 0 s")
    return " \u00a0 ".join(parts)
