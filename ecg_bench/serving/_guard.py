"""Who may talk to a server, and what browsers may do with what it sends."""

from __future__ import annotations

import ipaddress
import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ecg_bench.serving._address import Address, is_loopback

if TYPE_CHECKING:
    from aiohttp import web
    from aiohttp.typedefs import Handler

# Parts of every policy: no page of ours needs another base, a form, or to stand in another page.
COMMON = ("default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}


class Guard:
    """Lets through what comes from the page itself, opened by someone who has the token.

    Parameters
    ----------
    address : Address
        Where the server listens, and the secret in the printed address.
    command : str
        What printed the address, such as ``ecg-bench view``.
    policy : str
        The Content-Security-Policy of replies that bring none of their own.
    """

    def __init__(self, address: Address, command: str, policy: str = "; ".join(COMMON)) -> None:
        self._token = address.token
        self._port = address.port
        self._local = is_loopback(address.host)
        self._names = {"localhost", "127.0.0.1", "[::1]", address.host, f"[{address.host}]"}
        self._cookie = f"ecg_bench_{address.port}"  # cookies of one host are shared by all of its ports
        self._lost = f"This page needs the address that '{command}' printed when it was started: open that one.\n"
        self._headers = {**HEADERS, "Content-Security-Policy": policy}

    def protect(self, app: web.Application) -> None:
        """Stand before an application."""
        from aiohttp import web

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                response = self._refusal(request) or await handler(request)
            except web.HTTPException as error:
                response = web.Response(status=error.status, text=f"{error.reason}\n")
            if request.path == "/" and response.status == 200:
                response.set_cookie(self._cookie, self._token, httponly=True, samesite="Strict", path="/")
            return response

        async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
            for name, value in self._headers.items():
                response.headers.setdefault(name, value)

        app.middlewares.append(guard)
        app.on_response_prepare.append(add_headers)  # a stream's headers are gone before the middleware sees it

    def _refusal(self, request: web.Request) -> web.Response | None:
        from aiohttp import web

        if not self._is_ours(request.headers.get("Host", "")):
            return web.Response(status=403, text="This server is not known by that name.\n")
        if request.method == "POST":
            origin = urlsplit(request.headers.get("Origin", ""))
            if origin.scheme != "http" or origin.netloc.lower() != request.headers["Host"].lower():
                return web.Response(status=403, text="Only the page itself may send anything.\n")
            if request.content_type != "application/json":
                return web.Response(status=415, text="What is sent must be JSON.\n")
        given = request.cookies.get(self._cookie, "")
        if request.path == "/" and "token" in request.query:
            given = request.query["token"]
        if not secrets.compare_digest(given.encode(), self._token.encode()):
            return web.Response(status=403, text=self._lost)
        return None

    def _is_ours(self, host: str) -> bool:
        """Whether a Host header names this server.

        Against DNS rebinding: a page of elsewhere can make its own name lead here, but can't change the name. An
        address in numbers can't be made to lead elsewhere, so those are let through where the server is open to others.
        """
        try:
            parts = urlsplit(f"//{host}")
            name, port = (parts.hostname or ""), parts.port
        except ValueError:
            return False
        if port != self._port or parts.netloc != host or parts.username is not None:
            return False
        if name in self._names or f"[{name}]" in self._names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return not self._local
