"""``ecg-bench compare``."""

from __future__ import annotations

from typing import Any

import click

from ecg_bench.cli._common import TaskName, console, emit_json, json_option

EPILOG = """\b
Examples:
  ecg-bench compare BEFORE AFTER
  ecg-bench compare BEFORE AFTER --full --show 3          questions and raw answers of what changed
  ecg-bench compare BEFORE AFTER --metric rougeL_f --metric ecg-correctness@MODEL
  ecg-bench compare BEFORE AFTER --json --fail-if worse
  ecg-bench compare BEFORE AFTER --fail-if "accuracy drops by more than the interval"

\b
Conditions, each with "on TASK" behind it if need be:
  worse                                     a main metric is worse, p < .05 by Holm
  METRIC drops by more than 0.02            whatever the test says; also 2 %, 2 points
  METRIC drops by more than the interval    the whole interval of the difference is below 0
  unparsed rate rises by more than 1 %      also refused, empty, truncated, error
  broken > N                                samples that were right and are wrong
"""


@click.command("compare", epilog=EPILOG)
@click.argument("before", type=click.Path(), metavar="RUN_A")
@click.argument("after", type=click.Path(), metavar="RUN_B")
@click.option(
    "--tasks", multiple=True, type=TaskName(), metavar="NAME", help="A task or pattern to compare. May be repeated."
)
@click.option(
    "--metric",
    multiple=True,
    metavar="NAME",
    help="A metric, or a score that both runs were given later; all: every such score.  [default: the main metrics]",
)
@click.option(
    "--show",
    type=click.IntRange(0),
    metavar="N",
    help="Broken and fixed samples to list for each task, N of either.  [default: 10]",
)
@click.option("--full", is_flag=True, help="Also show the question and both raw answers of each.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of random sign flips and of the bootstrap.")
@click.option(
    "--out", type=click.Path(), metavar="DIR", help="Also write comparison.json, .md and .csv into this folder."
)
@click.option(
    "--fail-if", multiple=True, metavar="CONDITION", help="End with exit code 1 if it holds. May be repeated."
)
@json_option
def command(
    before: str,
    after: str,
    *,
    metric: tuple[str, ...],
    show: int | None,
    out: str | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Say what changed from one run to another, sample by sample, with a paired test.

    RUN_A is before, RUN_B is after: fixed is what was wrong and is right, broken what was right and is wrong.
    """
    from ecg_bench.comparison import compare, print_comparison

    found = compare(before, after, metric=metric or None, **options)
    if out is not None:
        found.write(out)
    if as_json:
        emit_json(found.model_dump(mode="json"))
    else:
        print_comparison(found, console(), **({} if show is None else {"show": show}))
    holding = [one for one in found.conditions if one.holds]
    for one in holding:
        click.echo(f"ecg-bench: --fail-if {one.condition!r} holds: {'; '.join(one.why)}", err=True)
    return 1 if holding else 0
