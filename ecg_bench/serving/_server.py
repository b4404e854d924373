"""A server on this machine that runs until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from ecg_bench.errors import UserError
from ecg_bench.serving._address import Address

if TYPE_CHECKING:
    from aiohttp import web

_STOPS = ("SIGINT", "SIGTERM", "SIGHUP")


def new_token() -> str:
    """Return a secret that opens a page, of 32 characters."""
    return secrets.token_urlsafe(24)


def serve(
    make: Callable[[Address], web.Application],
    *,
    host: str,
    ports: Sequence[int],
    token: str,
    ready: Callable[[Address], None],
) -> None:
    """Serve an application until the process is told to stop (Ctrl-C, SIGTERM).

    Parameters
    ----------
    make : callable
        Returns the application, given where it will be; the port is taken by then.
    host : str
        Where to listen.
    ports : sequence of int
        The first one that is free is taken; 0 is any free one.
    token : str
        The secret in the address.
    ready : callable
        Is told the address as soon as the page can be opened.

    Raises
    ------
    UserError
        If none of the ports can be taken.
    """
    asyncio.run(_serve(make, host, ports, token, ready))


async def _serve(
    make: Callable[[Address], web.Application],
    host: str,
    ports: Sequence[int],
    token: str,
    ready: Callable[[Address], None],
) -> None:
    from aiohttp import web

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in _STOPS:
        with suppress(AttributeError, NotImplementedError):  # Windows: Ctrl-C cancels us instead
            loop.add_signal_handler(getattr(signal, name), stop.set)
    with _listen(host, ports) as listener:
        address = Address(host, listener.getsockname()[1], token)
        runner = web.AppRunner(make(address), access_log=None, shutdown_timeout=1)
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
