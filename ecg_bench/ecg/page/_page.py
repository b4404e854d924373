"""The page of a record, as SVG and as PNG."""

from __future__ import annotations

from ecg_bench.ecg import Ecg
from ecg_bench.ecg.page._layout import GAIN, PAGE_S, SPEED, Layout, lay_out
from ecg_bench.ecg.page._raster import raster
from ecg_bench.ecg.page._svg import svg
from ecg_bench.errors import UserError
from ecg_bench.plots import shorten

MIN_WIDTH, MAX_WIDTH = 400, 8000
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
    layout = lay_out(ecg)
    return svg(layout, ecg.rate, shorten(title, TITLE_LENGTH), _foot(ecg, layout))


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
    return raster(layout, ecg.rate, shorten(title, TITLE_LENGTH), _foot(ecg, layout), width)


def _foot(ecg: Ecg, layout: Layout) -> str:
    parts = [f"{SPEED:g} mm/s", f"{GAIN:g} mm/mV", f"{ecg.rate:g} Hz", "no filter added"]
    if ecg.duration > PAGE_S * 1.001:
        parts.append(f"first {PAGE_S:g} s of {ecg.duration:.4g} s")
    elif layout.shared:
        parts.append(f"{ecg.duration:.3g} s; every column begins at 0 s")
    return " \u00a0 ".join(parts)
