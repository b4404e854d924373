"""``ecg-bench judge-probe``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from ecg_bench.cli._common import (
    ModelName,
    TaskName,
    console,
    emit_json,
    include_option,
    json_option,
    model_arg_option,
    no_cache_option,
    quiet_option,
)
from ecg_bench.cli._limits import LIMITS, limit_options, limits_of

if TYPE_CHECKING:
    from ecg_bench.judgements import Probe

EPILOG = """\b
Examples:
  ecg-bench judge-probe --judge ecg-correctness --model openai/NAME --out PROBE --json
  ecg-bench judge-probe --judge ecg-correctness --model baseline/lexical-judge --questions 100
\b
It needs no human: which of two answers is better is known, because one was made from the other. It says what a judge
can't do; that a judge passes does not say that it agrees with an expert.
"""


@click.command("judge-probe", epilog=EPILOG)
@click.option(
    "--judge", required=True, metavar="NAME|FILE", help="The rubric: one that ecg-bench brings, or a YAML file."
)
@click.option("--model", required=True, type=ModelName(), metavar="PROVIDER/NAME", help="Who judges.")
@model_arg_option
@click.option(
    "--tasks",
    multiple=True,
    type=TaskName(),
    metavar="TASK",
    help="Open tasks whose questions are used.  [default: ecg/open-*]",
)
@click.option(
    "--questions",
    type=click.IntRange(2),
    default=25,
    show_default=True,
    metavar="N",
    help="How many are drawn; each is asked about 25 times.",
)
@click.option(
    "--repeats",
    type=click.IntRange(2),
    default=3,
    show_default=True,
    metavar="K",
    help="How often the same is asked, for consistency and position.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draw, the changes, order and ids.")
@click.option("--max-tokens", type=int, metavar="N", help="Of a verdict, with its reasoning.  [default: the judge's]")
@click.option("--temperature", type=float, metavar="T", help="0 is greedy.  [default: the judge's]")
@click.option(
    "--out", type=click.Path(), metavar="DIR", help="Run directory of the probe.  [default: in results/probes]"
)
@limit_options
@no_cache_option
@include_option
@quiet_option
@json_option
@click.pass_context
def command(ctx: click.Context, /, *, judge: str, model: str, no_cache: bool, as_json: bool, **options: Any) -> int:
    """Try a judge: consistency, position, verbosity, changed negations, numbers and leads, and prompt injection.

    The directory holds every prompt and verdict as of any run, and probe.json with each rate and its interval.
    """
    from ecg_bench.backends import parse_arguments
    from ecg_bench.judgements import probe_judge

    given = {n: v for n, v in options.items() if ctx.get_parameter_source(n) is not ParameterSource.DEFAULT}
    given["limits"] = limits_of({name: given.pop(name) for name in LIMITS if name in given})
    if "model_arg" in given:
        given["model_args"] = parse_arguments(given.pop("model_arg"))
    given["quiet"] = given.get("quiet", False) or as_json
    found = probe_judge(judge, model, cache=not no_cache, **given)
    if as_json:
        emit_json({"run": str(found.run.path), **found.record.model_dump(mode="json")})
    else:
        _print(found)
    return int(found.run.error_rate > 0)


def _print(probe: Probe) -> None:
    from rich.markup import escape
    from rich.table import Table

    record = probe.record
    title = f"[bold]{escape(record.judge)}[/] by [bold]{escape(record.model)}[/], {record.questions} questions"
    table = Table(title=title, title_justify="left", title_style="", box=None, pad_edge=False)
    table.add_column("probe", header_style="dim")
    table.add_column("rate of", header_style="dim")
    for heading in ("wanted", "value", "95 % interval", "n"):
        table.add_column(heading, justify="right", header_style="dim")
    for name, one in record.rates.items():
        table.add_row(
            name, one.what, one.wanted, f"[bold]{one.value:.2f}[/]", f"{one.low:.2f} to {one.high:.2f}", str(one.n)
        )
    out = console()
    out.print(table)
    out.print(
        f"[dim]the score: {escape(record.score)}; {record.unread} of {record.replies} replies could not be read[/]"
    )
    for notice in record.notices:
        out.print(f"[yellow]note:[/] {escape(notice)}")
    out.print(f"[dim]prompts, verdicts and probe.json: {escape(str(probe.run.path))}[/]")
