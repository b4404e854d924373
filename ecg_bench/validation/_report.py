"""What validation found, as data and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecg_bench.validation._shallow import RULES

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
        f"[bold]{escape(report.domain)}[/]: {report.documents} documents ({report.core_documents} core), "
        f"{report.passages} passages, {report.words} words\n"
    )
    sizes = Table(box=None, pad_edge=False)
    for heading in ("task", "samples", "groups", "keys A/B/C/…"):
        sizes.add_column(heading, justify="left" if heading == "task" else "right", header_style="dim", no_wrap=True)
    for task in report.tasks:
        sizes.add_row(task.name, str(task.n), str(task.groups), "/".join(map(str, task.keys.values())))
    console.print(sizes, "")
    choice = [task for task in report.tasks if task.shallow]
    if choice:
        rules = Table(box=None, pad_edge=False)
        rules.add_column("answered right by the rule", header_style="dim", no_wrap=True)
        for task in choice:
            rules.add_column(task.name, justify="right", header_style="dim")
        rules.add_column("limit", justify="right", header_style="dim")
        for rule, (_, limit) in RULES.items():
            rules.add_row(rule, *(f"{task.shallow[rule]:.1%}" for task in choice), f"{limit:.0%}")
        console.print(rules, "")
    for problem in report.problems:
        console.print(f"[red]{escape(str(problem))}[/]", soft_wrap=True)
    n = len(report.problems)
    console.print("[green]no problem found[/]\n" if not n else f"[red]{n} problem{'s' if n > 1 else ''}[/]\n")
