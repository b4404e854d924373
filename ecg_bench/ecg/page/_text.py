"""Words as pictures of points: the renderer of SVG draws them, as it knows the machine's fonts, and they are kept."""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from math import ceil

import numpy as np
from numpy.typing import NDArray

from ecg_bench.plots import escape, rasterise

WIDE = 0.75  # of its height, the widest that a character is on average


@lru_cache(maxsize=256)
def words(text: str, size: float, *, bold: bool = False) -> NDArray[np.uint8]:
    """Return how much ink, 0 to 255, lies on each pixel of a line of text of this size; its baseline is 1 size down.

    Raises
    ------
    UserError
        If the machine has no font to draw text with.
    """
    width, height = ceil(len(text) * size * WIDE) + 4, ceil(size * 1.3)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"><text x="0" y="{size:g}" '
        f'style="font-family:Helvetica,Arial,sans-serif;font-size:{size:g}px;font-weight:{600 if bold else 400}">'
        f"{escape(text)}</text></svg>"
    )
    return _alpha(rasterise(svg, width=width))


def _alpha(png: bytes) -> NDArray[np.uint8]:
    """Return the last channel of a PNG of 8-bit RGBA, as the renderer writes them."""
    at, packed, width, height = 8, b"", 0, 0
    while at < len(png):
        (size,) = struct.unpack_from(">I", png, at)
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            width, height = struct.unpack_from(">II", data)
        elif kind == b"IDAT":
            packed += data
        at += size + 12
    lines = np.frombuffer(zlib.decompress(packed), dtype=np.uint8).reshape(height, 1 + 4 * width)
    above = np.zeros(width, dtype=np.uint8)
    rows = []
    for kind, line in zip(lines[:, 0].tolist(), lines[:, 4::4], strict=True):
        above = _unfiltered(kind, line, above)
        rows.append(above)
    return np.stack(rows)


def _unfiltered(kind: int, line: NDArray[np.uint8], above: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Undo a line's filter (PNG specification, section 9): channels are filtered each by itself."""
    if kind == 0:
        return line
    if kind == 1:
        return np.cumsum(line, dtype=np.uint8)
    if kind == 2:
        return line + above
    found, left, corner = [], 0, 0
    for value, up in zip(line.tolist(), above.tolist(), strict=True):
        guess = (left + up) // 2 if kind == 3 else _paeth(left, up, corner)
        left, corner = (value + guess) & 255, up
        found.append(left)
    return np.array(found, dtype=np.uint8)


def _paeth(left: int, up: int, corner: int) -> int:
    """Return which of three neighbours is nearest to left + up - corner, the first of them in a tie."""
    straight = left + up - corner
    return min((left, up, corner), key=lambda one: abs(straight - one))
