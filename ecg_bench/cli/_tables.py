"""Tables that more than one command prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from ecg_bench.samples import Outcome

if TYPE_CHECKING:
    from ecg_bench.evaluation import Run


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
    return table
