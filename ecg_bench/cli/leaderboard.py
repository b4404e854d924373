"""``ecg-bench leaderboard``."""

from __future__ import annotations

import click

from ecg_bench.cli._common import Several, console, emit_json, json_option

EPILOG = """\b
Examples:
  ecg-bench leaderboard results/runs/*
  ecg-bench leaderboard RUN1 RUN2 --out BOARD        index.html, leaderboard.json, .csv, .md, .tex, figures/
  ecg-bench leaderboard RUN1 RUN2 --ratings ratings.csv --agreement AGREEMENT --out BOARD
  ecg-bench leaderboard --ratings ratings.csv        systems by human ratings, without any run
  ecg-bench leaderboard --published ecg-llm          what the study printed, and where it contradicts itself
  ecg-bench leaderboard RUN1 RUN2 --seen SYSTEM=train.jsonl     what a system may have seen of the questions
\b
'ecg-bench view BOARD' opens the report; 'ecg-bench compare RUN1 RUN2' shows what changed, sample by sample.
"""


@click.command("leaderboard", cls=Several, several=("--ratings", "--agreement", "--published", "--seen"), epilog=EPILOG)
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
    "--agreement",
    multiple=True,
    type=click.Path(),
    metavar="A...",
    help="What ecg-bench agreement --out has written: judges' scores, corrected for their errors.",
)
@click.option(
    "--published",
    multiple=True,
    metavar="NAME...",
    help="Published results to show beside: ecg-llm, meit, ecg-lm, or a file. Always marked, never rerun.",
)
@click.option(
    "--seen",
    multiple=True,
    metavar="SYSTEM=PATH...",
    help="Documents that a system was finetuned on or retrieves from: a file, a folder, or a domain's name.",
)
@click.option("--median-ranks", is_flag=True, help="Add the median of ranks over layers, as ECG-LLM prints it.")
@click.option(
    "--rank-all",
    is_flag=True,
    help="Rank systems together that answered other samples, data or prompts, or are often unreadable; marked anyway.",
)
@click.option(
    "--clean",
    is_flag=True,
    help="Only ECGs that are for testing in every public data set that holds them (PTB-XL's fold 10, ECG-QA's test).",
)
@click.option(
    "--out",
    type=click.Path(),
    metavar="DIR",
    help="Write the report (index.html), tables and figures into this folder.",
)
@click.option("--no-samples", is_flag=True, help="Leave prompts and answers out of the report.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "markdown", "csv", "latex"]),
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
    agreement: tuple[str, ...],
    published: tuple[str, ...],
    seen: tuple[str, ...],
    out: str | None,
    form: str,
    seed: int,
    *,
    median_ranks: bool,
    rank_all: bool,
    clean: bool,
    no_samples: bool,
    as_json: bool,
) -> None:
    """Put systems side by side: a row for each system, a column for each layer of evaluation.

    Layers are multiple choice by set, text metrics, judges as they are and corrected, and human ratings; they are not
    averaged. On each layer systems are compared on the samples they share, by exact paired tests over the passages that
    the items stem from, with Holm's adjustment over all pairs. A rank is a range: systems that share a letter can't be
    told apart. Systems that were asked other samples, data or prompts are marked, and not ranked together.
    """
    from ecg_bench.boards import as_csv, as_latex, as_markdown, leaderboard, print_board
    from ecg_bench.contamination import parse_seen

    board = leaderboard(
        runs,
        ratings=ratings,
        criterion=criterion,
        agreement=agreement,
        published=published,
        seen=parse_seen(seen),
        median_ranks=median_ranks,
        rank_all=rank_all,
        clean=clean,
        seed=seed,
    )
    if out is not None:
        with console(stderr=True).status("writing the report"):
            missing = board.write(out, samples=not no_samples)
        if missing:
            click.echo(f"ecg-bench: {missing}", err=True)
    if as_json:
        emit_json(board.model_dump(mode="json"))
    elif form == "markdown":
        click.echo(as_markdown(board))
    elif form == "csv":
        click.echo(as_csv(board), nl=False)
    elif form == "latex":
        click.echo(as_latex(board))
    else:
        print_board(board, console())
        if out is not None:
            click.echo(f"report: {out}/index.html (ecg-bench view {out} opens it)")
