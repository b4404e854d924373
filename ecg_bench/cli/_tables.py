"""Tables that more than one command prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from ecg_bench.label_metrics import FEW, OVERALL, RANKED
from ecg_bench.samples import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from ecg_bench.evaluation import DryRun, Run
    from ecg_bench.judgements import Judging
    from ecg_bench.runs import ScoredTaskRecord, TotalsRecord


def results_table(run: Run) -> Table:
    """Return the results of a run: a row for each task."""
    table = Table(
        title=f"[bold]{escape(run.system)}[/]", title_justify="left", title_style="", box=None, pad_edge=False
    )
    for heading in ("task", "metric"):
        table.add_column(heading, header_style="dim")
    for heading in ("value", "95 % interval", "where parsed", "n"):
        table.add_column(heading, justify="right", header_style="dim")
    table.add_column("not read", header_style="dim")
    for name, result in run.results.tasks.items():
        main, parsed = result.metrics[result.main_metric], result.metrics.get("acc_parsed")
        unread = {str(o): result.outcomes[o] for o in Outcome if o is not Outcome.OK and result.outcomes[o]}
        table.add_row(
            escape(name),
            main.signature.split("|")[0],
            f"[bold]{main.value:.3f}[/]",
            f"{main.low:.3f} to {main.high:.3f}",
            f"{parsed.value:.3f}" if parsed else "",
            str(result.n),
            ", ".join(f"{count} {outcome}" for outcome, count in unread.items()) or "none",
        )
        if "consistency" in result.metrics:
            same = result.metrics["consistency"]
            table.add_row(
                "", "consistency", f"{same.value:.3f}", f"{same.low:.3f} to {same.high:.3f}", "", f"{same.n:g}", ""
            )
        for extra in filter(_is_shown, result.metrics):
            one = result.metrics[extra]
            table.add_row("", extra, f"{one.value:.3f}", f"{one.low:.3f} to {one.high:.3f}", "", f"{one.n:g}", "")
    return table


# Of the many columns of the text metrics, those that a table shows where they are there; the files have all.
SHOWN_LABELS = 8
SHOWN = (
    *("bleu", "bleu_ecg_llm", "corpus_bleu", "chrf", "rouge1_f", "rouge2_f", "rougeL_f", "meteor", "bertscore_f"),
    *("cider_d", "critical_contradicted", "length_ratio"),
    *("set_f1", "acc_macro_types", "acc_macro_templates", "acc_ecgqa_official", "acc_ecgqa_official_macro_types"),
    *("statement_micro_f", "statement_mean_f", "meit_bleu4", "meit_rougeL", "meit_cider"),
)


def _is_shown(name: str) -> bool:
    """Whether a table of results has a row for a metric beside the main one."""
    added = name in SHOWN or ("@" in name and ":" not in name)  # JUDGE@MODEL, without the share of each level
    return added or name in (*OVERALL, *RANKED, "exact") or name.startswith(("acc_majority", "acc_pass@"))


def few_line(run: Run) -> str:
    """Return which labels have so few positives that scores rest on chance; empty where there are none."""
    found = []
    for task, result in run.results.tasks.items():
        few = [f"{label} {one.positives}" for label, one in result.labels.items() if one.few]
        if few:
            more = f" and {len(few) - SHOWN_LABELS} more" if len(few) > SHOWN_LABELS else ""
            found.append(
                f"{task}: {len(few)} of {len(result.labels)} labels have fewer than {FEW} positives, on which macro "
                f"scores rest too: {', '.join(few[:SHOWN_LABELS])}{more}"
            )
    return "\n".join(found)


def scores_table(parts: Mapping[str, ScoredTaskRecord], what: str, title: str) -> Table:
    """Return text metrics side by side: a row for each task or system, each value above its 95 % interval."""
    table = Table(title=f"[bold]{escape(title)}[/]", title_justify="left", title_style="", box=None, pad_edge=False)
    table.add_column(what, header_style="dim")
    table.add_column("n", justify="right", header_style="dim")
    columns = [name for name in SHOWN if any(name in part.metrics for part in parts.values())]
    for name in columns:
        table.add_column(name.replace("_", " "), justify="right", header_style="dim")
    for name, part in parts.items():
        cells = []
        for column in columns:
            one = part.metrics.get(column)
            cells.append(f"{one.value:.3f}\n[dim]{one.low:.2f}–{one.high:.2f}[/]" if one else "")
        table.add_row(escape(name), str(part.n), *cells)
    return table


def judged_table(judging: Judging) -> Table:
    """Return what judges said: a row for each run, task and score."""
    table = Table(
        title=f"[bold]{escape(judging.judge.name)}[/]", title_justify="left", title_style="", box=None, pad_edge=False
    )
    for heading in ("run", "task", "score"):
        table.add_column(heading, header_style="dim")
    for heading in ("value", "95 % interval", "n"):
        table.add_column(heading, justify="right", header_style="dim")
    table.add_column("no verdict, or no answer", header_style="dim")
    for path, record in judging.scorings:
        for task, scored in record.tasks.items():
            flags = ", ".join(f"{n} {flag.replace('_', ' ')}" for flag, n in scored.flags.items()) or "none"
            for number, (name, one) in enumerate(scored.metrics.items()):
                head = (escape(path.name), escape(task)) if number == 0 else ("", "")
                _, is_level, level = name.partition(":")
                style = "dim" if is_level else "bold"
                cells = (f"[{style}]{one.value:.3f}[/]", f"{one.low:.3f} to {one.high:.3f}", f"{one.n:g}")
                shown = f"  share of {level}" if is_level else name
                table.add_row(*head, f"[{style}]{escape(shown)}[/]", *cells, flags if number == 0 else "")
                if name in scored.bounds:
                    bounds = scored.bounds[name]
                    table.add_row(
                        "",
                        "",
                        "[dim]  if the missing were all wrong, or all right[/]",
                        "",
                        f"[dim]{bounds.worst:.3f} to {bounds.best:.3f}[/]",
                        "",
                        "",
                    )
    return table


def totals_line(totals: TotalsRecord) -> str:
    """Say in one line what a run took; empty where there is nothing to say."""
    parts = []
    if totals.input_tokens or totals.output_tokens:
        parts.append(f"{totals.input_tokens:,} tokens read, {totals.output_tokens:,} written")
    if totals.cost_usd is None:
        parts.append("cost unknown (--price INPUT/OUTPUT says what a million tokens cost)")
    elif totals.cost_usd:
        parts.append(f"{totals.cost_usd:.4f} US dollars")
    if totals.from_cache:
        parts.append(f"{totals.from_cache} answers from the response cache")
    if totals.retries:
        parts.append("failed attempts: " + ", ".join(f"{n} {cause}" for cause, n in totals.retries.items()))
    return "; ".join(parts)


def print_dry_run(out: Console, plan: DryRun) -> None:
    """Print what a run would ask and cost, with the first prompt of each task."""
    from rich.rule import Rule

    for task in plan.tasks:
        out.print(Rule(f"[bold]{escape(task.task)}[/]: the first of {task.requests} requests", align="left"))
        for role, text in task.first_prompt:
            out.print(f"[cyan]{role}[/]")
            out.print(escape(text) + "\n")
        if task.first_continuations:
            out.print(f"[cyan]compared by log-likelihood[/] {escape(', '.join(map(repr, task.first_continuations)))}\n")
    table = Table(
        title=f"[bold]{escape(plan.system)}[/]", title_justify="left", title_style="", box=None, pad_edge=False
    )
    table.add_column("task", header_style="dim")
    for heading in ("requests", "tokens to read", "tokens to write, at most"):
        table.add_column(heading, justify="right", header_style="dim")
    for task in plan.tasks:
        numbers = (task.requests, task.input_tokens, task.most_output_tokens)
        table.add_row(escape(task.task), *(f"{number:,}" for number in numbers))
    out.print(table)
    out.print(f"[dim]tokens counted by {plan.counted_by}[/]")
    if plan.cost is None or plan.price is None:
        out.print("cost unknown: give --price INPUT/OUTPUT in US dollars for a million tokens")
    else:
        low, high = plan.cost
        out.print(f"cost: {low:.4f} to {high:.4f} US dollars [dim](price: {escape(plan.price.source)})[/]")
    out.print("[dim]nothing was asked and nothing was written[/]\n")
