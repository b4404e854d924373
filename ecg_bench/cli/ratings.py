"""``ecg-bench ratings import | export | serve``."""

from __future__ import annotations

import click

from ecg_bench.cli._group import LazyGroup

COMMANDS = {
    "import": ("ecg_bench.cli.ratings_import", "Read rating sheets into one table, and say what became of each row."),
    "export": ("ecg_bench.cli.ratings_export", "Draw answers and make a blinded sheet for the expert."),
    "serve": ("ecg_bench.cli.ratings_serve", "Rate answers on a local page."),
}

EPILOG = """\b
Examples:
  ecg-bench ratings export RUN... --out sheet.xlsx --key key.csv
  ecg-bench ratings import sheet.xlsx --key key.csv --out ratings.csv
  ecg-bench ratings serve RUN... --out ratings.csv
"""


@click.group("ratings", cls=LazyGroup, lazy=COMMANDS, epilog=EPILOG)
def command() -> None:
    """Human ratings of answers: read sheets, make sheets, rate in the browser."""
