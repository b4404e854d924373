"""``ecg-bench cache``."""

from __future__ import annotations

import click

from ecg_bench.cli._common import console, emit_json, json_option

EPILOG = """\b
Examples:
  ecg-bench cache stats
  ecg-bench cache prune --older-than 30
  ecg-bench cache prune --model openai/NAME
\b
The cache lies in the user's cache folder, or in the folder that ECG_BENCH_CACHE names.
"""
MIB = 2**20


@click.group("cache", epilog=EPILOG)
def command() -> None:
    """Look at the response cache, or empty it.

    Answers are kept under a hash of the model with its revision, the prompt as sent, the parameters and the epoch, so
    that a repeated run asks and pays for nothing twice. 'ecg-bench eval --no-cache' does without.
    """


@command.command("stats", epilog="Example: ecg-bench cache stats --json")
@json_option
def stats(*, as_json: bool) -> None:
    """Say what the cache holds, by model."""
    from ecg_bench.cache import ResponseCache

    found = ResponseCache().stats()
    if as_json:
        emit_json({"path": str(found.path), "entries": found.entries, "bytes": found.size, "models": found.models})
        return
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("model", header_style="dim")
    table.add_column("answers", justify="right", header_style="dim")
    for model, count in found.models.items():
        table.add_row(escape(model), f"{count:,}")
    out = console()
    if found.models:
        out.print(table)
    out.print(f"{found.entries:,} answers, {found.size / MIB:.1f} MiB [dim]in {escape(str(found.path))}[/]")


@command.command("prune", epilog="Example: ecg-bench cache prune --older-than 30")
@click.option("--older-than", type=float, metavar="DAYS", help="Only answers that were not used for so many days.")
@click.option("--model", metavar="PROVIDER/NAME", help="Only answers of this model.")
@json_option
def prune(older_than: float | None, model: str | None, *, as_json: bool) -> None:
    """Delete answers: all of them, or those that the options name."""
    from ecg_bench.cache import ResponseCache

    gone = ResponseCache().prune(older_than_days=older_than, model=model)
    if as_json:
        emit_json({"path": str(gone.path), "deleted": gone.entries, "bytes": gone.size, "models": gone.models})
        return
    click.echo(f"{gone.entries:,} answers deleted, {gone.size / MIB:.1f} MiB freed in {gone.path}")
