"""``ecg-bench export``."""

from __future__ import annotations

from typing import Any

import click

from ecg_bench.cli._common import TaskName, emit_json, include_option, json_option

EPILOG = """\b
Examples:
  ecg-bench export lm-eval --tasks 'ecg/*' --out DIR
  lm_eval run --model hf --model_args pretrained=PATH --include_path DIR --tasks ecg_mcq_general
"""


@click.group("export", epilog=EPILOG)
def command() -> None:
    """Write tasks for other harnesses."""


@command.command("lm-eval", epilog=EPILOG)
@click.option(
    "--tasks",
    multiple=True,
    required=True,
    type=TaskName(),
    metavar="TASK",
    help="Task name, with wildcards in quotes. May be repeated, or separated by commas.",
)
@click.option("--out", required=True, type=click.Path(), metavar="DIR", help="The folder to write.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the order of options.")
@click.option(
    "--score-by",
    type=click.Choice(["letter", "option"]),
    default="letter",
    show_default=True,
    help="What is compared by log-likelihood: letters after the options were shown, or the options' texts.",
)
@include_option
@json_option
def lm_eval(tasks: tuple[str, ...], include: tuple[str, ...], *, as_json: bool, **options: Any) -> None:
    """Write tasks as lm-eval YAML and data, for lm_eval --include_path DIR.

    The prompts are those of 'ecg-bench eval', rendered into the data; the folder needs nothing of this package and can
    be moved. Its README.md says which task is for what.
    """
    from ecg_bench.domains import find_tasks
    from ecg_bench.exports import export_lm_eval

    names = [name for given in tasks for name in given.split(",") if name]
    export = export_lm_eval(find_tasks(names, include), **options)
    if as_json:
        emit_json({"out": str(export.path), "tasks": list(export.tasks), "samples": export.samples})
        return
    click.echo(f"{export.samples} samples, {len(export.tasks)} tasks and groups in {export.path}:")
    for name in export.tasks:
        click.echo(f"  {name}")
