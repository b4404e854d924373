"""``ecg-bench ratings serve``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ecg_bench.cli._common import include_option, json_option
from ecg_bench.cli._serving import host_option, port_option, warn_of_others

if TYPE_CHECKING:
    from ecg_bench.ratings.serving import Study
    from ecg_bench.serving import Address

EPILOG = """\b
Examples:
  ecg-bench ratings serve RUN... --out ratings.csv
  ecg-bench ratings serve RUN... --out ratings.csv --passage --repeats 0.05
  ecg-bench ratings serve RUN... --out ratings.csv --sample 60 --stratify verdict,system
  ecg-bench ratings serve RUN... --out ratings.csv --judge my-judge.yaml --port 8700 --no-open
\b
The same command goes on where rating stopped. Ctrl-C ends it; everything is saved by then.
"""


@click.command("serve", epilog=EPILOG)
@click.argument("runs", nargs=-1, required=True, type=click.Path(), metavar="RUN...")
@click.option("--out", required=True, type=click.Path(), metavar="FILE", help="The table of ratings.")
@click.option(
    "--judge",
    default="ecg-correctness",
    show_default=True,
    metavar="NAME|FILE",
    help="The judge whose levels, with their descriptions, are the buttons.",
)
@click.option("--criterion", metavar="NAME", help="Of the judge's rubric.  [default: the first with levels]")
@click.option("--no-reference", is_flag=True, help="Don't show the reference answers.")
@click.option("--passage", is_flag=True, help="Show the passage that a question stems from, folded.")
@click.option("--sample", type=int, metavar="N", help="Rate N answers, drawn under the seed.  [default: all]")
@click.option(
    "--stratify", default="", metavar="FIELDS", help="Draw from strata by verdict, system, topic, separated by commas."
)
@click.option("--by", metavar="JUDGE@MODEL", help="Whose verdicts make the strata, where several judged.")
@click.option(
    "--repeats",
    type=click.FloatRange(0, 0.5),
    default=0.0,
    show_default=True,
    metavar="SHARE",
    help="Show this share of the answers a second time, unmarked, to see how far raters agree with themselves.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the sample and of each rater's order.")
@host_option
@port_option
@click.option("--open/--no-open", "opened", default=None, help="Open the browser.  [default: if there is one]")
@include_option
@json_option
def command(
    runs: tuple[str, ...],
    out: str,
    judge: str,
    criterion: str | None,
    no_reference: bool,
    passage: bool,
    sample: int | None,
    stratify: str,
    by: str | None,
    repeats: float,
    seed: int,
    host: str,
    port: int,
    opened: bool | None,
    include: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Rate the answers of runs on a page in the browser.

    The page shows one answer at a time, without saying whose it is. Every key press is on the disk before the page
    says that it is saved. Several people can rate, each under a name of their own.
    """
    from ecg_bench.ratings.serving import prepare, serve_ratings
    from ecg_bench.serving import may_open

    study = prepare(
        runs,
        judge=judge,
        criterion=criterion,
        reference=not no_reference,
        passage=passage,
        sample=sample,
        stratify=[name.strip() for name in stratify.split(",") if name.strip()],
        by=by,
        repeats=repeats,
        seed=seed,
        include=include,
    )
    for notice in study.notices:
        click.echo(f"note: {notice}", err=True)
    warn_of_others(host, "read all questions and answers and rate under any name")
    wanted = may_open() and not as_json if opened is None else opened

    def ready(address: Address) -> None:
        _announce(study, out, address, as_json=as_json)
        if wanted:
            click.launch(address.url)

    rows = serve_ratings(study, out, host=host, port=port, ready=ready)
    click.echo(f"{rows} ratings are in {out}", err=True)


def _announce(study: Study, out: str, address: Address, *, as_json: bool) -> None:
    if as_json:
        import json

        known = {"url": address.url, "out": out, "answers": study.answers, "criterion": study.criterion}
        click.echo(json.dumps(known))
        return
    click.echo(f"{study.answers} answers to rate, kept in {out}. Open this address to begin; Ctrl-C ends:")
    click.echo(f"\n  {address.url}\n")
