"""``ecg-bench finetune merge``."""

from __future__ import annotations

import click

from ecg_bench.cli._common import emit_json, json_option

EPILOG = """\b
Examples:
  ecg-bench finetune merge ADAPTER --out MODEL
  ecg-bench finetune merge ADAPTER --base hf/PATH --out MODEL     the base has moved
"""


@click.command("merge", epilog=EPILOG)
@click.argument("adapter", type=click.Path(), metavar="ADAPTER")
@click.option("--out", required=True, type=click.Path(), metavar="MODEL", help="The folder of the merged model.")
@click.option("--base", metavar="hf/PATH_OR_ID", help="The base model.  [default: where it was when trained on]")
@json_option
def command(adapter: str, out: str, base: str | None, *, as_json: bool) -> None:
    """Add an adapter's weights to its base's and save the sum as a model of its own, as safetensors."""
    from ecg_bench.adapters.finetune import merge

    found = merge(adapter, out, base=base)
    if as_json:
        emit_json(found)
    else:
        click.echo(f"{out}: hf/{out} answers as hf/{found['base']['name']} with peft={adapter}")
