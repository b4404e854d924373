"""The files of a report's folder, and nothing outside of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ecg_bench.serving import COMMON
from ecg_bench.viewing._subject import PAGE

if TYPE_CHECKING:
    from aiohttp import web

# A report is one file with its scripts inside, and it brings a policy of its own, which holds beside this one. This one
# sees to it that nothing leaves the machine.
REPORT_POLICY = "; ".join(
    (
        *COMMON,
        "script-src 'unsafe-inline'",
        "style-src 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src data:",
        "connect-src data: blob:",
        "worker-src blob:",
    )
)
FILE_POLICY = "; ".join((*COMMON, "style-src 'unsafe-inline'", "img-src data:"))  # a figure runs no script

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
    ".tex": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".pdf": "application/pdf",
}


def file_in(folder: Path, name: str) -> Path | None:
    """Return a file of a folder by its name with slashes; None for what is no file in it, or not for readers.

    Links that lead outside, hidden files and types that no report has are refused.
    """
    parts = name.split("/")
    if any(part.startswith(".") or not part or "\\" in part or "\0" in part for part in parts):
        return None
    try:
        root = folder.resolve(strict=True)
        path = root.joinpath(*parts).resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        return None
    return path if path.is_relative_to(root) and path.is_file() and path.suffix.lower() in TYPES else None


def reply(folder: Path, name: str) -> web.StreamResponse:
    """Return a file of a folder as a reply; 404 where there is none."""
    from aiohttp import web

    path = file_in(folder, name)
    if path is None:
        raise web.HTTPNotFound
    is_page = path.suffix.lower() == ".html"
    return web.FileResponse(
        path,
        headers={
            "Content-Type": TYPES[path.suffix.lower()],
            "Content-Security-Policy": REPORT_POLICY if is_page else FILE_POLICY,
        },
    )


def make_board_app(folder: Path) -> web.Application:
    """Return the web application that shows a leaderboard's report."""
    from aiohttp import web

    app = web.Application()

    async def page(request: web.Request) -> web.StreamResponse:
        return reply(folder, request.match_info.get("name") or PAGE)

    app.router.add_get("/", page)
    app.router.add_get("/{name:.+}", page)
    return app
