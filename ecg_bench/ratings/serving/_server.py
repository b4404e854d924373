"""A server on this machine for one table of ratings."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ecg_bench.errors import UserError
from ecg_bench.ratings.serving._ledger import Ledger
from ecg_bench.ratings.serving._study import Study
from ecg_bench.serving import Address, new_token, serve

if TYPE_CHECKING:
    from aiohttp import web

SESSION = ".session"  # after the name of the table


def serve_ratings(
    study: Study,
    out: str | Path,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    ready: Callable[[Address], None] = lambda _: None,
) -> int:
    """Serve the page for rating until the process is told to stop (Ctrl-C, SIGTERM).

    Parameters
    ----------
    study : Study
        What is rated.
    out : path
        The table of ratings; the journal, the lock and the address lie beside it.
    host, port : str, int
        Where to listen. With port 0 the one that this table had before, so that pages that are still open go on; a free
        one if that is taken.
    ready : callable
        Is told the address as soon as the page can be opened.

    Returns
    -------
    int
        How many rows the table has in the end.

    Raises
    ------
    UserError
        If `out` or the port can't be taken.
    """
    with Ledger(study, Path(out)) as ledger:
        place = ledger.out.with_name(ledger.out.name + SESSION)
        port_before, token = _before(place)

        def make(address: Address) -> web.Application:
            from ecg_bench.ratings.serving._app import make_app

            _remember(place, address)
            return make_app(ledger, address)

        serve(make, host=host, ports=[port] if port else [port_before, 0], token=token, ready=ready)
        return len(ledger.ratings())


def _before(place: Path) -> tuple[int, str]:
    """Return port and token that a table had before; a new token, and no port, if it had none."""
    try:
        record = json.loads(place.read_text(encoding="utf-8"))
        port, token = int(record["port"]), str(record["token"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0, new_token()
    return (port, token) if 0 < port < 65536 and len(token) >= 32 else (0, new_token())


def _remember(place: Path, address: Address) -> None:
    """Keep port and token for the next start, for nobody but the user to read."""
    try:
        place.unlink(missing_ok=True)
        file = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as writer:
            json.dump({"port": address.port, "token": address.token}, writer)
    except OSError as error:
        raise UserError(f"cannot be written: {error.strerror}", path=place) from None
