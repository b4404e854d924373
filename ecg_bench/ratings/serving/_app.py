"""The page and its few requests, over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from ecg_bench.errors import UserError
from ecg_bench.files import describe
from ecg_bench.log import get_logger
from ecg_bench.ratings._records import write_ratings
from ecg_bench.ratings.serving._events import Entering, Sending, whole
from ecg_bench.ratings.serving._ledger import Ledger
from ecg_bench.ratings.serving._session import session
from ecg_bench.serving import COMMON, Address, Guard

BODY = 4 * 1024 * 1024  # bytes of one request: a full batch of the longest comments
TABLE_S = 0.4  # how long changes are gathered before the table is written

POLICY = "; ".join(
    (
        *COMMON,
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "require-trusted-types-for 'script'",  # no text is ever made into markup
        "trusted-types 'none'",
    )
)
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_log = get_logger("ratings.serving")

Model = TypeVar("Model", bound=BaseModel)


def make_app(ledger: Ledger, address: Address) -> web.Application:
    """Return the web application that lets raters write into a ledger."""
    app = web.Application(client_max_size=BODY)
    Guard(address, "ecg-bench ratings serve", POLICY).protect(app)
    page = _Page(ledger)
    app.router.add_get("/", page.static("page.html"))
    for name in _static():
        app.router.add_get(f"/static/{name}", page.static(name))
    app.router.add_post("/api/session", page.session)
    app.router.add_post("/api/events", page.events)
    app.cleanup_ctx.append(page.writing)
    return app


def _static() -> dict[str, bytes]:
    """Return the files of the page by name: they are looked up among these, never on the disk."""
    folder = files("ecg_bench.ratings.serving") / "static"
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


class _Page:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._files = _static()
        self._changed = asyncio.Event()
        self._thread: asyncio.Future[None] | None = None

    def static(self, name: str) -> Callable[[web.Request], Awaitable[web.Response]]:
        body, kind = self._files[name], _TYPES[name[name.rindex(".") :]]

        async def handler(_: web.Request) -> web.Response:
            return web.Response(body=body, content_type=kind, charset="utf-8")

        return handler

    async def session(self, request: web.Request) -> web.Response:
        """Give a rater the answers, and what this rater has said of them."""
        try:
            entering = await _read(request, Entering)
            book = self._ledger.book(entering.rater)
        except UserError as error:
            return _answer({"error": str(error)}, 400)
        return _answer(session(self._ledger.study, self._ledger.id, book))

    async def events(self, request: web.Request) -> web.Response:
        """Keep what a rater did."""
        try:
            sending = await _read(request, Sending)
            book = self._ledger.book(sending.rater)
        except UserError as error:
            return _answer({"error": str(error)}, 400)
        if sending.study != self._ledger.id:
            return _answer({"error": "something else is rated at this address now"}, 409)
        try:
            self._ledger.take(book, sending.events)
        except IndexError as error:
            return _answer({"error": str(error)}, 400)
        except UserError as error:
            _log.error("ratings could not be kept: %s", error)
            return _answer({"error": "the disk of the server is full or fails"}, 507)
        self._changed.set()
        return _answer({"kept": [event.id for event in sending.events]})

    async def writing(self, app: web.Application) -> Any:
        """Write the table soon after each change, for as long as the server runs."""
        task = asyncio.create_task(self._write())
        yield
        task.cancel()
        if self._thread is not None:  # whoever writes the last table must find nobody else at it
            await asyncio.wait({self._thread})

    async def _write(self) -> None:
        while True:
            await self._changed.wait()
            await asyncio.sleep(TABLE_S)
            self._changed.clear()
            self._thread = asyncio.ensure_future(
                asyncio.to_thread(write_ratings, self._ledger.out, self._ledger.ratings())
            )
            try:
                await asyncio.shield(self._thread)
            except UserError as error:
                _log.warning("%s; what was rated is in the journal beside it", error)
                self._changed.set()
                await asyncio.sleep(5)


async def _read(request: web.Request, model: type[Model]) -> Model:
    try:
        # Browsers send halves of characters where a user's text has them; pydantic takes none.
        text = whole(json.dumps(json.loads(await request.read()), ensure_ascii=False))
        return model.model_validate_json(text)
    except ValidationError as error:
        raise UserError(describe(error)) from None
    except (ValueError, RecursionError):
        raise UserError("is no JSON") from None


def _answer(value: Any, status: int = 200) -> web.Response:
    return web.json_response(value, status=status, dumps=lambda one: json.dumps(one, ensure_ascii=True))
