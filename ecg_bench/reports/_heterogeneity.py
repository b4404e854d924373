"""How far layers put the systems into the same order, as a matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecg_bench.boards._records import BoardRecord, CorrelationRecord
from ecg_bench.reports._layers import Layer

STEPS = 5  # shades on either side of 0


@dataclass(frozen=True)
class Matrix:
    """Rank correlations: Spearman's below the diagonal with its interval, Kendall's above."""

    layers: list[Layer]
    cells: list[list[CorrelationRecord | None]]
    systems: str
    critical: str


def matrix(board: BoardRecord, layers: Sequence[Layer]) -> Matrix | None:
    """Return the matrix of the layers that were compared; None where none were."""
    found = [] if board.heterogeneity is None else board.heterogeneity.correlations
    pairs = {frozenset((one.first, one.second)): one for one in found}
    named = {name for pair in pairs for name in pair}
    chosen = [layer for layer in layers if layer.record.id in named]
    if not chosen:
        return None
    cells = [[pairs.get(frozenset((row.record.id, one.record.id))) for one in chosen] for row in chosen]
    counts = sorted({one.systems for one in found})
    critical = sorted({one.critical for one in found if one.critical is not None})
    return Matrix(chosen, cells, _range(counts, "{:d}"), _range(critical, "{:.2f}"))


def shade(value: float | None) -> str:
    """Return the class of a correlation's colour: r5 for 1, r0 for 0, s5 for -1."""
    if value is None:
        return ""
    return f"{'r' if value >= 0 else 's'}{round(abs(value) * STEPS)}"


def clear(one: CorrelationRecord) -> bool:
    """Whether a correlation is further from 0 than so many systems give by chance."""
    return one.spearman is not None and one.critical is not None and abs(one.spearman) >= one.critical


def _range(values: Sequence[float], form: str) -> str:
    if not values:
        return ""
    ends = form.format(values[0]), form.format(values[-1])
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
