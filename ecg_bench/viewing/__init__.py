"""Looking at a leaderboard's report, or at a run: while it is under way, and when it is done."""

from ecg_bench.viewing._subject import Board, subject_of
from ecg_bench.viewing._view import view

__all__ = ["Board", "subject_of", "view"]
