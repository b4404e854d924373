"""``ecg-bench schema``."""

from __future__ import annotations

import click

from ecg_bench.cli._common import emit_json, json_option

EPILOG = """\b
Examples:
  ecg-bench schema                                   all of them
  ecg-bench schema samples > samples.schema.json
"""


NAMES = ("run", "samples", "results", "scoring", "probe", "leaderboard", "comparison", "agreement", "intake")


@click.command("schema", epilog=EPILOG)
@click.argument("name", required=False, type=click.Choice(NAMES))
@json_option
def command(name: str | None, *, as_json: bool) -> None:  # noqa: ARG001  # it is JSON in any case
    """Print the JSON Schema of the files of a run, a leaderboard, a comparison, an agreement report, and so on."""
    from ecg_bench.schemas import load_schemas

    schemas = load_schemas()
    emit_json(schemas if name is None else schemas[name])
