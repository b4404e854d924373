"""``ecg-bench completion``."""

from __future__ import annotations

import click

EPILOG = """\b
Examples (put the line into your shell's start file):
  eval "$(ecg-bench completion bash)"
  eval "$(ecg-bench completion zsh)"
  ecg-bench completion fish | source
"""


@click.command("completion", epilog=EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.option("--json", "as_json", is_flag=True, help="Write the script as a JSON string.")
@click.pass_context
def command(ctx: click.Context, shell: str, *, as_json: bool) -> None:
    """Print the completion script for your shell: commands, options, task and model names."""
    from click.shell_completion import get_completion_class

    from ecg_bench.cli._common import emit_json

    made = get_completion_class(shell)
    if made is None:
        raise click.UsageError(f"this version of click has no completion for {shell}")
    script = made(ctx.find_root().command, {}, "ecg-bench", "_ECG_BENCH_COMPLETE").source()
    if as_json:
        emit_json({"shell": shell, "script": script})
    else:
        click.echo(script)
