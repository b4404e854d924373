"""The report of a single run."""

from __future__ import annotations

from pathlib import Path

from ecg_bench.boards import leaderboard
from ecg_bench.viewing._subject import PAGE


def report_of(run: Path, folder: Path) -> Path:
    """Write the report of a complete run into a folder, as a leaderboard of one system, and return its page.

    Raises
    ------
    UserError
        If the run can't be read.
    """
    leaderboard([run]).write(folder)
    return folder / PAGE
