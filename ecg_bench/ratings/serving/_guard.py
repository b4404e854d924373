"""Who may talk to the server, and what browsers may do with what it sends."""

from __future__ import annotations

import ipaddress
import secrets
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from ecg_bench.ratings.serving._address import is_loopback

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",  # no text is ever made into markup
        "trusted-types 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
LOST = "This page needs the address that 'ecg-bench ratings serve' printed when it was started: open that one.\n"


class Guard:
    """Lets through what comes from the page itself, opened by someone who has the token.

    Parameters
    ----------
    token : str
        The secret in the printed address.
    host, port : str, int
        Where the server listens.
    """

    def __init__(self, token: str, host: str, port: int) -> None:
        self._token = token
        self._port = port
        self._local = is_loopback(host)
        self._names = {"localhost", "127.0.0.1", "[::1]", host, f"[{host}]"}
        self._cookie = f"ecg_bench_{port}"  # cookies of one host are shared by all of its ports

    @property
    def middleware(self) -> Middleware:
        """Return the guard as aiohttp takes it."""

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                response = self._refusal(request) or await handler(request)
            except web.HTTPException as error:
                response = web.Response(status=error.status, text=f"{error.reason}\n")
            response.headers.update(HEADERS)
            if request.path == "/" and response.status == 200:
                response.set_cookie(self._cookie, self._token, httponly=True, samesite="Strict", path="/")
            return response

        return guard

    def _refusal(self, request: web.Request) -> web.Response | None:
        if not self._is_ours(request.headers.get("Host", "")):
            return web.Response(status=403, text="This server is not known by that name.\n")
        if request.method == "POST":
            origin = urlsplit(request.headers.get("Origin", ""))
            if origin.scheme != "http" or origin.netloc.lower() != request.headers["Host"].lower():
                return web.Response(status=403, text="Only the page itself may send ratings.\n")
            if request.content_type != "application/json":
                return web.Response(status=415, text="Ratings are sent as JSON.\n")
        given = request.cookies.get(self._cookie, "")
        if request.path == "/" and "token" in request.query:
            given = request.query["token"]
        if not secrets.compare_digest(given.encode(), self._token.encode()):
            return web.Response(status=403, text=LOST)
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
