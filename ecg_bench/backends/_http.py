"""JSON over HTTP to one server, with everything that can go wrong sorted into what to do about it.

The official clients are used for settings, keys, files and batches. The requests themselves go through aiohttp: with
4,000 requests over 128 connections, the openai package took 6.5 s where aiohttp took 1.8 s, and still 4.2 s with
aiohttp beneath it (measured with ``benchmarks/api_throughput.py``, which prints the figures anew).
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from ecg_bench.backends.base import RefusedError, TransientError
from ecg_bench.errors import UserError
from ecg_bench.redaction import redact, redact_url

__all__ = ["JsonServer", "RefusedError", "retry_after"]

CONNECT_S = 30.0
SHOWN = 300  # characters of a server's message

_PASSING = frozenset({408, 409, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
_NO_CREDIT = frozenset({"insufficient_quota", "contract_spend_limit_reached", "enforced_spend_limit_reached"})
_TOO_MUCH = frozenset({429, 529})  # 529 is Anthropic's "overloaded"


class JsonServer:
    """One server, asked over connections that are kept and reused.

    Parameters
    ----------
    base_url : str
        Every path is relative to it.
    headers : mapping of str to str
        Sent with every request.
    """

    def __init__(self, base_url: str, headers: Mapping[str, str]) -> None:
        self._base = base_url.rstrip("/")
        self._headers = {**headers, "Content-Type": "application/json"}
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def session(self) -> AsyncIterator[None]:
        """Keep connections open while the block lasts."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S)  # the engine sets each attempt's own
        connector = aiohttp.TCPConnector(limit=0, ttl_dns_cache=300)  # the engine counts what is in flight
        async with aiohttp.ClientSession(
            connector=connector, timeout=timeout, headers=self._headers, trust_env=True
        ) as session:
            self._session = session
            try:
                yield
            finally:
                self._session = None

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send JSON and return the JSON that comes back.

        Raises
        ------
        TransientError
            If trying again may help: the connection broke, the server is overloaded or failed, or what it sent is no
            JSON object.
        RefusedError
            If it will not.
        UserError
            If the server can't be trusted or the key is wrong, so that nothing else will be answered either.
        """
        if self._session is None:
            raise RuntimeError("post() outside of session()")
        data = json.dumps(body, ensure_ascii=False).encode()
        try:
            async with self._session.post(f"{self._base}{path}", data=data) as reply:
                raw = await reply.read()
                if reply.status >= 400:
                    raise self._failure(reply.status, raw, reply.headers)
        except aiohttp.ClientConnectorCertificateError as error:
            raise UserError(
                f"{redact_url(self._base)}: its certificate can't be verified ({error.certificate_error}): if the "
                "server is yours, name its authority's file in SSL_CERT_FILE"
            ) from None
        except aiohttp.InvalidURL:
            raise UserError(f"{redact_url(self._base)} is no address of a server") from None
        except TimeoutError:
            raise TransientError("timeout", self._say("no connection in time")) from None
        except (aiohttp.ClientError, OSError) as error:
            raise TransientError("connection", self._say(f"the connection broke: {_name(error)}")) from None
        return self._object(raw)

    def _say(self, what: str) -> str:
        return redact(f"{redact_url(self._base)}: {what}")

    def _object(self, raw: bytes) -> dict[str, Any]:
        try:
            found = json.loads(raw)
        except ValueError:
            start = raw[:60].decode(errors="replace")
            raise TransientError("bad reply", self._say(f"sent no whole JSON but {start!r}")) from None
        if not isinstance(found, dict):
            raise TransientError("bad reply", self._say(f"sent a JSON {type(found).__name__}, not an object"))
        return found

    def _failure(self, status: int, raw: bytes, headers: Mapping[str, str]) -> Exception:
        code, message = _error_of(raw)
        said = self._say(f"HTTP {status}" + (f": {message}" if message else ""))
        if status == 401 or (status == 403 and not code):
            return UserError(f"{said}: check the key")
        if status == 429 and code in _NO_CREDIT:
            return UserError(f"{said}: the account has no credit left, or has reached its limit")
        if status == 429 or status in _PASSING:
            return TransientError(str(status), said, overloaded=status in _TOO_MUCH, retry_after=retry_after(headers))
        return RefusedError(status, code, said)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that ``Retry-After`` (RFC 9110, 10.2.3) or ``retry-after-ms`` asks to wait, if any."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        value = headers.get("Retry-After", "")
        if value.strip().replace(".", "", 1).isdigit():
            return float(value)
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()) if value else None
    except (ValueError, TypeError):
        return None


def _error_of(raw: bytes) -> tuple[str, str]:
    """Return code and message of an error's body; servers agree only roughly on its form."""
    try:
        body = json.loads(raw)
    except ValueError:
        body = raw.decode(errors="replace")
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return "", " ".join(str(error).split())[:SHOWN]
    details = error.get("details")
    cause = details.get("error_code") if isinstance(details, dict) else None
    code = str(error.get("code") or cause or error.get("type") or "")
    message = str(error.get("message") or error.get("detail") or "")
    return code, " ".join(message.split())[:SHOWN]


def _name(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:SHOWN] if text else type(error).__name__
