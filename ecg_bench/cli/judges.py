"""``ecg-bench judges list | show | validate``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem
from click.types import StringParamType

from ecg_bench.cli._common import console, emit_json, json_option

if TYPE_CHECKING:
    from ecg_bench.judging import Judge

EPILOG = """\b
Examples:
  ecg-bench judges list
  ecg-bench judges show ecg-correctness              rubric, what is shown, and a prompt in full
  ecg-bench judges show ./my-judge.yaml              a judge of your own
  ecg-bench judges validate ./my-judge.yaml
"""


class JudgeName(StringParamType):
    """A judge's name or file; the names are completed."""

    name = "judge"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from ecg_bench.judging import find_judges

        return [CompletionItem(name) for name in find_judges() if name.startswith(incomplete)]


@click.group("judges", epilog=EPILOG)
def command() -> None:
    """List, show and validate judges of open answers."""


@command.command("list", epilog="Example: ecg-bench judges list")
@json_option
def list_judges(*, as_json: bool) -> None:
    """List the judges that are shipped."""
    from ecg_bench.judging import find_judges

    judges = find_judges()
    if as_json:
        emit_json({"judges": [_record(judge) for judge in judges.values()]})
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("judge", "version", "answers in a call", "criteria", "needs", "title"):
        table.add_column(heading, header_style="dim", justify="right" if heading == "version" else "left")
    for judge in judges.values():
        table.add_row(
            judge.name,
            str(judge.card.version),
            "all to a question" if judge.listwise else "one",
            ", ".join(criterion.name for criterion in judge.criteria),
            ", ".join(_shown(judge, "required")),
            judge.card.title,
        )
    console().print(table)


@command.command("show", epilog="Example: ecg-bench judges show ecg-correctness")
@click.argument("name", type=JudgeName(), metavar="JUDGE")
@json_option
def show_judge(name: str, *, as_json: bool) -> None:
    """Show a judge's rubric, what it is shown, and the prompt for a small example.

    JUDGE is a name from `ecg-bench judges list`, or a YAML file of your own.
    """
    from ecg_bench.judging import load_judge

    judge = load_judge(name)
    prompt = [(message.role, message.content) for message in judge.example().messages]
    if as_json:
        messages = [{"role": role, "content": content} for role, content in prompt]
        emit_json({**_record(judge), "card": judge.card.model_dump(mode="json"), "prompt": messages})
        return
    from rich.markup import escape

    out, card = console(), judge.card
    out.print(f"[bold]{escape(judge.name)}[/]  {escape(card.title)}")
    out.print(f"[dim]{escape(judge.signature)}[/]\n")
    for heading, text in (("description", card.description), ("verified", card.verified)):
        out.print(f"[cyan]{heading}[/] {escape(' '.join(text.split()))}\n")
    shown = [*_shown(judge, "required"), *(f"{name} (where there is one)" for name in _shown(judge, "optional"))]
    out.print(f"[cyan]is shown[/] {escape(', '.join(shown))}, {'all answers' if judge.listwise else 'one answer'}")
    out.print(
        f"[cyan]made for[/] {escape(card.model.name)}, temperature {card.model.temperature:g}, "
        f"at most {card.model.max_tokens:,} tokens [dim](asked only if you name it)[/]\n"
    )
    out.print("[cyan]rubric[/]")
    out.print(_rubric_table(judge))
    for role, content in prompt:
        out.print(f"\n[cyan]prompt for a small example, {role}[/]")
        out.print(escape(content))


@command.command("validate", epilog="Example: ecg-bench judges validate ./my-judge.yaml")
@click.argument("file", type=click.Path(), metavar="FILE")
@json_option
def validate(file: str, *, as_json: bool) -> None:
    """Check a judge of your own: its fields, its rubric, and its prompt on a small example.

    Exits with 2 at the first thing that is wrong, with file and line.
    """
    from pathlib import Path

    from ecg_bench.judging import read_judge

    judge = read_judge(Path(file))
    if as_json:
        emit_json(_record(judge))
    else:
        click.echo(f"{file}: nothing is wrong; {judge.signature}")


def _record(judge: Judge) -> dict[str, Any]:
    return {
        "name": judge.name,
        "title": judge.card.title,
        "signature": judge.signature,
        "protocol": judge.card.protocol,
        "shown": judge.card.shown.model_dump(),
        "criteria": [criterion.name for criterion in judge.criteria],
        "schema": judge.schema,
    }


def _shown(judge: Judge, when: str) -> list[str]:
    return [name.replace("_", " ") for name, given in judge.card.shown.model_dump().items() if given == when]


def _rubric_table(judge: Judge) -> Any:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("criterion", "in the verdict", "kind", "level", "score", "meaning"):
        table.add_column(heading, header_style="dim", justify="right" if heading == "score" else "left")
    for criterion in judge.criteria:
        card = criterion.card
        low, high = card.minimum, card.maximum
        between = "" if low is None else f"{low} to {high}"
        description = escape(" ".join(card.description.split()))
        table.add_row(escape(criterion.name), escape(criterion.field), card.kind, between, "0 to 1", description)
        for level in card.levels:
            meaning = escape(" ".join(level.description.split()))
            table.add_row("", "", "", escape(level.name), f"{level.value:g}", meaning)
    return table
