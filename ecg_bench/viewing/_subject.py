"""What a folder holds that can be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ecg_bench.errors import UserError
from ecg_bench.runs import RUN, RunDirectory

BOARD, PAGE = "leaderboard.json", "index.html"


@dataclass(frozen=True)
class Board:
    """A folder that ``ecg-bench leaderboard --out`` wrote."""

    path: Path


def subject_of(path: str | Path) -> Board | RunDirectory:
    """Return the leaderboard or the run in a folder.

    Raises
    ------
    UserError
        If there is neither, or a leaderboard without its report.
    """
    folder = Path(path)
    if not folder.exists():
        raise UserError("no such folder: give the --out of ecg-bench leaderboard, or a run directory", path=folder)
    if not folder.is_dir():
        raise UserError(f"is a file: give its folder, {folder.parent}", path=folder)
    if (folder / BOARD).is_file():
        if (folder / PAGE).is_file():
            return Board(folder)
        raise UserError(
            f"holds {BOARD} but no {PAGE}: make it with ecg-bench leaderboard RUN... --out {folder}", path=folder
        )
    if (folder / RUN).is_file():
        run = RunDirectory(folder)
        if run.header.status == "complete":
            run.results  # noqa: B018  # read now, so that a damaged one is told at once
        return run
    inside = sorted(one.parent.name for one in folder.glob(f"*/{RUN}"))
    hint = f"; it is a folder of runs, so give one of them, such as {folder / inside[0]}" if inside else ""
    raise UserError(f"is neither a leaderboard nor a run: it holds no {BOARD} and no {RUN}{hint}", path=folder)
