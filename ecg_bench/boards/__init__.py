"""Leaderboards: several runs side by side, with intervals and paired tests."""

from ecg_bench.boards._board import Leaderboard, leaderboard
from ecg_bench.boards._old_records import BoardRecord, EntryRecord, RatedEntryRecord, RatingBoardRecord, TaskBoardRecord
from ecg_bench.boards._render import as_csv, as_markdown, print_board

__all__ = [
    "BoardRecord",
    "EntryRecord",
    "Leaderboard",
    "RatedEntryRecord",
    "RatingBoardRecord",
    "TaskBoardRecord",
    "as_csv",
    "as_markdown",
    "leaderboard",
    "print_board",
]
