"""``ecg-bench datagen``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from ecg_bench.cli._common import (
    ModelName,
    console,
    emit_json,
    json_option,
    model_arg_option,
    no_cache_option,
    quiet_option,
)
from ecg_bench.cli._limits import LIMITS, limit_options, limits_of

EPILOG = """\b
Examples:
  ecg-bench datagen guidelines/ --model openai/NAME --model-arg base_url=URL --out my-pack
  ecg-bench datagen notes.md chapter.pdf --model template/cloze --out my-pack --split-by passage
  ecg-bench datagen guidelines/ --model anthropic/NAME --out my-pack --dry-run
  ecg-bench datagen scans/ --converter .pdf=NAME --model openai/NAME --out my-pack --resume
\b
Exit codes: 0 made, 1 some requests ended in errors (repeating the command asks them again) or the validator found
problems, 2 something given is wrong, 130 interrupted (repeating the command goes on).
"""


@click.command("datagen", epilog=EPILOG)
@click.argument("documents", nargs=-1, required=True, type=click.Path(), metavar="DOCS...")
@click.option("--model", required=True, type=ModelName(), metavar="PROVIDER/NAME", help="Who writes the questions.")
@model_arg_option
@click.option("--out", required=True, type=click.Path(), metavar="PACK", help="The folder of the pack.")
@click.option("--name", metavar="NAME", help="Of the domain, as in NAME/mcq-test.  [default: the folder's]")
@click.option("--title", metavar="TEXT", help="Of the domain.  [default: its name]")
@click.option("--licence", metavar="TEXT", help="Under which the pack may be used.  [default: not stated]")
@click.option("--language", default="en", show_default=True, metavar="CODE", help="In which questions are written.")
@click.option(
    "--converter",
    multiple=True,
    metavar="[.SUFFIX=]NAME",
    help="What reads the documents, for files of a suffix or for all: html, markdown, pymupdf, text or one of a "
    "package's.  [default: by suffix]",
)
@click.option("--skip-unreadable", is_flag=True, help="Go on without documents that can't be read, and list them.")
@click.option("--chunk-size", type=int, default=6000, show_default=True, metavar="N", help="Longest chunk shown.")
@click.option(
    "--chunk-unit",
    default="characters",
    show_default=True,
    metavar="UNIT",
    help="Of --chunk-size: characters, or the path or id of a tokenizer, whose tokens count then.",
)
@click.option("--mcq-per-chunk", type=int, default=3, show_default=True, metavar="N", help="Four-option items a chunk.")
@click.option("--open-per-chunk", type=int, default=3, show_default=True, metavar="N", help="Open questions a chunk.")
@click.option(
    "--split-by",
    type=click.Choice(["document", "passage"]),
    default="document",
    show_default=True,
    help="What stays on one side, with all that is nearly the same.",
)
@click.option(
    "--shares",
    default="0.8,0.1,0.1",
    show_default=True,
    metavar="A,B,C",
    help="Of training (finetuning), selection (choosing) and test (reporting).",
)
@click.option("--limit", type=int, metavar="N", help="Use N chunks only, drawn under the seed.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of splits, order of options, and sampling.")
@click.option("--max-tokens", type=int, metavar="N", help="Of a reply.  [default: 4096]")
@click.option("--temperature", type=float, metavar="T", help="0 is greedy.  [default: 0]")
@click.option(
    "--resume",
    is_flag=True,
    expose_value=False,
    help="Go on with what was interrupted, as the same call does anyway.",
)
@click.option("--dry-run", is_flag=True, help="Print a prompt, token counts and cost, and ask nothing.")
@limit_options
@click.option("--batch", is_flag=True, help="Use the provider's batch API: half the price, replies within a day.")
@no_cache_option
@quiet_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    documents: tuple[str, ...],
    model: str,
    model_arg: tuple[str, ...],
    out: str,
    shares: str,
    dry_run: bool,
    batch: bool,
    no_cache: bool,
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Make a domain pack of documents: questions with keys, checked, and split by document.

    DOCS are files and folders: .md, .txt, .html, and .pdf with the extra 'datagen'. A model writes four-option items
    and open questions from each chunk. PACK then holds tasks for selection and test, files for finetuning, the
    documents, and in datagen.json every number, with the reason for each item that was dropped.
    """
    from ecg_bench.adapters import datagen
    from ecg_bench.backends import parse_arguments
    from ecg_bench.domains import slug

    given = {n: v for n, v in options.items() if ctx.get_parameter_source(n) is not ParameterSource.DEFAULT}
    limits = limits_of({name: given.pop(name) for name in LIMITS if name in given})
    given.setdefault("name", slug(Path(out).resolve().name) or "pack")
    recipe = datagen.Recipe(**given, shares=datagen.parse_shares(shares))
    arguments = parse_arguments(model_arg)
    if dry_run:
        plan = datagen.dry_run(documents, model, out, recipe, model_args=arguments, limits=limits, batch=batch)
        if as_json:
            emit_json({"dry_run": [plan.as_record()]})
            return 0
        from ecg_bench.cli._tables import print_dry_run

        print_dry_run(console(), plan)
        return 0
    record = datagen.generate(
        documents,
        model,
        out,
        recipe,
        model_args=arguments,
        limits=limits,
        cache=not no_cache,
        batch=batch,
        quiet=quiet or as_json,
    )
    if as_json:
        emit_json(record.model_dump(mode="json"))
    else:
        datagen.print_datagen(record, console())
    if record.errors:
        click.echo(
            f"ecg-bench: {record.errors} requests ended in errors; repeating the command asks them again", err=True
        )
    return int(bool(record.errors or record.problems))
