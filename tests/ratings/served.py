"""Runs to be rated, and the real server in a process of its own, for tests to talk to and to kill."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from ecg_bench import evaluate_systems
from tests.packs import make_pack, open_rows, write_jsonl

SYSTEMS = ("zebrafinch-70b", "quagga-8b", "okapi-rag", "numbat-ft")
HOSTILE = (
    '<script>window.hacked=1</script></textarea></script><img src=x onerror="window.hacked=2">'
    "<svg/onload=window.hacked=3> [x](javascript:window.hacked=4) {{7*7}} &lt;b&gt; \u202eright to left\u202c "
    "\u2066isolated\u2069 \"'`><a href='javascript:window.hacked=5'>x</a>\n\n  two lines, and blanks"
)


def make_runs(
    folder: Path, questions: int, systems: Sequence[str] = SYSTEMS, *, hostile: bool = False, alike: bool = False
) -> list[Path]:
    """Return a run for each system, with an answer to each question of a toy pack in `folder`."""
    make_pack(folder / "toy", n=4, n_open=questions)
    more = HOSTILE if hostile else ""
    rows = open_rows(questions)
    if hostile:
        rows = [row | {name: f"{row[name]} {more}" for name in ("question", "reference")} for row in rows]
    write_jsonl(folder / "toy" / "free.jsonl", rows)
    answers = [
        {
            "id": row["id"],
            "task": "toy/free",
            "system": system,
            "answer": f"Kind {0 if alike else number} says of {row['id'][1:]}: it serves its purpose. {more}",
        }
        for number, system in enumerate(systems)
        for row in rows
    ]
    write_jsonl(folder / "answers.jsonl", answers)
    runs = evaluate_systems(
        f"replay/{folder / 'answers.jsonl'}",
        "toy/free",
        include=[folder / "toy"],
        out=folder / "runs",
        quiet=True,
    )
    return [Path(run.path) for run in runs]


@dataclass
class Reply:
    """What the server said."""

    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


@contextmanager
def starting() -> Iterator[Start]:
    """Give a function that starts servers, and end them all, whatever happens."""
    with ExitStack() as stack:

        def start(*arguments: Any, **options: Any) -> Server:
            server = Server(*arguments, **options)
            stack.callback(server.stop)
            server.start()
            return server

        yield start


Start = Callable[..., "Server"]


class Server:
    """``ecg-bench ratings serve`` in a process of its own."""

    def __init__(self, folder: Path, runs: Sequence[Path], *options: str, out: str = "ratings.csv") -> None:
        self.folder, self.out = folder, folder / out
        form = ("ratings", "serve", *map(str, runs), "--out", str(self.out), "--include", str(folder / "toy"))
        self.command = [sys.executable, "-m", "ecg_bench", *form, "--json", "--no-open", *options]
        self.url = ""
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.stop()[1])
        self.url = json.loads(line)["url"]

    def stop(self, how: int = signal.SIGTERM) -> tuple[int, str]:
        """End the process, if it has not ended; return its exit code and what it said."""
        process, self.process = self.process, None
        if process is None:
            return 0, ""
        if process.poll() is None:
            os.kill(process.pid, how)
        _, said = process.communicate(timeout=20)
        return process.returncode, said

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    @property
    def base(self) -> str:
        return self.url.partition("/?")[0]

    @property
    def token(self) -> str:
        return self.url.partition("token=")[2]

    @property
    def cookie(self) -> str:
        return f"ecg_bench_{urlsplit(self.url).port}={self.token}"

    def ask(self, path: str, body: Any = None, *, headers: Mapping[str, str | None] | None = None) -> Reply:
        """Send a request as the page would; `headers` replaces or, with None, removes some of its own."""
        given: dict[str, str | None] = {"Cookie": self.cookie}
        if body is not None:
            given |= {"Origin": self.base, "Content-Type": "application/json"}
        given |= headers or {}
        sent = {name: value for name, value in given.items() if value is not None}
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()

        async def send() -> Reply:
            async with (
                aiohttp.ClientSession() as client,
                client.request(
                    "GET" if data is None else "POST", self.base + path, data=data, headers=sent, allow_redirects=False
                ) as response,
            ):
                return Reply(response.status, response.headers, (await response.read()).decode())

        return asyncio.run(send())

    def enter(self, rater: str) -> Any:
        return self.ask("/api/session", {"rater": rater}).json()

    def send(self, rater: str, *events: Mapping[str, Any], study: str | None = None) -> Reply:
        study = self.enter(rater)["study"] if study is None else study
        return self.ask("/api/events", {"study": study, "rater": rater, "events": list(events)})


def event(number: int, position: int, *levels: int, kind: str = "mark", **more: Any) -> dict[str, Any]:
    """Return an event as the page makes it, with an id made of a number."""
    made = {"id": f"{number:032x}", "step": f"{number:032x}", "kind": kind, "position": position}
    return made | {"levels": list(levels), "skipped": False, "comment": ""} | more
