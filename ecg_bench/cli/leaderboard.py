"""``ecg-bench leaderboard``."""

from __future__ import annotations

import click

from ecg_bench.cli._common import Several, console, emit_json, json_option

EPILOG = """\b
Examples:
  ecg-bench leaderboard results/runs/*
  ecg-bench leaderboard RUN1 RUN2 --json
  ecg-bench leaderboard --ratings ratings.csv        systems by human ratings, without any run
  ecg-bench leaderboard RUN1 RUN2 --out BOARD        leaderboard.json, leaderboard.md and leaderboard.csv
"""


@click.command("leaderboard", cls=Several, several=("--ratings",), epilog=EPILOG)
@click.argument("runs", nargs=-1, type=click.Path(), metavar="[RUN...]")
@click.option(
    "--ratings",
    multiple=True,
    type=click.Path(),
    metavar="R...",
    help="Human ratings: tables of ratings import or serve, or sheets that need no mapping. They need no run.",
)
@click.option("--criterion", metavar="NAME", help="What to rank by, where humans rated several criteria.")
@click.option(
    "--out", type=click.Path(), metavar="DIR", help="Also write leaderboard.json, .md and .csv into this folder."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "markdown", "csv"]),
    default="table",
    show_default=True,
    help="How to print it.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the resampling.")
@json_option
def command(
    runs: tuple[str, ...],
    ratings: tuple[str, ...],
    criterion: str | None,
    out: str | None,
    form: str,
    seed: int,
    *,
    as_json: bool,
) -> None:
    """Put complete runs, or human ratings, side by side, with intervals and paired tests.

    Systems are compared on the samples they share, question by question, over the passages that the items stem from,
    with Holm's adjustment over all pairs. A rank is a range: systems that can't be told apart share ranks.
    """
    from ecg_bench.boards import as_csv, as_markdown, leaderboard, print_board

    board = leaderboard(runs, ratings=ratings, criterion=criterion, seed=seed)
    if out is not None:
        board.write(out)
    if as_json:
        emit_json(board.model_dump(mode="json"))
    elif form == "markdown":
        click.echo(as_markdown(board))
    elif form == "csv":
        click.echo(as_csv(board), nl=False)
    else:
        print_board(board, console())
