"""``ecg-bench signal train``."""

from __future__ import annotations

import click

from ecg_bench.cli._common import emit_json, json_option, quiet_option

ARCHS = ("ecg-lm", "meit", "concat", "resnet")
EPILOG = """\b
Examples:
  ecg-bench signal train --arch ecg-lm --llm hf/PATH --data synthetic:n=2000,seed=1 --out ADAPTER --config ecg-lm-small
  ecg-bench signal train --arch meit --llm hf/PATH --data PTBXL_DIR --out ADAPTER --resume
  ecg-bench signal train --arch resnet --data conversations.jsonl --out ADAPTER --set training.epochs=10
  ecg-bench eval --model signal/ADAPTER --tasks 'ecg/signal-*' --out RUN
"""


@click.group("signal")
def command() -> None:
    """Train systems that see ECGs."""


@command.command("train", epilog=EPILOG)
@click.option("--arch", required=True, type=click.Choice(ARCHS), help="How the ECG gets into the language model.")
@click.option("--llm", metavar="hf/PATH_OR_ID", help="The language model; resnet has none.")
@click.option(
    "--data",
    required=True,
    metavar="SET",
    help="synthetic:n=2000,seed=1, a folder of PTB-XL, or JSONL files of conversations with media.",
)
@click.option("--out", required=True, type=click.Path(), metavar="ADAPTER", help="The adapter's folder.")
@click.option(
    "--config",
    metavar="FILE",
    help="The recipe: a YAML file, or the name of a shipped one: an architecture's, or ARCH-small.  [default: ARCH]",
)
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="FIELD=VALUE",
    help="Change a field of the recipe, such as training.epochs=3. May be repeated.",
)
@click.option("--revision", metavar="NAME", help="Branch, tag or commit of the language model on the hub.")
@click.option("--resume", is_flag=True, help="Go on with what was begun in the folder; begin if nothing was.")
@quiet_option
@json_option
def train(
    arch: str,
    llm: str | None,
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
    """Train an encoder of ECGs together with a language model, or alone as a classifier."""
    from ecg_bench.adapters.signal import print_signal_adapter, read_recipe, train_signal

    recipe = read_recipe(config or arch, changes)
    adapter = train_signal(arch, data, out, recipe, llm=llm, revision=revision, resume=resume, quiet=quiet)
    if not adapter.card["result"]:  # one of several processes, of which the first one tells
        return
    if as_json:
        emit_json(dict(adapter.card))
    else:
        print_signal_adapter(adapter)
