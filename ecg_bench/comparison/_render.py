"""A comparison on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from ecg_bench.comparison._records import AnswerRecord, ComparisonRecord, MetricRecord, SampleRecord, TaskRecord
from ecg_bench.comparison._tables import HEADINGS, SAMPLES, row, sample_row
from ecg_bench.comparison._words import differences
from ecg_bench.samples import Outcome
from ecg_bench.texts import one_line, plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

SHOWN = 10
COLOURS = {"worse": "red", "broken": "red", "better": "green", "fixed": "green"}


def print_comparison(record: ComparisonRecord, console: Console, *, show: int = SHOWN) -> None:
    """Print a comparison on a terminal.

    Parameters
    ----------
    record : ComparisonRecord
        The comparison. Questions and raw answers are printed where its samples carry them.
    console : Console
        Where to.
    show : int
        Samples of each kind, broken and fixed, that are listed for each task and metric that is tested.
    """
    from rich.markup import escape

    for word, side in (("before", record.before), ("after ", record.after)):
        console.print(f"[dim]{word}[/] [bold]{_safe(side.system)}[/]  [dim]{_safe(side.run)}[/]", soft_wrap=True)
    found = differences(record)
    for text in found or ["the runs' headers are alike"]:
        console.print(f"[dim]differs[/] {_safe(text)}" if found else escape(text))
    console.print()
    console.print(_table(HEADINGS, [(row(task, one), one.verdict) for task in record.tasks for one in task.metrics], 4))
    plural = "s" if record.tests != 1 else ""
    console.print(f"[dim]p-values: two-sided, Holm over {record.tests} test{plural}; values on the common samples[/]\n")
    for task in record.tasks:
        _print_task(task, console, show)
    for one in record.conditions:
        state = "[red]holds[/]" if one.holds else "does not hold"
        console.print(f"--fail-if {_safe(one.condition)}: {state}")


def _print_task(task: TaskRecord, console: Console, show: int) -> None:
    console.print(f"[bold]{_safe(task.task)}[/]  {_safe(task.title)}")
    for one in task.metrics:
        colour = COLOURS.get(one.verdict)
        sentence = _safe(one.sentence)
        console.print(f"[{colour}]{sentence}[/]" if colour else sentence)
        test, interval = one.difference.test, one.difference.interval
        method = "; ".join(filter(None, (test, interval and f"interval: {interval}")))
        repeated = "; means over repeats, right above one half" if one.repeated else ""
        clusters = f"{one.difference.n} samples in {one.difference.clusters} clusters"
        console.print(f"[dim]{_safe(f'{clusters}; {method}{repeated}')}[/]")
        if one.bounds is not None:
            worst, best = one.bounds.worst, one.bounds.best
            console.print(f"had requests with errors been wrong or right: {worst:+.3f} to {best:+.3f}")
        if one.unscored:
            console.print(f"{one.unscored} samples have no {_safe(one.metric)} in both runs, and are left out")
        if one.drivers:
            console.print(_safe(one.drivers))
    if any(one.before != one.after for one in task.outcomes):
        console.print(_outcomes(task))
    for note in task.notes:
        console.print(f"[yellow]note:[/] {_safe(note)}")
    for one in task.metrics:
        _print_samples(one, console, show)
    console.print()


def _print_samples(one: MetricRecord, console: Console, show: int) -> None:
    if not one.samples or not show or one.difference.p is None:
        return
    kinds = dict.fromkeys(sample.change for sample in one.samples)
    shown = [sample for kind in kinds for sample in [s for s in one.samples if s.change == kind][:show]]
    console.print(f"[dim]{_safe(one.metric)}, sample by sample[/]")
    console.print(_table(SAMPLES, [(sample_row(sample), sample.change) for sample in shown], 3))
    if len(one.samples) > len(shown):
        console.print(f"[dim]… and {len(one.samples) - len(shown)} more: --show N, or --json for all[/]")
    for sample in shown:
        if sample.question or sample.before.output or sample.after.output:
            _print_texts(sample, console)


def _print_texts(sample: SampleRecord, console: Console) -> None:
    from rich.rule import Rule

    console.print(Rule(f"[bold]{_safe(sample.id)}[/] {sample.change}", align="left"))
    console.print(_lines(sample.question) + "\n")
    for word, answer in (("before", sample.before), ("after", sample.after)):
        console.print(f"[cyan]{word}[/] {_heading(answer)}")
        for text in answer.output:
            console.print((_lines(text) or "[dim](empty)[/]") + "\n")


def _heading(answer: AnswerRecord) -> str:
    parsed, target = " ".join(answer.parsed).strip(), " ".join(answer.target).strip()
    read = f", read as {parsed or 'nothing'}, right answer {target}" if target else ""
    return _safe(f"{' '.join(answer.outcome)}{read}, score {answer.score:g}")


def _outcomes(task: TaskRecord) -> Table:
    counts = {(one.before, one.after): one.n for one in task.outcomes}
    old, new = ([str(name) for name in Outcome if any(pair[side] == name for pair in counts)] for side in (0, 1))
    rows = [([name, *(str(counts.get((name, other), 0)) for other in new)], "") for name in old]
    return _table(["before \\ after", *new], rows, 1)


def _table(headings: Sequence[str], rows: Sequence[tuple[Sequence[str], str]], left: int) -> Table:
    """Return a table whose rows are coloured by what happened; its first columns are texts."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for n, heading in enumerate(headings):
        justify: Literal["left", "right"] = "left" if n < left else "right"
        table.add_column(escape(heading), justify=justify, header_style="dim")
    for cells, what in rows:
        table.add_row(*(_safe(text) for text in cells), style=COLOURS.get(what, ""))
    return table


def _safe(text: str) -> str:
    from rich.markup import escape

    return escape(one_line(text))


def _lines(text: str) -> str:
    from rich.markup import escape

    return escape(plain(text))
