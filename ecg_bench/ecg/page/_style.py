"""What both forms of the page share: colours, sizes in millimetres, and what isn't drawn."""

from __future__ import annotations

import numpy as np

from ecg_bench.ecg import Signal

PAPER, MINOR, MAJOR, INK = "#fffafa", "#f8d9d9", "#e9a9a9", "#111111"
STROKE = 0.28
LEAD_SIZE, TITLE_SIZE, FOOT_SIZE = 3.6, 4.2, 3.2


def whole_parts(signal: Signal) -> list[slice]:
    """Return the stretches of a lead without a missing sample."""
    edges = np.flatnonzero(np.diff(np.isfinite(signal).astype(np.int8), prepend=0, append=0))
    return [slice(int(first), int(last)) for first, last in edges.reshape(-1, 2)]
