"""What validation found, as data and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class Problem:
    """Something wrong: where, and what."""

    path: str
    line: int | None
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}" if self.line else f"{self.path}: {self.message}"


@dataclass(frozen=True)
class TaskReport:
    """The figures of one task.

    Attributes
    ----------
    name, type : str
        Of the task.
    n : int
        Number of readable samples.
    groups : int
        Number of passages that they stem from.
    keys : mapping of str to int
        Multiple choice: how often each letter is the key.
    shallow : mapping of str to float
        Multiple choice: the accuracy of rules that know nothing of the field, ties counted in part.
    """

    name: str
    type: str
    n: int
    groups: int
    keys: Mapping[str, int] = field(default_factory=dict)
    shallow: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class PackReport:
    """The figures of a pack, and all that is wrong with it."""

    domain: str
    path: str
    documents: int
    passages: int
    words: int
    core_documents: int
    tasks: tuple[TaskReport, ...]
    problems: tuple[Problem, ...]

    def as_record(self) -> dict[str, Any]:
        """Return the report as JSON data."""
        return asdict(self)


@dataclass
class Problems:
    """Collects what is wrong."""

    found: list[Problem] = field(default_factory=list)

    def add(self, path: Path, line: int | None, message: str) -> None:
        """Note a problem."""
        self.found.append(Problem(str(path), line, message))


def print_report(report: PackReport, console: Console) -> None:
    """Print the figures as a table, and every problem with file and line."""
    from rich.markup import escape
    from rich.table import Table

    console.print(
        f"[bold]{escape(report.domain)}[/]  {report.documents} documents ({report.core_documents} core), "
        f"{report.passages} passages, {report.words} words   [dim]{escape(report.path)}[/]"
    )
    rules = sorted({rule for task in report.tasks for rule in task.shallow})
    table = Table(box=None, pad_edge=False)
    table.add_column("task", header_style="dim")
    for heading in ("samples", "groups", "keys A/B/C/D…", *rules):
        table.add_column(heading, justify="right", header_style="dim")
    for task in report.tasks:
        shares = [f"{task.shallow[rule]:.1%}" if rule in task.shallow else "" for rule in rules]
        table.add_row(task.name, str(task.n), str(task.groups), "/".join(map(str, task.keys.values())), *shares)
    console.print(table)
    if rules:
        console.print(
            "[dim]Shares: accuracy of rules that know nothing of the field; chance is 1 / number of options.[/]"
        )
    for problem in report.problems:
        console.print(f"[red]{escape(str(problem))}[/]", soft_wrap=True)
    n = len(report.problems)
    console.print("[green]no problem found[/]\n" if not n else f"[red]{n} problem{'s' if n > 1 else ''}[/]\n")
