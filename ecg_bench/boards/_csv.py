"""A leaderboard as CSV: a row for each value, numbers in full."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from ecg_bench.boards._records import ALPHA, BoardRecord, CellRecord, LayerRecord
from ecg_bench.samples import Outcome
from ecg_bench.texts import clean, defused

Cell = str | int | float | None

COLUMNS = (
    *(
        "layer",
        "kind",
        "task",
        "metric",
        "main",
        "system",
        "value",
        "low",
        "high",
        "method",
        "n",
        "samples",
        "clusters",
    ),
    *("rank_low", "rank_high", "letters", "marks", "value_parsed", "low_parsed", "high_parsed", "worst", "best"),
    *("runs", "seeds", "spread", "levels", "common_samples", "how", "signature"),
)
DIFFERENCES = (
    *("layer", "first", "second", "value", "low", "high", "p", "p_holm", "separable", "floor", "common"),
    *("interval", "test"),
)


def as_csv(board: BoardRecord) -> str:
    """Return a board as CSV, a row for each layer and system.

    Rows that are not ranked have no ranks and no letters. Columns that begin with ``outcome_`` count how answers ended.
    Texts that a spreadsheet could take for a formula begin with an apostrophe.
    """
    found = dict.fromkeys(str(one) for one in Outcome)
    found |= dict.fromkeys(name for layer in board.layers for cell in layer.cells for name in cell.outcomes)
    rows = ([*_cells(layer, cell, list(found))] for layer in board.layers for cell in layer.cells)
    return _written([*COLUMNS, *(f"outcome_{name}" for name in found)], rows)


def differences_csv(board: BoardRecord) -> str:
    """Return every pair of systems that were compared as CSV, a row for each layer and pair."""
    rows = (
        [
            *(layer.id, one.first, one.second, one.value, one.low, one.high, one.p, one.p_holm),
            None if one.p_holm is None else "yes" if one.p_holm < ALPHA else "no",
            *(one.floor, one.common, layer.interval, layer.test),
        ]
        for layer in board.layers
        for one in layer.differences
    )
    return _written(DIFFERENCES, rows)


def _cells(layer: LayerRecord, cell: CellRecord, outcomes: Sequence[str]) -> list[Cell]:
    parsed, bounds, again = cell.parsed, cell.bounds, cell.replicates
    return [
        *(layer.id, layer.kind, layer.task, layer.metric, "yes" if layer.main else "no"),
        *(cell.system, cell.value, cell.low, cell.high, cell.method, cell.n, cell.samples, cell.clusters),
        *(cell.rank_low, cell.rank_high, " ".join(cell.letters), " ".join(cell.marks)),
        *((None,) * 3 if parsed is None else (parsed.value, parsed.low, parsed.high)),
        *((None,) * 2 if bounds is None else (bounds.worst, bounds.best)),
        *((None,) * 3 if again is None else (again.runs, " ".join(str(seed) for seed in again.seeds), again.spread)),
        "; ".join(f"{name} = {count}" for name, count in cell.levels.items()),
        *(layer.common_samples, cell.how, cell.signature),
        *(cell.outcomes.get(name) for name in outcomes),
    ]


def _written(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([defused(clean(name)) for name in columns])
    for row in rows:
        writer.writerow([defused(clean(cell)) if isinstance(cell, str) else cell for cell in row])
    return out.getvalue()
