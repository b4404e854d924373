"""``ecg-bench judge``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import click
from click.core import ParameterSource

from ecg_bench.cli._common import (
    ModelName,
    console,
    emit_json,
    include_option,
    json_option,
    model_arg_option,
    no_cache_option,
    quiet_option,
    report_errors,
)
from ecg_bench.cli._limits import LIMITS, limit_options, limits_of
from ecg_bench.errors import UserError

if TYPE_CHECKING:
    from ecg_bench.judgements import Judging

EPILOG = """\b
Examples:
  ecg-bench judge RUN --judge ecg-correctness --model openai/deepseek-r1 --model-arg base_url=URL
  ecg-bench judge RUN --judge ecg-correctness --model baseline/lexical-judge
  ecg-bench judge RUN1 RUN2 RUN3 --judge ecg-listwise --model anthropic/NAME
  ecg-bench judge RUN --judge ecg-binary --model openai/A --model openai/B --model openai/C --combine majority
  ecg-bench judge RUN --judge my-judge.yaml --model openai/NAME --dry-run
\b
'ecg-bench judges list' shows the judges. A judge's score says how its model answered the rubric, and no more, until
it is compared with human ratings. Exit codes as for 'ecg-bench eval'.
"""


@click.command("judge", epilog=EPILOG)
@click.argument("runs", nargs=-1, required=True, type=click.Path(), metavar="RUN...")
@click.option(
    "--judge", required=True, metavar="NAME|FILE", help="The rubric: one that ecg-bench brings, or a YAML file."
)
@click.option(
    "--model",
    "models",
    required=True,
    multiple=True,
    type=ModelName(),
    metavar="PROVIDER/NAME",
    help="Who judges. Several times for a panel.",
)
@model_arg_option
@click.option(
    "--combine",
    type=click.Choice(["majority", "median"]),
    default="majority",
    show_default=True,
    help="How the verdicts of several models become one.",
)
@click.option(
    "--retries",
    type=click.IntRange(0, 10),
    default=2,
    show_default=True,
    metavar="N",
    help="How often the judge is told what was wrong with a verdict that can't be read.",
)
@click.option("--limit", type=int, metavar="N", help="Judge N answers of each task, drawn under the seed.")
@click.option("--epochs", type=int, default=1, show_default=True, metavar="K", help="Ask K times for each verdict.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of order, ids, sampling and --limit.")
@click.option("--max-tokens", type=int, metavar="N", help="Of a verdict, with its reasoning.  [default: the judge's]")
@click.option("--temperature", type=float, metavar="T", help="0 is greedy.  [default: the judge's]")
@click.option(
    "--out", type=click.Path(), metavar="DIR", help="Where the judge's own run goes.  [default: RUN/judgements]"
)
@click.option(
    "--resume",
    is_flag=True,
    expose_value=False,
    help="Go on with what was interrupted, as the same call does anyway.",
)
@click.option("--dry-run", is_flag=True, help="Print a prompt, token counts and cost, and ask nothing.")
@limit_options
@click.option("--batch", is_flag=True, help="Use the provider's batch API: half the price, verdicts within a day.")
@no_cache_option
@include_option
@quiet_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    runs: tuple[str, ...],
    judge: str,
    models: tuple[str, ...],
    combine: Literal["majority", "median"],
    dry_run: bool,
    no_cache: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Let a model judge the open answers of stored runs.

    What each verdict says is kept like any other answer, in a run of the judge's own. The scores go into
    RUN/scorings, and their means, with intervals, into RUN/results.json.
    """
    from ecg_bench.backends import parse_arguments
    from ecg_bench.judgements import judge_dry_run, judge_with

    given = {n: v for n, v in options.items() if ctx.get_parameter_source(n) is not ParameterSource.DEFAULT}
    given["limits"] = limits_of({name: given.pop(name) for name in LIMITS if name in given})
    if "model_arg" in given:
        given["model_args"] = parse_arguments(given.pop("model_arg"))
    if len(models) > 1 and "out" in given:
        raise UserError("--out names one directory, but each of several models has a run of its own: leave it out")
    if dry_run:
        given = {name: value for name, value in given.items() if name not in ("out", "quiet", "retries")}
        plans = [plan for model in models for plan in judge_dry_run(runs, judge, model, **given)]
        if as_json:
            emit_json({"dry_run": [plan.as_record() for plan in plans]})
            return 0
        from ecg_bench.cli._tables import print_dry_run

        for plan in plans:
            print_dry_run(console(), plan)
        return 0
    given["quiet"] = given.get("quiet", False) or as_json
    judging = judge_with(runs, judge, models, combine=combine, cache=not no_cache, **given)
    if as_json:
        emit_json(judging.as_record())
    else:
        print_judging(judging)
    for run in judging.judgements:
        report_errors(run)
    return int(judging.has_errors)


def print_judging(judging: Judging) -> None:
    """Print what judges said about each run."""
    from rich.markup import escape

    from ecg_bench.cli._tables import judged_table, totals_line

    out = console()
    out.print(judged_table(judging))
    for member in judging.members:
        totals = member.judgement.header.totals
        taken = totals_line(totals) if totals is not None else ""
        out.print(f"[dim]{escape(str(member.judgement.path))}{': ' + escape(taken) if taken else ''}[/]")
    for notice in judging.notices:
        out.print(f"[yellow]note:[/] {escape(notice)}")
