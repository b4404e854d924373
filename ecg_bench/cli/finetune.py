"""``ecg-bench finetune``, and ``ecg-bench finetune merge | sweep``."""

from __future__ import annotations

import click

from ecg_bench.cli._common import emit_json, json_option, quiet_option
from ecg_bench.cli._group import LazyGroup

COMMANDS = {
    "merge": ("ecg_bench.cli.finetune_merge", "Merge an adapter into its base, as a model of its own."),
    "sweep": ("ecg_bench.cli.finetune_sweep", "Train with several values of some fields, and compare the adapters."),
}

EPILOG = """\b
Examples:
  ecg-bench finetune --base hf/PATH --data PACK --out ADAPTER --config qlora.yaml --resume
  ecg-bench finetune --base hf/PATH --data rows.jsonl --out ADAPTER --config lora-small --set training.epochs=8
  ecg-bench eval --model hf/PATH --model-arg peft=ADAPTER --tasks 'ecg/mcq-*' --out RUN
  accelerate launch --config_file fsdp.yaml -m ecg_bench finetune --base hf/PATH ...    several GPUs
"""

base_option = click.option("--base", metavar="hf/PATH_OR_ID", help="The model to train on.")
data_option = click.option(
    "--data",
    type=click.Path(),
    metavar="PACK",
    help="A pack made by 'ecg-bench datagen', a folder of JSONL files with conversations, or one such file.",
)
config_option = click.option(
    "--config",
    metavar="FILE",
    help="The recipe: a YAML file, or the name of a shipped one (qlora, lora-small).  [default: qlora]",
)
revision_option = click.option("--revision", metavar="NAME", help="Branch, tag or commit of the base on the hub.")


@click.group("finetune", cls=LazyGroup, lazy=COMMANDS, epilog=EPILOG, invoke_without_command=True)
@base_option
@data_option
@click.option("--out", type=click.Path(), metavar="ADAPTER", help="The adapter's folder.")
@config_option
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="FIELD=VALUE",
    help="Change a field of the recipe, such as training.epochs=3. May be repeated.",
)
@revision_option
@click.option("--resume", is_flag=True, help="Go on with what was begun in the folder; begin if nothing was.")
@quiet_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    base: str | None,
    data: str | None,
    out: str | None,
    config: str | None,
    changes: tuple[str, ...],
    *,
    revision: str | None,
    resume: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Train a LoRA or QLoRA adapter on questions and answers, with the loss on the answers only."""
    if ctx.invoked_subcommand is not None:
        return
    from ecg_bench.adapters.finetune import finetune, print_adapter, read_recipe

    needed = {"--base": base, "--data": data, "--out": out}
    if missing := [name for name, value in needed.items() if value is None]:
        raise click.UsageError(f"Missing option '{missing[0]}'.", ctx)
    adapter = finetune(
        str(base), str(data), str(out), read_recipe(config, changes), revision=revision, resume=resume, quiet=quiet
    )
    if not adapter.card["result"]:  # one of several processes, of which the first one tells
        return
    if as_json:
        emit_json(adapter.card)
    else:
        print_adapter(adapter)
