"""What ``ratings import`` prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from ecg_bench.ratings.intake import IntakeRecord

SHOWN = 20  # decisions, and rows set aside
SHOWN_LINES = 8


def print_intake(out: Console, record: IntakeRecord, table: str, report: Path) -> None:
    """Print the report of an import."""
    out.print(_files(record))
    for counts in _counts(record):
        out.print(counts)
    _decisions(out, record)
    for one in record.set_aside[:SHOWN]:
        text = f"{one.file}:{one.line}: {one.column and one.column + ': '}{one.reason}"
        out.print(f"[red]set aside[/] {escape(text)}", soft_wrap=True)
    if len(record.set_aside) > SHOWN:
        out.print(f"  [dim]… and {len(record.set_aside) - SHOWN} more in the report[/]")
    out.print(f"{record.ratings} ratings in {escape(table)}; the report is {escape(str(report))}", soft_wrap=True)


def _table(title: str, *left: str) -> Table:
    table = Table(title=f"[bold]{escape(title)}[/]", title_justify="left", title_style="", box=None, pad_edge=False)
    for heading in left:
        table.add_column(heading, header_style="dim")
    return table


def _files(record: IntakeRecord) -> Table:
    table = _table("files", "file", "layout", "encoding")
    for heading in ("rows", "kept", "collapsed", "set aside", "empty"):
        table.add_column(heading, justify="right", header_style="dim")
    for one in record.files:
        rows = one.rows
        numbers = (rows.read, rows.kept, rows.collapsed, rows.set_aside, rows.empty)
        table.add_row(escape(one.path), one.layout, escape(one.encoding), *map(str, numbers))
    return table


def _counts(record: IntakeRecord) -> Iterator[Table]:
    """Yield a table for each criterion and kind of rater: systems by their mean, counts of each level."""
    groups = dict.fromkeys((one.criterion, one.source, tuple(one.levels)) for one in record.systems)
    for criterion, source, levels in groups:
        table = _table(f"{criterion}, by {'judges' if source == 'judge' else 'humans'}")
        table.add_column("system", header_style="dim", no_wrap=True)
        for heading in (
            "n",
            *levels,
            f"share of {levels[-1]}",
            "95 % interval",
            "mean",
            "unrated",
            "several levels",
            "repeats",
        ):
            table.add_column(escape(heading), justify="right", header_style="dim")
        chosen = [
            one
            for one in record.systems
            if (one.criterion, one.source, tuple(one.levels)) == (criterion, source, levels)
        ]
        for one in sorted(chosen, key=lambda one: -1.0 if one.mean is None else one.mean, reverse=True):
            shares = ("", "", "")
            if one.top is not None and one.mean is not None:
                shares = (f"{one.top:.3f}", f"{one.low:.3f} to {one.high:.3f}", f"[bold]{one.mean:.3f}[/]")
            counts = (str(one.levels[level]) for level in levels)
            table.add_row(
                escape(one.system), str(one.n), *counts, *shares, str(one.missing), str(one.several), str(one.repeats)
            )
        yield table


def _decisions(out: Console, record: IntakeRecord) -> None:
    decisions = sorted(record.decisions, key=lambda one: not one.guess)
    out.print("\n[bold]decisions[/] [dim](? could have been read otherwise)[/]")
    for one in decisions[:SHOWN]:
        lines = ", ".join(map(str, one.lines[:SHOWN_LINES]))
        more = f" and {len(one.lines) - SHOWN_LINES} more" if len(one.lines) > SHOWN_LINES else ""
        place = f" [dim]{escape(one.file)}{f':{lines}{more}' if lines else ''}[/]" if one.file else ""
        out.print(f"{'[yellow]?[/]' if one.guess else ' '} {escape(one.text)}{place}", soft_wrap=True)
    if len(decisions) > SHOWN:
        out.print(f"  [dim]… and {len(decisions) - SHOWN} more in the report[/]")
