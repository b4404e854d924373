"""Tables for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecg_bench.adapters.rag._card import IndexCard
from ecg_bench.adapters.rag._evaluate import Evaluation
from ecg_bench.adapters.rag._means import Value
from ecg_bench.adapters.rag._settings import Sweep

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

HEADINGS = {"recall": "recall", "covered": "covered", "ndcg": "nDCG", "mrr": "MRR"}


def print_index(card: IndexCard, out: Console) -> None:
    """Print what an index was made of."""
    from rich.markup import escape

    corpus, splitter = card.corpus, card.splitter
    out.print(
        f"{card.chunks} chunks of {corpus.passages} passages in {corpus.documents} documents, "
        f"at most {splitter.size} {escape(card.unit)} with {splitter.overlap} overlapping; "
        f"mean {card.mean_length:.0f}, longest {card.longest}"
    )
    out.print(
        f"[dim]embedding {escape(card.embedding.name)}, {card.embedding.dimensions} dimensions; store {card.store}; "
        f"index {card.sha256[:16]}[/]"
    )
    _notes(card.notices, out)


def print_evaluation(found: Evaluation, out: Console) -> None:
    """Print a row for each task, way and k."""
    from rich.markup import escape

    table = _table("task", "search", "k", *HEADINGS.values(), f"context, {found.index['unit'].split()[0]}")
    for task, ways in found.values.items():
        for way, by_k in ways.items():
            for k, values in by_k.items():
                cells = [_interval(values[name]) for name in HEADINGS]
                table.add_row(escape(task), way, str(k), *cells, f"{values['context'].value or 0:,.0f}")
    out.print(table)
    counts = ", ".join(f"{task} {_any(ways).n}" for task, ways in found.values.items())
    out.print(
        f"[dim]questions: {escape(counts)}; intervals at 95 % over passages; recall: the share of questions whose "
        f"passage was retrieved; covered: how much of it; lengths in {escape(found.index['unit'])}[/]"
    )
    _notes(found.notices, out)


def print_sweep(found: Sweep, out: Console) -> None:
    """Print a row for each setting, the best first, and what can be said of the best."""
    from rich.markup import escape

    unit = found.unit.split()[0]
    headings = ["size", "embedding", "search", "reranker", "k", *HEADINGS.values(), f"context, {unit}", "vs best"]
    table = _table(*headings)
    for one in found.tried:
        setting = one.setting
        cells = [
            _interval(one.values[name]) if name == found.metric else _number(one.values[name]) for name in HEADINGS
        ]
        verdict = "best" if one is found.best else "worse" if one.worse else "not told apart"
        table.add_row(
            str(setting.size),
            escape(setting.embedding),
            setting.method,
            escape(setting.reranker),
            str(setting.k),
            *cells,
            f"{one.values['context'].value or 0:,.0f}",
            verdict,
        )
    out.print(table)
    value = found.best.values[found.metric]
    out.print(
        f"best by {found.metric}: {escape(found.best.setting.label)}, {_interval(value)}; "
        f"{found.equals} of {len(found.tried) - 1} others can't be told apart from it "
        f"[dim]({escape(found.test)}; n = {value.n} questions of {value.clusters} passages)[/]"
    )
    if found.leanest is not found.best:
        context = found.leanest.values["context"].value or 0.0
        out.print(f"of these, the shortest context: {escape(found.leanest.setting.label)}, {context:,.0f} {unit}")
    _notes(found.notices, out)


def _table(*headings: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    left = {"task", "search", "embedding", "reranker", "vs best"}
    for heading in headings:
        table.add_column(heading, header_style="dim", justify="left" if heading in left else "right")
    return table


def _number(value: Value) -> str:
    return "-" if value.value is None else f"{value.value:.3f}"


def _interval(value: Value) -> str:
    if value.value is None or value.low is None or value.high is None:
        return _number(value)
    return f"{value.value:.3f} ({value.low:.3f} to {value.high:.3f})"


def _any(ways: object) -> Value:
    while not isinstance(ways, Value):
        assert isinstance(ways, dict)  # noqa: S101
        ways = next(iter(ways.values()))
    return ways


def _notes(notices: object, out: Console) -> None:
    from rich.markup import escape

    for notice in notices if isinstance(notices, list | tuple) else ():
        out.print(f"[yellow]note:[/] {escape(str(notice))}")
