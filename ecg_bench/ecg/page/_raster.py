"""Drawing the page as points: a handful of colours, so that it takes a fraction of what a renderer of SVG takes."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from ecg_bench.ecg import Signal
from ecg_bench.ecg.page._layout import EDGE, FOOT, GAIN, SPEED, Layout, Trace
from ecg_bench.ecg.page._style import FOOT_SIZE, INK, LEAD_SIZE, MAJOR, MINOR, PAPER, STROKE, TITLE_SIZE, whole_parts
from ecg_bench.ecg.page._text import words

Floats = NDArray[np.float32]
LEVELS = 16  # shades of ink on each colour of the paper
FINE = 2  # columns that a pixel is reckoned in


def raster(layout: Layout, rate: float, title: str, foot: str, width: int) -> bytes:
    """Return the page as a PNG of this many pixels across."""
    scale = width / layout.width
    height = round(layout.height * scale)
    ink: Floats = np.zeros((height, width), dtype=np.float32)
    for trace in layout.traces:
        for part in whole_parts(trace.signal):
            _draw(ink, *_line(trace, part, rate, scale), max(STROKE * scale / 2, 0.6))
        _write(ink, trace.lead, trace.x + 1, trace.name_y, LEAD_SIZE, scale, bold=True)
        if not trace.first:
            for shift in (-5, 3):
                _box(ink, trace.x - 0.1, trace.y + shift, trace.x + 0.1, trace.y + shift + 2, scale)
    for y in layout.pulses:
        _pulse(ink, y, scale)
    _write(ink, title, EDGE, 9, TITLE_SIZE, scale, bold=True)
    _write(ink, foot, EDGE, layout.height - FOOT / 2 + 1, FOOT_SIZE, scale)
    shade = np.clip(np.rint(ink * (LEVELS - 1)), 0, LEVELS - 1).astype(np.uint8)
    return _png(_paper(layout, scale, shade.shape) * LEVELS + shade)


def _paper(layout: Layout, scale: float, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return which colour of the paper each pixel has: 0 none, 1 small squares, 2 large ones."""
    paper = np.zeros(shape, dtype=np.uint8)
    for colour, step in ((1, 1), (2, 5)):
        for axis, length in ((1, layout.width), (0, layout.height)):
            places = np.rint(np.arange(0, length + 0.5, step) * scale).astype(int)
            places = places[places < shape[axis]]
            paper[(slice(None), places) if axis else (places, slice(None))] = colour
    return paper


def _line(trace: Trace, part: slice, rate: float, scale: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    signal: Signal = trace.signal[part]
    x = (trace.x + (part.start + np.arange(len(signal))) / rate * SPEED) * scale
    return x, (trace.y - signal.astype(np.float64) * GAIN) * scale


def _draw(ink: Floats, x: NDArray[np.float64], y: NDArray[np.float64], radius: float) -> None:
    """Draw a line from left to right: each fine column is inked from the line's highest point in it to its lowest."""
    height, width = ink.shape
    y = np.clip(y, -2.0, height + 2.0)
    first = int(x[0] * FINE)
    column = (x * FINE).astype(int) - first
    edges = np.interp((first + np.arange(column[-1] + 2)) / FINE, x, y)
    low, high = np.minimum(edges[:-1], edges[1:]), np.maximum(edges[:-1], edges[1:])
    np.minimum.at(low, column, y)
    np.maximum.at(high, column, y)
    top, bottom = low - radius, high + radius
    for step in range(1, int(radius * FINE) + 1):  # a round pen also reaches into the columns beside it
        reach = np.sqrt(radius**2 - (step / FINE) ** 2)
        for here, there in ((slice(step, None), slice(None, -step)), (slice(None, -step), slice(step, None))):
            np.minimum(top[here], low[there] - reach, out=top[here])
            np.maximum(bottom[here], high[there] + reach, out=bottom[here])
    above, below = max(int(top.min()), 0), min(int(bottom.max()) + 1, height)
    if above >= below:
        return
    row = np.arange(above, below, dtype=np.float32)[:, None]
    fine = np.minimum(bottom.astype(np.float32), row + 1) - np.maximum(top.astype(np.float32), row)
    start = first % FINE
    padded = np.zeros((below - above, -(-(start + len(top)) // FINE) * FINE), dtype=np.float32)
    np.clip(fine, 0.0, 1.0, out=padded[:, start : start + len(top)])
    cover = padded.reshape(below - above, -1, FINE).mean(axis=2)
    left = first // FINE
    cover = cover[:, : max(width - left, 0)]
    target = ink[above:below, left : left + cover.shape[1]]
    np.maximum(target, cover, out=target)


def _box(ink: Floats, left: float, top: float, right: float, bottom: float, scale: float) -> None:
    """Ink a rectangle given in millimetres, at least a pixel either way."""
    x, y = round(left * scale), round(top * scale)
    ink[y : y + max(round((bottom - top) * scale), 1), x : x + max(round((right - left) * scale), 1)] = 1.0


def _pulse(ink: Floats, y: float, scale: float) -> None:
    """Draw the calibration pulse: 1 mV for 0.2 s."""
    left, half = EDGE + 1, STROKE / 2
    right = left + 1 + 0.2 * SPEED
    for x1, y1, x2, y2 in (
        (left, y, left + 1, y),
        (left + 1, y - GAIN, left + 1, y),
        (left + 1, y - GAIN, right, y - GAIN),
        (right, y - GAIN, right, y),
        (right, y, right + 1, y),
    ):
        _box(ink, x1 - half, y1 - half, x2 + half, y2 + half, scale)


def _write(ink: Floats, text: str, x: float, y: float, size: float, scale: float, *, bold: bool = False) -> None:
    """Write a line whose baseline begins at a point given in millimetres."""
    if not text:
        return
    pixels = round(size * scale, 1)
    drawn = words(text, pixels, bold=bold).astype(np.float32) / 255
    left, top = round(x * scale), max(round(y * scale - pixels), 0)
    target = ink[top : top + len(drawn), left : left + drawn.shape[1]]
    np.maximum(target, drawn[: target.shape[0], : target.shape[1]], out=target)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """Return a PNG of palette colours (PNG specification, section 11)."""
    papers = np.array([_rgb(PAPER), _rgb(MINOR), _rgb(MAJOR)], dtype=np.float64)
    share = np.linspace(0, 1, LEVELS)[None, :, None]
    palette = np.rint(papers[:, None] * (1 - share) + np.array(_rgb(INK)) * share).astype(np.uint8)
    height, width = pixels.shape
    lines = np.concatenate([np.zeros((height, 1), dtype=np.uint8), pixels], axis=1)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", palette.tobytes()),
        (b"IDAT", zlib.compress(lines.tobytes(), 4)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
