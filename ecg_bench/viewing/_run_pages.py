"""The pages of a run: the live one until it is complete, its report from then on."""

from __future__ import annotations

import asyncio
import json
import secrets
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecg_bench.errors import UserError
from ecg_bench.log import get_logger
from ecg_bench.runs import RESULTS
from ecg_bench.serving import COMMON
from ecg_bench.viewing._folder import reply
from ecg_bench.viewing._report import report_of
from ecg_bench.viewing._subject import PAGE
from ecg_bench.viewing._watch import Watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp import web

_log = get_logger("viewing")
LOOK_S = 0.5  # from one look at the run to the next
SILENT_S = 10  # a sign of life on streams that have nothing to say


class RunPages:
    """Serves a run.

    Parameters
    ----------
    watch : Watch
        The run.
    scratch : Path
        A folder for its reports.
    """

    def __init__(self, watch: Watch, scratch: Path) -> None:
        self._watch = watch
        self._scratch = scratch
        self._reports: dict[int, asyncio.Task[Path]] = {}
        self._state = ""
        self._closing = False

    def app(self) -> web.Application:
        """Return the web application."""
        from aiohttp import web

        app = web.Application()
        app.router.add_get("/", self.page)
        app.router.add_get("/live", self.live)
        app.router.add_get("/{name:.+}", self.file)
        app.cleanup_ctx.append(self._watching)
        app.on_shutdown.append(self._close)
        return app

    async def page(self, _: web.Request) -> web.StreamResponse:
        """Show the report of a complete run, or the live page."""
        from aiohttp import web

        if not self._watch.complete:
            return _live_page()
        try:
            folder = await self._report()
        except UserError as error:
            return web.Response(status=500, text=f"{error}\n")
        return reply(folder, PAGE)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Give a file that belongs to the report."""
        from aiohttp import web

        if not self._watch.complete:
            raise web.HTTPNotFound
        try:
            folder = await self._report()
        except UserError:
            raise web.HTTPNotFound from None
        return reply(folder, request.match_info["name"])

    async def live(self, request: web.Request) -> web.StreamResponse:
        """Stream what is known of the run, whenever that changes, as server-sent events."""
        from aiohttp import web

        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        told, silent = "", 0.0
        try:
            await stream.write(b"retry: 1000\n\n")
            while not self._closing:
                if self._state != told:
                    told, silent = self._state, 0.0
                    await stream.write(f"data: {told}\n\n".encode())
                elif silent >= SILENT_S:
                    silent = 0.0
                    await stream.write(b": still here\n\n")
                await asyncio.sleep(LOOK_S)
                silent += LOOK_S
        except ConnectionError:
            pass  # the page was closed
        return stream

    async def _watching(self, _: web.Application) -> AsyncIterator[None]:
        """Look at the run again and again, for as long as the server runs."""
        task = asyncio.create_task(self._look())
        yield
        task.cancel()
        await asyncio.wait({task})

    async def _look(self) -> None:
        while True:
            behind = False
            try:
                state: dict[str, Any] = await asyncio.to_thread(self._watch.look)
            except OSError as error:  # a disk that fails may come back
                _log.warning("the run can't be read: %s", error.strerror)
            else:
                behind = state["behind"]
                self._state = json.dumps(state, ensure_ascii=True)
            await asyncio.sleep(0.01 if behind else LOOK_S)

    async def _close(self, _: web.Application) -> None:
        """End the streams, which would go on for ever."""
        self._closing = True

    async def _report(self) -> Path:
        """Return the folder of the report; it is made anew when scores were added to the run."""
        results = self._watch.path / RESULTS
        stamp = results.stat().st_mtime_ns if results.exists() else 0
        made = self._reports.get(stamp)
        if made is None or (made.done() and made.exception() is not None):
            folder = Path(tempfile.mkdtemp(dir=self._scratch))
            made = asyncio.create_task(asyncio.to_thread(report_of, self._watch.path, folder))
            self._reports[stamp] = made
        return (await asyncio.shield(made)).parent


def _live_page() -> web.Response:
    """Return the live page: one file, whose style and script carry a number that is used once."""
    from aiohttp import web
    from jinja2 import Environment

    nonce = secrets.token_urlsafe(16)
    texts = {one: (files(__package__) / f"live.{one}").read_text(encoding="utf-8") for one in ("html.j2", "css", "js")}
    page = Environment(autoescape=True).from_string(texts["html.j2"])
    policy = (
        *COMMON,
        f"script-src 'nonce-{nonce}'",
        f"style-src 'nonce-{nonce}'",
        "img-src data:",
        "connect-src 'self'",
        "require-trusted-types-for 'script'",  # no text is ever made into markup
        "trusted-types 'none'",
    )
    return web.Response(
        text=page.render(nonce=nonce, style=texts["css"], script=texts["js"]),
        content_type="text/html",
        headers={"Content-Security-Policy": "; ".join(policy)},
    )
