"""``ecg-bench tasks list | show | validate``."""

from __future__ import annotations

from typing import Any

import click

from ecg_bench.cli._common import TaskName, console, emit_json, include_option, json_option, task_arg_option

EPILOG = """\b
Examples:
  ecg-bench tasks list
  ecg-bench tasks show ecg/mcq-checked
  ecg-bench tasks validate                           every pack that is installed
  ecg-bench tasks validate ./my-domain               a pack of your own
"""


@click.group("tasks", epilog=EPILOG)
def command() -> None:
    """List, show and validate tasks."""


@command.command("list", epilog="Example: ecg-bench tasks list --domain ecg")
@click.option("--domain", metavar="NAME", help="Only the tasks of this domain.")
@include_option
@json_option
def list_tasks(domain: str | None, include: tuple[str, ...], *, as_json: bool) -> None:
    """List the tasks that are installed, with their sizes, and what a task needs whose data are yours to give."""
    from ecg_bench.domains import known_tasks, load_task

    found = []
    for one in known_tasks([f"{domain or '*'}/*"], include):
        lacking = one.needs()
        n = None if lacking else load_task(one.domain, one.card.task).scan.n
        found.append((one, n, lacking))
    if as_json:
        cards = [
            {"name": one.name, "samples": n, "needs": lacking, **one.card.model_dump(mode="json")}
            for one, n, lacking in found
        ]
        emit_json({"tasks": cards})
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    needing = any(lacking for _, _, lacking in found)
    headings = ("task", "type", "version", "samples", "title", *(["needs"] if needing else []))
    for heading in headings:
        table.add_column(heading, header_style="dim", justify="right" if heading in ("version", "samples") else "left")
    for one, n, lacking in found:
        size = "" if n is None else str(n)
        what = "; ".join(f"--task-arg {name}=… ({text})" if text else name for name, text in lacking.items())
        cells = [one.name, one.card.type, str(one.card.version), size, one.card.title, *([what] if needing else [])]
        table.add_row(*cells)
    console().print(table)


@command.command("show", epilog="Example: ecg-bench tasks show ecg/mcq-general")
@click.argument("name", type=TaskName(), metavar="TASK")
@task_arg_option
@include_option
@json_option
def show_task(name: str, task_arg: tuple[str, ...], include: tuple[str, ...], *, as_json: bool) -> None:
    """Show a task's card and its first sample as a model would be asked."""
    from itertools import islice

    from ecg_bench.backends import parse_arguments
    from ecg_bench.domains import find_tasks
    from ecg_bench.settings import Settings

    shown: list[dict[str, Any]] = []
    for task in find_tasks([name], include, parse_arguments(task_arg, "--task-arg")):
        plan = task.type.plan(task.name, Settings(), task.scan.columns, task.shots)
        sample = next(islice(task.dataset, 1))
        request = next(plan.requests(sample))
        prompt = [{"role": message.role, "content": message.content} for message in request.messages]
        card = task.card.model_dump(mode="json")
        shown.append(
            {"name": task.name, "samples": task.scan.n, "sha256": task.scan.sha256, "card": card, "prompt": prompt}
        )
    if as_json:
        emit_json({"tasks": shown})
        return
    for one in shown:
        _print(one)


def _print(task: dict[str, Any]) -> None:
    from rich.markup import escape

    out = console()
    card = task["card"]
    out.print(f"[bold]{escape(task['name'])}[/]  {escape(card['title'])}")
    out.print(
        f"[dim]{card['type']}, version {card['version']}, {task['samples']} samples, sha256 {task['sha256'][:16]}…[/]\n"
    )
    for heading in ("description", "made", "verified"):
        if card[heading]:
            out.print(f"[cyan]{heading}[/] {escape(' '.join(card[heading].split()))}\n")
    for message in task["prompt"]:
        out.print(f"[cyan]first prompt, {message['role']}[/]")
        out.print(escape(message["content"]) + "\n")


@command.command("validate", epilog="Example: ecg-bench tasks validate ./my-domain")
@click.argument("path", required=False, type=click.Path(), metavar="[PATH]")
@json_option
def validate(path: str | None, *, as_json: bool) -> int:
    """Check a domain pack: keys, options, duplicates, passages, sources, and what gives answers away.

    PATH is a pack, or a folder of packs; without it every installed pack is checked. Exits with 2 if anything is wrong,
    with file and line.
    """
    from ecg_bench.validation import validate_packs

    reports = validate_packs(path)
    if as_json:
        emit_json({"packs": [report.as_record() for report in reports]})
    else:
        from ecg_bench.validation import print_report

        for report in reports:
            print_report(report, console())
    return 2 if any(report.problems for report in reports) else 0
