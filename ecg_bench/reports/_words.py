"""Numbers as the page prints them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ecg_bench.boards._records import CellRecord, LayerRecord

DASH = "–"

# Characters that turn the order of what follows them, so that a text could be made to read as another.
TURNING = {code: f"[U+{code:04X}]" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}


def places(layer: LayerRecord) -> int:
    """Return how many decimal places the values of a layer are printed with: three up to 10, one up to 1,000."""
    values = [abs(cell.value) for cell in layer.cells if cell.value is not None]
    greatest = layer.domain[1] if layer.domain is not None else max(values, default=0.0)
    return 3 if greatest <= 10 else 1 if greatest <= 1000 else 0


def full_name(layer: LayerRecord) -> str:
    """Return a layer's title, with its metric unless the title says it."""
    return layer.title if layer.metric in layer.title else f"{layer.title} ({layer.metric})"


def number(value: float | None, digits: int = 3) -> str:
    """Return a number with so many decimal places, or a dash; a minus is a minus sign."""
    if value is None:
        return DASH
    text = f"{value:.{digits}f}"
    return f"{0:.{digits}f}" if float(text) == 0 else text.replace("-", "−")


def signed(value: float | None, digits: int = 3) -> str:
    """Return a difference, with its sign."""
    text = number(value, digits)
    return text if value is None or text.startswith("−") or float(text) == 0 else f"+{text}"


def interval(low: float | None, high: float | None, digits: int = 3) -> str:
    """Return an interval, or a dash if it has no ends."""
    return DASH if low is None or high is None else f"{number(low, digits)} to {number(high, digits)}"


def brief(text: str) -> str:
    """Return numbers below 1 without the 0 before their point, for tables that have no room."""
    return re.sub(r"(?<!\d)0(?=\.\d)", "", text)


def p_value(p: float | None) -> str:
    """Return a p-value with three places, or as less than .001."""
    return DASH if p is None else "< .001" if p < 0.001 else f"{p:.3f}".lstrip("0") if p < 1 else "1"


def share(part: float) -> str:
    """Return a share in per cent, with one place below 10 %."""
    return f"{part:.1%}".replace("%", " %") if 0 < part < 0.1 else f"{part:.0%}".replace("%", " %")


def ranks(cell: CellRecord) -> str:
    """Return the range of a cell's rank, or that it has none."""
    if cell.rank_low is None or cell.rank_high is None:
        return "not ranked"
    return f"rank {cell.rank_low}" + ("" if cell.rank_low == cell.rank_high else f"–{cell.rank_high}")


def named(names: Sequence[str], limit: int = 3) -> str:
    """Return names as a list in a sentence; of many, the first ones and how many more there are."""
    shown = [*names[:limit], *([f"{len(names) - limit} more"] if len(names) > limit else [])]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def plain(text: Any) -> Any:
    """Return a text in which characters that turn the order of reading are spelled out; other things as they are."""
    return text.translate(TURNING) if isinstance(text, str) else text
