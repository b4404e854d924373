"""A server on this machine for one table of ratings."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from ecg_bench.errors import UserError
from ecg_bench.ratings.serving._address import Address
from ecg_bench.ratings.serving._ledger import Ledger
from ecg_bench.ratings.serving._study import Study

SESSION = ".session"  # after the name of the table
_STOPS = ("SIGINT", "SIGTERM", "SIGHUP")


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
        asyncio.run(_serve(ledger, host, port, ready))
        return len(ledger.ratings())


async def _serve(ledger: Ledger, host: str, port: int, ready: Callable[[Address], None]) -> None:
    from aiohttp import web

    from ecg_bench.ratings.serving._app import make_app
    from ecg_bench.ratings.serving._guard import Guard

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in _STOPS:
        with suppress(AttributeError, NotImplementedError):  # Windows: Ctrl-C cancels us instead
            loop.add_signal_handler(getattr(signal, name), stop.set)
    place = ledger.out.with_name(ledger.out.name + SESSION)
    port_before, token = _before(place)
    with _listen(host, [port] if port else [port_before, 0]) as listener:
        address = Address(host, listener.getsockname()[1], token)
        _remember(place, address)
        app = make_app(ledger, Guard(token, host, address.port))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.SockSite(runner, listener).start()
            ready(address)
            await stop.wait()
        finally:
            await runner.cleanup()


def _listen(host: str, ports: Sequence[int]) -> socket.socket:
    """Return a socket at the first of some ports that is free."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise UserError(f"--host {host}: {error.strerror}") from None
    for port in ports:
        listener = socket.socket(family, kind, protocol)
        if os.name == "posix":  # elsewhere it would let two servers take one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((place[0], port, *place[2:]))
            listener.listen(64)
        except OSError as error:
            listener.close()
            failed = error
        else:
            return listener
    raise UserError(f"cannot listen on {host}, port {ports[-1]} ({failed.strerror}): give another --port, or 0")


def _before(place: Path) -> tuple[int, str]:
    """Return port and token that a table had before; a new token, and no port, if it had none."""
    try:
        record = json.loads(place.read_text(encoding="utf-8"))
        port, token = int(record["port"]), str(record["token"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0, secrets.token_urlsafe(24)
    return (port, token) if 0 < port < 65536 and len(token) >= 32 else (0, secrets.token_urlsafe(24))


def _remember(place: Path, address: Address) -> None:
    """Keep port and token for the next start, for nobody but the user to read."""
    try:
        place.unlink(missing_ok=True)
        file = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as writer:
            json.dump({"port": address.port, "token": address.token}, writer)
    except OSError as error:
        raise UserError(f"cannot be written: {error.strerror}", path=place) from None
