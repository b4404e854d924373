"""``ecg-bench models list``."""

from __future__ import annotations

import inspect
from typing import Any

import click

from ecg_bench.cli._common import console, emit_json, json_option

EPILOG = """\b
Examples:
  ecg-bench models list
  ecg-bench models list --json
"""


@click.group("models", epilog=EPILOG)
def command() -> None:
    """List what --model can be."""


@command.command("list", epilog="Example: ecg-bench models list")
@json_option
def list_models(*, as_json: bool) -> None:
    """List the providers, what each can do, and the arguments that --model-arg sets."""
    from ecg_bench.backends import BACKENDS
    from ecg_bench.registry import keyword_parameters, takes_others

    rows: list[dict[str, Any]] = []
    for name in BACKENDS:
        backend = BACKENDS.get(name)
        arguments = {
            key: None if parameter.default is inspect.Parameter.empty else parameter.default
            for key, parameter in keyword_parameters(backend).items()
        }
        rows.append(
            {
                "provider": name,
                "modes": sorted(backend.modes),
                "summary": backend.summary,
                "arguments": arguments,
                "other_arguments": takes_others(backend),
            }
        )
    if as_json:
        emit_json({"providers": rows})
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("--model", "modes", "what it is", "--model-arg (default)"):
        table.add_column(heading, header_style="dim")
    for row in rows:
        arguments = row["arguments"]
        named = [f"{key}={'' if value is None else value}" for key, value in arguments.items()]
        shown = ", ".join([*named, "and its own"] if row["other_arguments"] else named) or "none"
        table.add_row(f"{row['provider']}/NAME", ", ".join(row["modes"]), row["summary"], shown)
    console().print(table)
