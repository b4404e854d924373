"""Drawing the page as SVG, to scale in millimetres."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecg_bench.ecg.page._layout import EDGE, FOOT, GAIN, SPEED, Layout, Trace
from ecg_bench.ecg.page._style import FOOT_SIZE, INK, LEAD_SIZE, MAJOR, MINOR, PAPER, STROKE, TITLE_SIZE, whole_parts
from ecg_bench.plots import escape

Floats = NDArray[np.float64]

UNIT = 100  # path coordinates to a millimetre: whole numbers keep the file small
STYLE = (
    f"text{{font-family:Helvetica,Arial,sans-serif;fill:{INK}}}"
    f".lead{{font-size:{LEAD_SIZE}px;font-weight:600}}.title{{font-size:{TITLE_SIZE}px;font-weight:600}}"
    f".foot{{font-size:{FOOT_SIZE}px}}path{{fill:none}}"
    f".minor{{stroke:{MINOR};stroke-width:.1px}}.major{{stroke:{MAJOR};stroke-width:.18px}}"
    f".trace{{stroke:{INK};stroke-width:{STROKE * UNIT:g}px;stroke-linejoin:round;stroke-linecap:round}}"
    f".tick{{stroke:{INK};stroke-width:.25px}}"
)


def svg(layout: Layout, rate: float, title: str, foot: str) -> str:
    """Return the page as a whole SVG file."""
    width, height = layout.width, layout.height
    what = escape(title or "Electrocardiogram")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="0 0 {width:g} {height:g}" aria-label="{what}"><title>{what}</title><style>{STYLE}</style>',
        f'<rect width="{width:g}" height="{height:g}" fill="{PAPER}"/>',
        _grid("minor", 1, width, height),
        _grid("major", 5, width, height),
        *(
            f'<text class="lead" x="{trace.x + 1:g}" y="{trace.name_y:g}">{trace.lead}</text>'
            for trace in layout.traces
        ),
        *(_path(trace, rate, height) for trace in layout.traces),
        *(_pulse(y) for y in layout.pulses),
        *(_separator(trace) for trace in layout.traces if not trace.first),
        f'<text class="title" x="{EDGE:g}" y="9">{escape(title)}</text>' if title else "",
        f'<text class="foot" x="{EDGE:g}" y="{height - FOOT / 2 + 1:g}">{escape(foot)}</text></svg>\n',
    ]
    return "".join(parts)


def _grid(kind: str, step: int, width: float, height: float) -> str:
    across = "".join(f"M{x} 0V{height:g}" for x in range(0, int(width) + 1, step))
    down = "".join(f"M0 {y}H{width:g}" for y in range(0, int(height) + 1, step))
    return f'<path class="{kind}" d="{across}{down}"/>'


def _name(trace: Trace) -> str:
    return f'<text class="lead" x="{trace.x + 1:g}" y="{trace.name_y:g}">{trace.lead}</text>'


def _path(trace: Trace, rate: float, height: float) -> str:
    """Return a trace as one path of whole numbers relative to each other, with a gap where samples are missing."""
    x = np.round((trace.x + np.arange(len(trace.signal)) / rate * SPEED) * UNIT)
    y = np.round(np.clip(trace.y - trace.signal.astype(np.float64) * GAIN, 0.0, height) * UNIT)
    made = "".join(_stretch(x[part], y[part]) for part in whole_parts(trace.signal))
    return _trace(made) if made else ""


def _trace(path: str) -> str:
    return f'<path class="trace" transform="scale({1 / UNIT:g})" d="{path}"/>'


def _stretch(x: Floats, y: Floats) -> str:
    steps = np.stack([np.diff(x, prepend=0), np.diff(y, prepend=0)], axis=1).astype(int).ravel().tolist()
    start = f"M{steps[0]} {steps[1]}"
    return f"{start}l{' '.join(map(str, steps[2:]))}" if len(steps) > 2 else f"{start}h0"


def _pulse(y: float) -> str:
    """Return the calibration pulse: 1 mV for 0.2 s."""
    x = int((EDGE + 1) * UNIT)
    up, flat, side = int(GAIN * UNIT), int(0.2 * SPEED * UNIT), UNIT
    return _trace(f"M{x} {int(y * UNIT)}h{side}v{-up}h{flat}v{up}h{side}")


def _separator(trace: Trace) -> str:
    """Return the short strokes where one lead ends and the next begins."""
    strokes = "".join(f"M{trace.x:g} {trace.y + shift:g}v2" for shift in (-5, 3))
    return f'<path class="tick" d="{strokes}"/>'
