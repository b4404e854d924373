"""Leaderboards as text: for a terminal, as Markdown and as CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Literal

from ecg_bench.boards._records import BoardRecord, EntryRecord, TaskBoardRecord
from ecg_bench.samples import Outcome

if TYPE_CHECKING:
    from rich.console import Console

HEADINGS = (
    "rank",
    "system",
    "{metric}",
    "95 % interval",
    "where parsed",
    "not read",
    "difference to best",
    "p (Holm)",
    "n",
)


def _rank(entry: EntryRecord) -> str:
    return str(entry.rank_low) if entry.rank_low == entry.rank_high else f"{entry.rank_low}-{entry.rank_high}"


def _cells(entry: EntryRecord) -> tuple[str, ...]:
    n = sum(entry.outcomes.values())
    unread = n - entry.outcomes[Outcome.OK]
    to_best = entry.to_best
    return (
        _rank(entry),
        entry.system,
        f"{entry.main.value:.3f}",
        f"{entry.main.low:.3f} to {entry.main.high:.3f}",
        f"{entry.parsed.value:.3f}" if entry.parsed else "",
        f"{unread / n:.1%}",
        f"{_signed(to_best.value)} ({_signed(to_best.low)} to {_signed(to_best.high)})" if to_best else "best value",
        ("tie, " if entry.tied_with_best else "") + _p(to_best.p_holm) if to_best else "",
        str(n),
    )


def _signed(value: float) -> str:
    return f"{value + 0.0:+.3f}".replace("-0.000", "+0.000")


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _caption(board: TaskBoardRecord) -> str:
    if len(board.entries) < 2:
        return f"{board.common_samples} samples in {board.clusters} clusters"
    return (
        f"Differences on {board.common_samples} common samples in {board.clusters} clusters: {board.method}, "
        f"{board.pairs} pair{'s' if board.pairs > 1 else ''}. Systems that can't be told apart share ranks."
    )


def as_markdown(board: BoardRecord) -> str:
    """Return a board as Markdown, a table for each task."""
    parts = []
    for task in board.tasks:
        rows = [[heading.format(metric=task.metric) for heading in HEADINGS], ["---"] * len(HEADINGS)]
        rows += [[cell.replace("|", "\\|") for cell in _cells(entry)] for entry in task.entries]
        table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
        notes = "".join(f"\n- {note}" for note in task.notes)
        parts.append(f"## {task.task}: {task.title}\n\n{table}\n\n{_caption(task)}\n{notes}".rstrip() + "\n")
    return "\n".join(parts)


def as_csv(board: BoardRecord) -> str:
    """Return a board as CSV, a row for each task and system, numbers in full."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ["task", "metric", "rank_low", "rank_high", "system", "value", "low", "high", "method", "n", "value_parsed"]
        + [str(outcome) for outcome in Outcome]
        + ["difference", "difference_low", "difference_high", "p", "p_holm", "common_samples", "clusters", "run"]
    )
    for task in board.tasks:
        for entry in task.entries:
            main, to_best = entry.main, entry.to_best
            writer.writerow(
                [task.task, task.metric, entry.rank_low, entry.rank_high, entry.system]
                + [main.value, main.low, main.high, main.method, main.n, entry.parsed.value if entry.parsed else ""]
                + [entry.outcomes[outcome] for outcome in Outcome]
                + ([to_best.value, to_best.low, to_best.high, to_best.p, to_best.p_holm] if to_best else [""] * 5)
                + [task.common_samples, task.clusters, entry.run]
            )
    return out.getvalue()


def print_board(board: BoardRecord, console: Console) -> None:
    """Print a board on a terminal."""
    from rich.markup import escape
    from rich.table import Table

    for task in board.tasks:
        table = Table(
            title=f"[bold]{escape(task.task)}[/]  {escape(task.title)}",
            title_justify="left",
            title_style="",
            box=None,
            pad_edge=False,
        )
        for heading in HEADINGS:
            justify: Literal["left", "right"] = "left" if heading in ("system", "difference to best") else "right"
            table.add_column(
                heading.format(metric=task.metric), justify=justify, no_wrap=heading != "system", header_style="dim"
            )
        for entry in task.entries:
            best = entry.rank_low == 1
            table.add_row(*(escape(cell) for cell in _cells(entry)), style="bold" if best else "")
        console.print(table)
        for line in (_caption(task), *task.notes):
            console.print(f"[dim]{escape(line)}[/]")
        console.print()
