"""Serving what a folder holds."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ecg_bench.runs import RunDirectory
from ecg_bench.serving import Address, Guard, new_token, serve
from ecg_bench.viewing._subject import Board, subject_of

if TYPE_CHECKING:
    from aiohttp import web

COMMAND = "ecg-bench view"


def view(
    subject: str | Path | Board | RunDirectory,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    ready: Callable[[Address], None] = lambda _: None,
) -> None:
    """Serve the page of a leaderboard or a run until the process is told to stop (Ctrl-C, SIGTERM).

    Nothing is written into the folder.

    Parameters
    ----------
    subject : path, Board or RunDirectory
        What `subject_of` takes or returns.
    host, port : str, int
        Where to listen; port 0 is any free one.
    ready : callable
        Is told the address as soon as the page can be opened.

    Raises
    ------
    UserError
        If the folder holds neither, or the port can't be taken.
    """
    found = subject_of(subject) if isinstance(subject, str | Path) else subject
    with tempfile.TemporaryDirectory(prefix="ecg-bench-view-", ignore_cleanup_errors=True) as scratch:

        def make(address: Address) -> web.Application:
            app = _app(found, Path(scratch))
            Guard(address, COMMAND).protect(app)
            return app

        serve(make, host=host, ports=[port], token=new_token(), ready=ready)


def _app(subject: Board | RunDirectory, scratch: Path) -> web.Application:
    from ecg_bench.viewing._folder import make_board_app
    from ecg_bench.viewing._run_pages import RunPages
    from ecg_bench.viewing._watch import Watch

    if isinstance(subject, Board):
        return make_board_app(subject.path)
    return RunPages(Watch(subject.path), scratch).app()
