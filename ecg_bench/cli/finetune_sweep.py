"""``ecg-bench finetune sweep``."""

from __future__ import annotations

import click

from ecg_bench.cli._common import emit_json, json_option, quiet_option
from ecg_bench.cli.finetune import config_option, revision_option

EPILOG = """\b
Examples:
  ecg-bench finetune sweep --base hf/PATH --data PACK --out SWEEP --set lora.r=8,16,64 --set lora.alpha=16,128
"""


@click.command("sweep", epilog=EPILOG)
@click.option("--base", required=True, metavar="hf/PATH_OR_ID", help="The model to train on.")
@click.option(
    "--data", required=True, type=click.Path(), metavar="PACK", help="Conversations, with selection.jsonl among them."
)
@click.option("--out", required=True, type=click.Path(), metavar="SWEEP", help="The folder of the adapters.")
@config_option
@click.option(
    "--set",
    "changes",
    multiple=True,
    required=True,
    metavar="FIELD=A,B",
    help="Values to try, or one value for all. May be repeated; all combinations are trained.",
)
@revision_option
@click.option("--resume", is_flag=True, help="Go on with what was begun in the folder; begin if nothing was.")
@quiet_option
@json_option
def command(
    base: str,
    data: str,
    out: str,
    config: str | None,
    changes: tuple[str, ...],
    *,
    revision: str | None,
    resume: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Train with several values of some fields, and compare the adapters on the selection split."""
    from ecg_bench.adapters.finetune import parse_fields, read_recipe, sweep, table_of

    fields, fixed = parse_fields(changes)
    recipe = read_recipe(config, fixed)
    found = sweep(base, data, out, recipe, fields=fields, revision=revision, resume=resume, quiet=quiet)
    if as_json:
        emit_json([{"name": one.name, "selection_loss": one.loss, "p_holm": one.p} for one in found])
    else:
        click.echo(table_of(found), nl=False)
