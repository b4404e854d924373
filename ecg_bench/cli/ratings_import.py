"""``ecg-bench ratings import``."""

from __future__ import annotations

import click

from ecg_bench.cli._common import console, emit_json, include_option, json_option

EPILOG = """\b
Examples:
  ecg-bench ratings import sheet.csv --out ratings.csv
  ecg-bench ratings import anna.xlsx ben.xlsx --rater Anna --rater Ben --out ratings.csv
  ecg-bench ratings import sheet.csv --levels "wrong | half right | right" --column system=Chatbot --out ratings.csv
  ecg-bench ratings import sheet.xlsx --key key.csv --run RUN --out ratings.csv
\b
Each row is kept, collapsed with another, set aside with its reason, or empty; the report beside the table says which,
and every decision with its lines. docs/ratings.md has the layouts and the rules.
"""


@click.command("import", epilog=EPILOG)
@click.argument("files", nargs=-1, required=True, type=click.Path(), metavar="FILE...")
@click.option("--out", required=True, type=click.Path(), metavar="FILE", help="The table to write; a report beside it.")
@click.option(
    "--column",
    multiple=True,
    metavar="FIELD=COLUMN",
    help="What a column holds: question, answer, system, level, rater, comment, sample, count, …; repeatable.",
)
@click.option("--rater-column", multiple=True, metavar="COLUMN", help="A column with one rater's levels; repeatable.")
@click.option(
    "--judge-column", multiple=True, metavar="NAME", help="A column, or a rater, that is a judge; repeatable."
)
@click.option("--levels", metavar="SCALE", help='From the worst to the best, as in "wrong | half right | right".')
@click.option("--level-name", multiple=True, metavar="NAME=LEVEL", help="What a name in the sheet means; repeatable.")
@click.option("--system", metavar="NAME", help="Whose answers were rated, where the sheet doesn't say.")
@click.option(
    "--system-map", multiple=True, metavar="FILE|OLD=NEW", help="What systems are called in the table; repeatable."
)
@click.option(
    "--rater", multiple=True, metavar="NAME", help="Who rated, where the sheet doesn't say; once, or per file."
)
@click.option("--criterion", metavar="NAME", help="What was rated.  [default: correctness]")
@click.option(
    "--duplicates",
    type=click.Choice(["collapse", "repeats", "error"]),
    help="Rows about one answer by one rater: the same levels are one rating and others are repeats, or all are "
    "repeats, or none may be.  [default: collapse]",
)
@click.option("--key", type=click.Path(), metavar="FILE", help="The key of a blinded sheet.")
@click.option(
    "--run", "runs", multiple=True, type=click.Path(), metavar="RUN", help="Whose answers were rated; repeatable."
)
@click.option("--sheet", metavar="NAME", help="Which sheet of an Excel file.")
@click.option("--encoding", metavar="NAME", help="Of text files, if it is guessed wrongly.")
@click.option("--separator", metavar="CHARACTER", help="Between cells, if it is guessed wrongly.")
@click.option("--mapping", type=click.Path(), metavar="FILE", help="All of the above, in YAML; flags go before it.")
@include_option
@click.option("--strict", is_flag=True, help="Fail if anything would be set aside, or had to be guessed.")
@json_option
def command(
    files: tuple[str, ...],
    out: str,
    column: tuple[str, ...],
    rater_column: tuple[str, ...],
    judge_column: tuple[str, ...],
    levels: str | None,
    level_name: tuple[str, ...],
    system: str | None,
    system_map: tuple[str, ...],
    rater: tuple[str, ...],
    criterion: str | None,
    duplicates: str | None,
    key: str | None,
    runs: tuple[str, ...],
    sheet: str | None,
    encoding: str | None,
    separator: str | None,
    mapping: str | None,
    include: tuple[str, ...],
    *,
    strict: bool,
    as_json: bool,
) -> None:
    """Read rating sheets into one table, and say what became of each row.

    FILE is CSV, TSV, Excel (.xlsx), JSONL or JSON: one mark column per level, one row per rating, one column per rater,
    a blinded sheet of `ratings export`, or a table of ratings to merge with.
    """
    from ecg_bench.ratings.intake import SheetMapping, import_ratings, pairs, read_mapping, read_systems

    systems, renamings = read_systems(system_map)
    told = (read_mapping(mapping) if mapping else SheetMapping()).with_flags(
        columns=pairs(column, "--column"),
        rater_columns=rater_column,
        sources=dict.fromkeys(judge_column, "judge"),
        levels=levels,
        level_names=pairs(level_name, "--level-name"),
        system=system,
        systems=systems,
        rater=rater[0] if len(rater) == 1 else rater,
        criterion=criterion,
        duplicates=duplicates,
        sheet=sheet,
        encoding=encoding,
        separator=separator,
    )
    intake = import_ratings(
        files, mapping=told, system_map=renamings, key=key, runs=runs, include=include, strict=strict
    )
    report = intake.write(out)
    if as_json:
        emit_json(intake.report.model_dump(mode="json"))
    else:
        from ecg_bench.cli._intake import print_intake

        print_intake(console(), intake.report, out, report)
