"""An agreement report on a terminal, and its tables as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ecg_bench.agreement._records import (
    AgreementRecord,
    CorrectionRecord,
    JudgeRecord,
    PairRecord,
    StatRecord,
    TableRecord,
)
from ecg_bench.agreement._words import headline, interval, named, number, shown

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

COLOURS = {"note": "dim", "caution": "yellow", "serious": "bold red"}
MAIN = ("exact_agreement", "adjacent_agreement", "kappa_linear", "alpha_ordinal", "ac2_linear", "tau_b", "spearman")


def print_agreement(record: AgreementRecord, console: Console) -> None:
    """Print a report on a terminal: the findings, the corrected scores, and what must be known before using them."""
    from rich.markup import escape

    counts = record.counts
    console.print(
        f"[bold]Agreement[/] by {escape(record.criterion)}: {counts['rated']} answers rated by "
        f"{counts['raters']} {'human' if counts['raters'] == 1 else 'humans'}, {counts['answers']} answers of "
        f"{counts['systems']} systems in all; compared with {escape(record.gold)}\n"
    )
    if record.humans.stats:
        console.print(_stats("humans with humans", record.humans.stats))
        console.print()
    if record.humans.repeats:
        console.print(_stats("a rater with themselves", record.humans.repeats))
        console.print()
    for judge in record.judges:
        _print_judge(record, judge, console)
    if record.metrics:
        console.print(_metrics(record))
        console.print()
    for correction in record.corrected:
        console.print(_corrected(correction))
        console.print(f"[dim]{escape(correction.why)}[/]\n")
    for one in record.warnings:
        console.print(f"[{COLOURS[one.severity]}]{one.code}[/] {escape(one.message)}")


def _print_judge(record: AgreementRecord, judge: JudgeRecord, console: Console) -> None:
    from rich.markup import escape

    for sentence in headline(record, judge):
        console.print(escape(sentence))
    console.print()
    if judge.with_gold.table is not None and judge.rated:
        console.print(_counts(judge.with_gold.table))
        console.print()
        console.print(_stats(f"{judge.name} with {record.gold}", judge.with_gold.stats, MAIN))
        console.print()
    if judge.rated:
        console.print(_thresholds(judge.with_gold))
        console.print()


def _table(title: str, first: str) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=f"[bold]{escape(title)}[/]", title_justify="left", title_style="", box=None, pad_edge=False)
    table.add_column(first, header_style="dim")
    return table


def _stats(title: str, stats: list[StatRecord], names: tuple[str, ...] = ()) -> Table:
    from rich.markup import escape

    table = _table(title, "statistic")
    for heading in ("value", "95 % interval", "n", "clusters"):
        table.add_column(heading, justify="right", header_style="dim")
    for one in stats:
        if not names or one.name in names:
            cells = (number(one.value), escape(interval(one)), str(one.n), str(one.clusters))
            table.add_row(escape(named(one.name)), *cells)
    return table


def _counts(record: TableRecord) -> Table:
    from rich.markup import escape

    table = _table(f"{record.rows} (rows) by {record.columns} (columns)", "")
    for name in record.column_levels:
        table.add_column(escape(name), justify="right", header_style="dim")
    for name, row in zip(record.row_levels, record.counts, strict=True):
        table.add_row(escape(name), *(f"[bold]{n}[/]" if n else "[dim]0[/]" for n in row))
    return table


def _thresholds(pair: PairRecord) -> Table:
    from rich.markup import escape

    table = _table(f"{pair.first}, passed or failed", "statistic")
    for one in pair.thresholds:
        table.add_column(f"at least {escape(one.level)}", header_style="dim")
    for stats in zip(*(one.stats for one in pair.thresholds), strict=True):
        table.add_row(named(stats[0].name), *(escape(f"{shown(one)}, n = {one.n}") for one in stats))
    return table


def _metrics(record: AgreementRecord) -> Table:
    from rich.markup import escape

    table = _table("metrics with humans", "metric")
    for one in record.metrics[0].stats:
        table.add_column(escape(named(one.name)), header_style="dim")
    table.add_column("n", justify="right", header_style="dim")
    for metric in record.metrics:
        table.add_row(escape(metric.name), *(escape(shown(one)) for one in metric.stats), str(metric.stats[0].n))
    return table


def _corrected(record: CorrectionRecord) -> Table:
    from rich.markup import escape

    table = _table(f"{record.target}: {record.judge} corrected by humans", "system")
    table.add_column("rank", justify="right", header_style="dim")
    for heading in ("judge", "human sample", "corrected"):
        table.add_column(heading, header_style="dim")
    for heading in ("judged", "rated", "method", "letters"):
        table.add_column(heading, justify="right", header_style="dim")
    for one in record.systems:
        rank = "–" if one.rank_low is None else f"{one.rank_low}" if one.rank_low == one.rank_high else ""
        table.add_row(
            escape(one.system),
            rank or f"{one.rank_low}-{one.rank_high}",
            f"[dim]{number(one.judge.value)}[/]",
            f"[dim]{escape(shown(one.human))}[/]",
            f"[bold]{number(one.corrected.value)}[/] ({escape(interval(one.corrected))})",
            str(one.judged),
            str(one.rated),
            one.corrected.method,
            one.letters,
        )
    return table


STATS = ("part", "first", "second", "slice_by", "slice", "threshold", "statistic", "value", "low", "high", "method")


def stats_csv(record: AgreementRecord) -> str:
    """Return every statistic of a report as CSV, a row for each."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*STATS, "n", "clusters", "raters", "reason"])
    for place, one in _all(record):
        numbers = ["" if value is None else value for value in (one.value, one.low, one.high)]
        writer.writerow([*place, one.name, *numbers, one.method, one.n, one.clusters, one.raters, one.reason or ""])
    return out.getvalue()


