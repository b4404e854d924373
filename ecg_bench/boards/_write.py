"""Writing a leaderboard: the report, the tables and every figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ecg_bench.boards._csv import as_csv, differences_csv
from ecg_bench.boards._latex import as_latex
from ecg_bench.boards._markdown import as_markdown
from ecg_bench.boards._plots import figures
from ecg_bench.boards._records import BoardRecord
from ecg_bench.evaluation import Run
from ecg_bench.files import make_folder, to_json, write_whole, writing
from ecg_bench.plots import slug, write_plots
from ecg_bench.published import as_csv as published_as_csv
from ecg_bench.ratings import Rating
from ecg_bench.reports import page, sample_elements

BOARD, PAGE = "leaderboard.json", "index.html"


def write_board(
    board: BoardRecord,
    runs: Mapping[str, Sequence[Run]],
    ratings: Sequence[Rating],
    folder: str | Path,
    *,
    samples: bool,
) -> str:
    """Write a board with its report, tables and figures into a folder.

    Parameters
    ----------
    board : BoardRecord
        What is written.
    runs : mapping of str to sequence of Run
        The runs of each row, for the report's sample browser.
    ratings : sequence of Rating
        Human marks that it shows.
    folder : path
        Made if need be.
    samples : bool
        Whether the report holds prompts and answers.

    Returns
    -------
    str
        Why some figures are not there as PNG; empty if all are.

    Raises
    ------
    UserError
        If the folder can't be written.
    """
    out = make_folder(folder)
    write_whole(out / BOARD, to_json(board.model_dump(mode="json")))
    write_whole(out / "leaderboard.csv", as_csv(board))
    write_whole(out / "differences.csv", differences_csv(board))
    write_whole(out / "leaderboard.md", as_markdown(board))
    for record in board.published:
        write_whole(out / f"published-{slug(record.name)}.csv", published_as_csv(record))
    write_whole(out / "leaderboard.tex", as_latex(board))
    missing = write_plots(figures(board), make_folder(out / "figures"))
    with writing(out / PAGE) as file:
        for part in page(board, samples=sample_elements(runs, ratings=ratings) if samples else ()):
            file.write(part)
    return missing
