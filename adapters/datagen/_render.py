"""Showing what was made, in tables."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from ecg_bench.adapters.datagen._items import REASONS
from ecg_bench.adapters.datagen._record import DatagenRecord

if TYPE_CHECKING:
    from rich.console import Console

_NAMES = {"mcq": "multiple choice", "open": "open questions"}


def print_datagen(record: DatagenRecord, console: Console) -> None:
    """Print what was made, what was dropped and why, and what is to be known."""
    chunks = record.chunks
    console.print(f"[bold]{escape(str(record.settings['name']))}[/], written by {escape(record.model)}\n")
    removed = Counter(part.kind for document in record.documents for part in document.removed)
    lines = sum(part.last_line - part.first_line + 1 for document in record.documents for part in document.removed)
    console.print(
        f"{len(record.documents)} documents read, {len(record.skipped)} skipped, {len(record.passed_over)} passed over"
    )
    if removed:
        kinds = ", ".join(f"{n} {kind}" for kind, n in removed.most_common())
        console.print(f"{sum(removed.values())} sections taken out ({kinds}), {lines} lines")
    if chunks is not None:
        unit = escape(chunks.unit)
        console.print(
            f"{chunks.passages} passages and {chunks.copies} copies of them, which are left out\n"
            f"{chunks.used} chunks of at most {chunks.size:,} {unit}, {chunks.over_size} single lines that are longer; "
            f"{chunks.too_short} chunks too short to ask about\n"
            f"{chunks.clusters} clusters, split by {record.settings['split_by']}\n"
        )
    console.print(_kinds(record), "")
    console.print(_splits(record), "")
    for notice in record.notices:
        console.print(f"[yellow]note:[/] {escape(notice)}")
    for one in record.skipped:
        console.print(f"[yellow]skipped:[/] {escape(one.file)}: {escape(one.reason)}")
    for problem in record.problems:
        console.print(f"[red]{escape(problem)}[/]", soft_wrap=True)
    n = len(record.problems)
    console.print(f"[red]the validator finds {n} problems[/]" if n else "[green]the validator finds no problem[/]")


def _kinds(record: DatagenRecord) -> Table:
    """Return what became of requests and items, with the reason for each drop."""
    table = Table(box=None, pad_edge=False)
    table.add_column("", header_style="dim")
    for kind in record.kinds:
        table.add_column(_NAMES[kind], justify="right", header_style="dim")
    some = list(record.kinds.values())

    def row(name: str, *cells: int, style: str = "") -> None:
        table.add_row(name, *(f"{cell:,}" for cell in cells), style=style)

    row("replies", *(sum(one.replies.values()) for one in some))
    for outcome in dict.fromkeys(name for one in some for name, n in one.replies.items() if n and name != "ok"):
        row(f"  {outcome}, nothing read", *(one.replies.get(outcome, 0) for one in some))
    row("items in them", *(one.items for one in some))
    for reason in REASONS:
        if any(reason in one.dropped for one in some):
            row(f"  dropped: {reason.replace('_', ' ')}", *(one.dropped.get(reason, 0) for one in some), style="dim")
    row("kept", *(one.kept for one in some), style="bold")
    return table


def _splits(record: DatagenRecord) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("split", header_style="dim")
    for heading in ("documents", "passages", "words", *_NAMES.values()):
        table.add_column(heading, justify="right", header_style="dim")
    table.add_column("for", header_style="dim")
    uses = {"train": "finetuning", "selection": "choosing", "test": "reporting"}
    for name, one in record.splits.items():
        cells = (one.documents, one.passages, one.words, one.mcq, one.open)
        table.add_row(name, *(f"{cell:,}" for cell in cells), uses[name])
    return table
