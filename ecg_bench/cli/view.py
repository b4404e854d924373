"""``ecg-bench view``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ecg_bench.cli._common import json_option
from ecg_bench.cli._serving import host_option, port_option, warn_of_others

if TYPE_CHECKING:
    from ecg_bench.serving import Address

EPILOG = """\b
Examples:
  ecg-bench view BOARD                     the report that ecg-bench leaderboard --out BOARD wrote
  ecg-bench view RUN                       a run: live while it is under way, its report when it is complete
  ecg-bench view RUN --port 8700 --no-browser
\b
Watching changes nothing: the run goes on, and gives the same results, whether anybody looks or not. A run that was
killed is shown as interrupted, with the command that goes on. Ctrl-C ends the page, not the run.
"""


@click.command("view", epilog=EPILOG)
@click.argument("path", type=click.Path(), metavar="BOARD_OR_RUN")
@host_option
@port_option
@click.option("--browser/--no-browser", default=None, help="Open the browser.  [default: if there is one]")
@json_option
def command(path: str, host: str, port: int, browser: bool | None, *, as_json: bool) -> None:
    """Open a leaderboard's report in the browser, or watch a run.

    A page on this machine. Of a run it shows how far it is, how fast, how answers end, running values that are marked
    as no results, the latest answers, tokens, cost, and whether its process still lives.
    """
    from ecg_bench.serving import may_open
    from ecg_bench.viewing import Board, subject_of, view

    subject = subject_of(path)
    warn_of_others(host, "read all that the page shows, questions and answers among it")
    kind = "board" if isinstance(subject, Board) else "run"

    def ready(address: Address) -> None:
        if as_json:
            import json

            click.echo(json.dumps({"url": address.url, "path": path, "shows": kind}))
        else:
            click.echo(f"Open this address to see the {kind} {path}; Ctrl-C ends:\n\n  {address.url}\n")
        if (may_open() and not as_json) if browser is None else browser:
            click.launch(address.url)

    view(subject, host=host, port=port, ready=ready)
