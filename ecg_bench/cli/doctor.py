"""``ecg-bench doctor``."""

from __future__ import annotations

import click

from ecg_bench.cli._common import console, emit_json, json_option

EPILOG = "Example: ecg-bench doctor --json"


@click.command("doctor", epilog=EPILOG)
@json_option
def command(*, as_json: bool) -> None:
    """Say what is installed, what is missing, and the command that adds it."""
    from ecg_bench.doctor import examine

    report = examine()
    if as_json:
        emit_json(report)
        return
    from rich.markup import escape
    from rich.table import Table

    out = console()
    facts = report["machine"]
    out.print(f"ecg-bench {report['ecg_bench']}, Python {facts['python']}, {facts['platform']}, {facts['cpus']} CPUs")
    table = Table(box=None, pad_edge=False)
    for heading in ("for", "needs", "installed", "add it with"):
        table.add_column(heading, header_style="dim")
    for part in report["parts"]:
        names = [package["name"] for package in part["packages"]]
        states = [package["version"] or "[red]missing[/]" for package in part["packages"]]
        table.add_row(part["for"], "\n".join(names), "\n".join(states), "" if part["complete"] else escape(part["add"]))
    out.print(table)
    for domain in report["domains"]:
        out.print(f"domain {domain['name']} {domain['version']}: {domain['tasks']} tasks in {domain['path']}")
