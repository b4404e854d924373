"""``ecg-bench agreement``."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from ecg_bench.cli._common import Several, console, emit_json, json_option

EPILOG = """\b
Examples:
  ecg-bench agreement --ratings ratings.csv --judgements RUN1 --judgements RUN2 --out AGREEMENT
  ecg-bench agreement --ratings ratings.csv --judgements results/runs/* --out AGREEMENT
  ecg-bench agreement --ratings audit.csv --judgements audit.csv      both in one table
  ecg-bench agreement --ratings ratings.csv                           humans among themselves
"""


@click.command("agreement", cls=Several, several=("--ratings", "--judgements"), epilog=EPILOG)
@click.option(
    "--ratings",
    multiple=True,
    required=True,
    type=click.Path(),
    metavar="R...",
    help="Human ratings: tables of ratings import or serve, or sheets that need no mapping.",
)
@click.option(
    "--judgements",
    multiple=True,
    type=click.Path(),
    metavar="RUN_OR_CSV...",
    help="Runs whose answers were judged or scored, and tables with verdicts.",
)
@click.option(
    "--out", type=click.Path(), metavar="DIR", help="Write agreement.json, agreement.html, CSV tables and plots there."
)
@click.option("--criterion", metavar="NAME", help="What to compare by, where humans rated several criteria.")
@click.option(
    "--gold", metavar="RATER", help="The human to compare with, such as one who adjudicated.  [default: the majority]"
)
@click.option(
    "--sampling",
    type=click.Choice(["random", "stratified"]),
    help="How the rated answers were chosen, where the ratings don't say: at random, or by the judge's verdict.",
)
@click.option(
    "--borrow",
    is_flag=True,
    help="Correct systems without ratings by the error rates found on others. Declare this only where the judge errs "
    "on them alike.",
)
@click.option(
    "--epsilon",
    type=click.FloatRange(0, 1),
    default=0.2,
    show_default=True,
    help="Of the alternative-annotator test: 0.2 beside experts, 0.15 beside trained, 0.1 beside untrained raters.",
)
@click.option(
    "--tuned-on",
    type=click.Path(),
    metavar="FILE",
    help="Questions that were used in making the judge, an id or text on each line.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of all resampling.")
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    ratings: tuple[str, ...],
    judgements: tuple[str, ...],
    out: str | None,
    tuned_on: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Say how far judges and metrics agree with humans, and correct the judges' scores.

    Every statistic has n and an interval, or a reason why there is none. Corrected scores are what is left of a judge's
    scores once its errors, seen on the answers that humans rated, are taken out.
    """
    from pathlib import Path

    from ecg_bench.agreement import agreement, print_agreement
    from ecg_bench.files import read_text

    given = {n: v for n, v in options.items() if ctx.get_parameter_source(n) is not ParameterSource.DEFAULT}
    if tuned_on is not None:
        given["tuned_on"] = [line.strip() for line in read_text(Path(tuned_on)).splitlines() if line.strip()]
    report = agreement(ratings, judgements, **given)
    if out is not None:
        report.write(out)
    if as_json:
        emit_json(report.model_dump(mode="json"))
        return
    shown = console()
    print_agreement(report, shown)
    if out is not None:
        shown.print(f"\n[dim]written: {Path(out) / 'agreement.html'}[/]")
