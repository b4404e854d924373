"""Leaderboards as text: for a terminal, as Markdown and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

from ecg_bench.boards._old_records import (
    BoardRecord,
    EntryRecord,
    RatedDifferenceRecord,
    RatedEntryRecord,
    RatingBoardRecord,
    TaskBoardRecord,
)
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


def _rated_headings(board: RatingBoardRecord) -> list[str]:
    levels = list(board.entries[0].levels) if board.entries else []
    top = levels[-1] if levels else ""
    return [
        *(
            "rank",
            "letters",
            "system",
            "score, 95 % interval",
            f"{top}, 95 % interval",
            "difference to best",
            "p (Holm)",
        ),
        *("levels", "n"),
    ]


def _rated_cells(board: RatingBoardRecord, entry: RatedEntryRecord) -> tuple[str, ...]:
    best = board.entries[0]
    difference = next(
        (one for one in board.differences if {one.first, one.second} == {best.system, entry.system}), None
    )
    ranks = (entry.rank_low, entry.rank_high)
    return (
        str(ranks[0]) if ranks[0] == ranks[1] else f"{ranks[0]}-{ranks[1]}",
        entry.letters,
        entry.system,
        f"{entry.score.value:.3f} ({entry.score.low:.2f} to {entry.score.high:.2f})",
        f"{entry.top.value:.0%} ({entry.top.low:.0%} to {entry.top.high:.0%})",
        *(_to_best(difference, entry) if difference is not None else ("best value", "")),
        "/".join(str(n) for n in entry.levels.values()),
        str(entry.rated),
    )


def _to_best(one: RatedDifferenceRecord, entry: RatedEntryRecord) -> tuple[str, str]:
    sign = 1 if one.first == entry.system else -1
    ends = (
        "no spread"
        if one.low is None or one.high is None
        else " to ".join(_signed(end) for end in sorted((sign * one.low, sign * one.high)))
    )
    tie = "tie, " if entry.tied_with_best else ""
    return f"{_signed(sign * one.value)} ({ends})", tie + ("not tested" if one.p_holm is None else _p(one.p_holm))


def _rated_caption(board: RatingBoardRecord) -> str:
    methods = ", ".join(sorted({one.method for one in board.differences}))
    tests = f" Differences: {methods}; Holm over {len(board.differences)} pairs." if board.differences else ""
    return (
        f"{board.questions} questions, rated by {', '.join(board.raters)} on {board.scale}; by {board.gold}.{tests} "
        "Levels are counted from the worst to the best. Systems that share a letter can't be told apart."
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
    if board.ratings is not None:
        headings = _rated_headings(board.ratings)
        rows = [headings, ["---"] * len(headings)]
        rows += [
            [cell.replace("|", "\\|") for cell in _rated_cells(board.ratings, one)] for one in board.ratings.entries
        ]
        table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
        notes = "".join(f"\n- {note}" for note in board.ratings.notes)
        caption = _rated_caption(board.ratings).replace("|", "\\|")
        parts.append(f"## Human ratings: {board.ratings.criterion}\n\n{table}\n\n{caption}\n{notes}".rstrip() + "\n")
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
    if board.ratings is not None:
        writer.writerows(_rated_rows(board.ratings))
    return out.getvalue()


def _rated_rows(board: RatingBoardRecord) -> Iterator[list[Any]]:
    for entry in board.entries:
        for metric, one in (("score", entry.score), ("top", entry.top)):
            place = ["human ratings", f"{board.criterion}:{metric}", entry.rank_low, entry.rank_high, entry.system]
            yield [*place, one.value, one.low, one.high, one.method, one.n, *[""] * (len(Outcome) + 9)]


def print_board(board: BoardRecord, console: Console) -> None:
    """Print a board on a terminal."""
    from rich.markup import escape
    from rich.table import Table

    def add(
        title: str, headings: Sequence[str], rows: Sequence[tuple[str, ...]], best: int, notes: Sequence[str]
    ) -> None:
        table = Table(title=title, title_justify="left", title_style="", box=None, pad_edge=False)
        for heading in headings:
            justify: Literal["left", "right"] = "left" if heading in ("system", "difference to best") else "right"
            table.add_column(escape(heading), justify=justify, no_wrap=heading != "system", header_style="dim")
        for n, row in enumerate(rows):
            table.add_row(*(escape(cell) for cell in row), style="bold" if n < best else "")
        console.print(table)
        for line in notes:
            console.print(f"[dim]{escape(line)}[/]")
        console.print()

    for task in board.tasks:
        add(
            f"[bold]{escape(task.task)}[/]  {escape(task.title)}",
            [heading.format(metric=task.metric) for heading in HEADINGS],
            [_cells(entry) for entry in task.entries],
            sum(entry.rank_low == 1 for entry in task.entries),
            [_caption(task), *task.notes],
        )
    rated = board.ratings
    if rated is not None:
        add(
            f"[bold]Human ratings[/]  {escape(rated.criterion)}",
            _rated_headings(rated),
            [_rated_cells(rated, entry) for entry in rated.entries],
            sum(entry.rank_low == 1 for entry in rated.entries),
            [_rated_caption(rated), *rated.notes],
        )