def _all(record: AgreementRecord) -> Iterator[tuple[tuple[str, ...], StatRecord]]:
    for one in record.humans.stats:
        yield ("humans", "", "", "", "", ""), one
    for one in record.humans.repeats:
        yield ("repeats", "", "", "", "", ""), one
    for left in record.humans.ceiling:
        for one in left.human:
            yield ("ceiling", left.left_out, "the others", "", "", ""), one
        for judge, stats in left.judges.items():
            for one in stats:
                yield ("ceiling", judge, f"the others than {left.left_out}", "", "", ""), one
    pairs = [("human pair", pair) for pair in record.humans.pairs]
    pairs += [("judge", pair) for judge in record.judges for pair in (judge.with_gold, *judge.with_raters)]
    pairs += [("judge pair", pair) for pair in record.judge_pairs]
    for part, pair in pairs:
        yield from _of_pair(part, pair)
    for judge_record in record.judges:
        for piece in judge_record.slices:
            place = ("slice", judge_record.name, record.gold, piece.by, piece.name)
            for one in piece.stats:
                yield (*place, ""), one
            for threshold in piece.thresholds:
                for one in threshold.stats:
                    yield (*place, threshold.level), one
        if judge_record.length is not None:
            yield ("length", judge_record.name, record.gold, "", "", ""), judge_record.length.slope
    for metric in record.metrics:
        for one in metric.stats:
            yield ("metric", metric.name, record.gold, "", "", ""), one


def _of_pair(part: str, pair: PairRecord) -> Iterator[tuple[tuple[str, ...], StatRecord]]:
    place = (part, pair.first, pair.second, "", "")
    for one in pair.stats:
        yield (*place, ""), one
    for threshold in pair.thresholds:
        for one in threshold.stats:
            yield (*place, threshold.level), one


def corrected_csv(record: AgreementRecord) -> str:
    """Return the corrected leaderboards of a report as CSV, a row for each judge, target and system."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    parts = ("judge", "human", "corrected")
    ends = [f"{part}_{end}" for part in parts for end in ("value", "low", "high", "method")]
    writer.writerow(["judge", "target", "system", "rank_low", "rank_high", "letters", "judged", "rated", *ends])
    for correction in record.corrected:
        for one in correction.systems:
            cells: list[Any] = []
            for part in parts:
                stat = getattr(one, part)
                cells += ["" if v is None else v for v in (stat.value, stat.low, stat.high)] + [stat.method]
            ranks = ["" if rank is None else rank for rank in (one.rank_low, one.rank_high)]
            place = [correction.judge, correction.target, one.system, *ranks, one.letters, one.judged, one.rated]
            writer.writerow([*place, *cells])
    return out.getvalue()
