"""Leaderboards: several runs side by side, with intervals and paired tests."""

from ecg_bench.boards._board import Leaderboard, leaderboard
from ecg_bench.boards._csv import as_csv, differences_csv
from ecg_bench.boards._latex import as_latex
from ecg_bench.boards._markdown import as_markdown
from ecg_bench.boards._records import (
    BOARD_VERSION,
    BoardRecord,
    CellRecord,
    DifferenceRecord,
    LayerRecord,
    MarkRecord,
)
from ecg_bench.boards._terminal import print_board

__all__ = [
    "BOARD_VERSION",
    "BoardRecord",
    "CellRecord",
    "DifferenceRecord",
    "LayerRecord",
    "Leaderboard",
    "MarkRecord",
    "as_csv",
    "as_latex",
    "as_markdown",
    "differences_csv",
    "leaderboard",
    "print_board",
]
