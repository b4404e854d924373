"""``ecg-bench ratings export``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecg_bench.cli._common import console, emit_json, include_option, json_option
from ecg_bench.errors import UserError

if TYPE_CHECKING:
    from rich.table import Table

    from ecg_bench.ratings.sheets import Plan, Rubric, Sample, Widths

BUDGETS = (20, 40, 60, 100, 200, 400)

EPILOG = """\b
Examples:
  ecg-bench ratings export RUN... --plan
  ecg-bench ratings export RUN... --out sheet.xlsx --key key.csv --sample 60 --repeats 0.1
  ecg-bench ratings export RUN... --out sheet.xlsx --key key.csv --sample 60 --stratify verdict,system
  ecg-bench ratings export RUN... --plan --sample 150 --stratify verdict,system --pilot ratings.csv
\b
Without --stratify, whole questions are drawn: every system is rated on the same ones, as paired tests want it. With it,
single answers: fewer of those about which the judge is nearly always right. Send the rater the sheet, never the key.
"""


@click.command("export", epilog=EPILOG)
@click.argument("runs", nargs=-1, required=True, type=click.Path(), metavar="RUN...")
@click.option("--out", type=click.Path(), metavar="FILE", help="The sheet: .xlsx, .csv or .tsv.")
@click.option("--key", type=click.Path(), metavar="FILE", help="What the codes stand for: .csv. Not for the rater.")
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="Draw N answers.  [default: all]")
@click.option("--stratify", metavar="FIELDS", help="Of verdict, system, topic, separated by commas: draw from each.")
@click.option(
    "--by-question/--by-answer",
    "by_question",
    default=None,
    help="Draw whole questions, or single answers.  [default: questions, but answers with --stratify]",
)
@click.option("--by", metavar="JUDGE@MODEL", help="Whose verdicts count, where several judged.")
@click.option("--pilot", type=click.Path(), metavar="FILE", help="Ratings that show what to expect of each verdict.")
@click.option("--repeats", type=float, default=0.0, show_default=True, metavar="SHARE", help="Shown twice, unmarked.")
@click.option("--judge", default="ecg-correctness", show_default=True, metavar="NAME|FILE", help="Whose levels to use.")
@click.option("--criterion", metavar="NAME", help="Of that judge.  [default: its first with levels]")
@click.option("--reference/--no-reference", default=True, show_default=True, help="Show the reference answer.")
@click.option("--passage", is_flag=True, help="Show the passage that the question stems from.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of draw, order and codes.")
@click.option("--plan", "plan_only", is_flag=True, help="Say what budgets would give, and write nothing.")
@click.option("--force", is_flag=True, help="Write over a sheet or key that is there.")
@include_option
@json_option
def command(
    runs: tuple[str, ...],
    *,
    out: str | None,
    key: str | None,
    sample: int | None,
    stratify: str | None,
    repeats: float,
    judge: str,
    criterion: str | None,
    reference: bool,
    passage: bool,
    seed: int,
    plan_only: bool,
    force: bool,
    as_json: bool,
    **design: Any,
) -> None:
    """Draw answers of runs and make a blinded sheet for the expert.

    The sheet names no system: each answer has a code, which only the key resolves. 'ecg-bench ratings import' puts the
    two together again.
    """
    from ecg_bench.ratings import sheets

    design["stratify"] = [name.strip() for name in (stratify or "").split(",") if name.strip()]
    if plan_only:
        planned = sheets.plan(runs, [*BUDGETS, *([sample] if sample else [])], **design)
        emit_json(planned.as_record()) if as_json else _print_plan(planned, sample)
        return
    if out is None or key is None:
        raise UserError("name the sheet with --out and its key with --key, or ask for --plan")
    sheets.check_targets(out, key)
    by = sheets.rubric(judge, criterion)
    drawn = sheets.draw(runs, sample=sample, repeats=repeats, seed=seed, **design)
    page = sheets.export_sheet(drawn, by, out, key, reference=reference, passage=passage, force=force)
    if as_json:
        emit_json({"sheet": out, "key": key, "columns": page.columns, "levels": by.scale.levels, **drawn.as_record()})
    else:
        _print_drawn(drawn, by, out, key)


def _print_drawn(drawn: Sample, by: Rubric, out: str, key: str) -> None:
    from rich.markup import escape

    to = console()
    rows = len(drawn.assignments)
    to.print(f"[bold]{escape(out)}[/]: {rows} rows, {len(drawn.drawn)} answers, {drawn.repeats} of the rows repeats")
    table = _table("drawn from", ["drawn", "available", "probability"])
    for one in drawn.design.strata:
        table.add_row(escape(one.name), str(one.drawn), str(one.available), f"{one.inclusion:.3f}")
    if len(drawn.design.strata) > 1:
        to.print(table)
    _print_widths(drawn.widths)
    to.print(f"[dim]expected before anything is rated: {escape(drawn.guess.source)}[/]")
    to.print(f"levels: {escape(' | '.join(by.scale.levels))}")
    _print_notices(drawn.notices)
    together = Path(out).resolve().parent == Path(key).resolve().parent
    beside = "; it lies in the folder of the sheet" if together else ""
    to.print(
        f"[bold]{escape(key)}[/] says whose answers these are: don't lose it, and don't send it to the rater{beside}"
    )


def _print_plan(planned: Plan, sample: int | None) -> None:
    from rich.markup import escape

    to = console()
    table = _table(
        "answers to rate", ["each system", "human alone", "judge corrected", "difference, human", "corrected"]
    )
    for budget, design, widths in planned.rows:
        each = widths.systems.values()
        cells = (
            f"{min(one.rated for one in each):.0f}",
            _width(max(one.human for one in each)),
            _width(max((one.corrected for one in each if one.corrected is not None), default=None)),
            _width(widths.difference),
            _width(widths.difference_corrected),
        )
        head = f"{design.answers:.0f}" if round(design.answers) == budget else f"{design.answers:.0f} of {budget}"
        table.add_row(f"[bold]{head}[/]" if budget == sample else head, *cells)
    to.print(table)
    to.print("[dim]width of the 95 % interval, of the system or the pair of systems for which it is widest[/]")
    to.print(f"[dim]expected before anything is rated: {escape(planned.guess.source)}[/]")
    _print_notices(planned.notices)


def _print_widths(widths: Widths) -> None:
    from rich.markup import escape

    table = _table("width of the 95 % interval", ["rated", "of", "human alone", "judge corrected"])
    for name, one in widths.systems.items():
        table.add_row(escape(name), f"{one.rated:.0f}", str(one.answers), _width(one.human), _width(one.corrected))
    if widths.difference is not None:
        table.add_row("a difference", "", "", _width(widths.difference), _width(widths.difference_corrected))
    console().print(table)


def _print_notices(notices: Any) -> None:
    from rich.markup import escape

    for notice in notices:
        console().print(f"[yellow]note:[/] {escape(notice)}")


def _table(first: str, columns: list[str]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column(first, header_style="dim")
    for name in columns:
        table.add_column(name, justify="right", header_style="dim")
    return table


def _width(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
