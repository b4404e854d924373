"""What commands share: options, completion, and the two ways of printing."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem
from click.types import StringParamType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from ecg_bench.evaluation import Run

SHOWN_ERRORS = 10

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Write machine-readable output to standard output, and nothing else there."
)
include_option = click.option(
    "--include",
    multiple=True,
    type=click.Path(),
    metavar="DIR",
    help="A further domain pack, or a folder of packs. May be repeated; ECG_BENCH_DOMAINS names such folders for good.",
)

model_arg_option = click.option(
    "--model-arg", "model_arg", multiple=True, metavar="KEY=VALUE", help="An argument of the provider. May be repeated."
)
task_arg_option = click.option(
    "--task-arg",
    "task_arg",
    multiple=True,
    metavar="KEY=VALUE",
    help="What a task needs whose samples are not beside it, such as root=FOLDER; 'ecg-bench tasks list' says which. "
    "May be repeated.",
)
no_cache_option = click.option(
    "--no-cache", is_flag=True, help="Neither take answers from the response cache nor keep them there."
)
quiet_option = click.option("--quiet", "-q", is_flag=True, help="Show no progress.")


def emit_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def console(*, stderr: bool = False) -> Console:
    """Return a console for tables; as wide as a log allows where there is no terminal."""
    from rich.console import Console

    made = Console(stderr=stderr, highlight=False, emoji=False)
    if not made.is_terminal:
        made.width = 160
    return made


class Several(click.Command):
    """A command with options that take several values after one name: ``--judgements RUN1 RUN2``, as a shell's * makes.

    Parameters
    ----------
    several : sequence of str
        These options, which may be repeated too.
    """

    def __init__(self, *args: Any, several: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._several = frozenset(several)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        spread: list[str] = []
        taking = ""
        for arg in args:
            if arg.startswith("-"):
                taking = arg if arg in self._several else ""
                first = True
            if not taking or arg == taking:
                spread.append(arg)
            elif first:
                spread.append(arg)
                first = False
            else:
                spread += [taking, arg]
        return super().parse_args(ctx, spread)


class TaskName(StringParamType):
    """A task's name or pattern, completed from the tasks that are installed."""

    name = "task"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from ecg_bench.domains import find_domains

        names = [f"{d.name}/{task}" for d in find_domains().values() for task in d.task_cards]
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


class ModelName(StringParamType):
    """A model's name, completed by provider, and by name for the baselines."""

    name = "provider/name"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from ecg_bench.backends import BACKENDS
        from ecg_bench.backends.baseline import NAMES

        names = [f"baseline/{name}" for name in NAMES] + [
            f"{provider}/" for provider in BACKENDS if provider != "baseline"
        ]
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def report_errors(run: Run) -> None:
    """Say which requests of a run ended in errors, and why."""
    errors = list(islice(run.errors(), SHOWN_ERRORS + 1))
    if not errors:
        return
    total = run.header.outcomes["error"]
    click.echo(
        f"ecg-bench: {run.system}: {total} requests ended in errors; repeating the command asks them again:", err=True
    )
    for task, sample, message in errors[:SHOWN_ERRORS]:
        click.echo(f"  {task} {sample}: {message}", err=True)
    if total > SHOWN_ERRORS:
        click.echo(f"  … and {total - SHOWN_ERRORS} more in {run.path}/samples.jsonl", err=True)
