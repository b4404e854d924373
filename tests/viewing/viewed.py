"""Runs that take some seconds, and the real server in a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.packs import make_pack

HOSTILE = (
    "<script>window.hacked=1</script></textarea></script><img src=x onerror='window.hacked=2'>"
    "<svg/onload=window.hacked=3> [x](javascript:window.hacked=4) \u202eright to left"
)
N, N_OPEN = 90, 30
SCRIPT = f"""\
answers:
  - {{id: "q0000[1-9]", text: {json.dumps("Answer: A. " + HOSTILE)}, usage: {{input_tokens: 100, output_tokens: 20}}}}
  - {{id: "q0001*", text: {json.dumps(HOSTILE)}, usage: {{input_tokens: 100, output_tokens: 20}}}}
  - {{id: q00042, error: {json.dumps("it is too long " + HOSTILE)}}}
  - {{task: "toy/free", text: {json.dumps("A purpose. " + HOSTILE)}}}
default: {{choice: longest, usage: {{input_tokens: 100, output_tokens: 4}}}}
latency_s: {{min: 0.1, max: 0.3}}
faults:
  - {{share: 0.1, cause: "429", retry_after: 0.01, times: 1}}
concurrency: 4
"""


def prepare(folder: Path) -> None:
    """Make a toy pack and a slow model in a folder."""
    make_pack(folder / "toy", n=N, n_open=N_OPEN)
    (folder / "script.yaml").write_text(SCRIPT, encoding="utf-8")


def evaluation(out: str, model: str = "mock/script.yaml") -> list[str]:
    """Return the command of a run."""
    form = ("eval", "--model", model, "--tasks", "toy/*", "--include", "toy", "--quiet", "--out", out)
    return [sys.executable, "-m", "ecg_bench", *form]


def started(folder: Path, command: list[str]) -> subprocess.Popen[bytes]:
    """Start a run in a process of its own, and halt it as soon as its directory is there, until `go`.

    So that a busy machine has all the time it needs to open a page before the run is over.
    """
    run = folder / command[command.index("--out") + 1]
    before = (run / "run.json").stat().st_mtime_ns if (run / "run.json").exists() else 0
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: (run / "run.json").exists() and (run / "run.json").stat().st_mtime_ns != before)
    halt(process)
    return process


def halt(process: subprocess.Popen[bytes]) -> None:
    """Let a run stand still; it keeps its lock."""
    os.kill(process.pid, signal.SIGSTOP)


def go(process: subprocess.Popen[bytes]) -> None:
    """Let a run go on."""
    os.kill(process.pid, signal.SIGCONT)


def until(condition: Callable[[], object], seconds: float = 30) -> None:
    """Wait for something."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.01)


@dataclass
class Reply:
    """What the server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Viewer:
    """``ecg-bench view`` in a process of its own."""

    def __init__(self, folder: Path, path: str, *options: str) -> None:
        form = ("view", path, "--port", "0", "--json", "--no-browser", *options)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ecg_bench", *form],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.stop()[1])
        self.said = json.loads(line)
        self.url: str = self.said["url"]

    def stop(self, how: int = signal.SIGTERM) -> tuple[int, str]:
        """End the process, if it has not ended; return its exit code and what it said."""
        if self.process.poll() is None:
            os.kill(self.process.pid, how)
        _, said = self.process.communicate(timeout=20)
        return self.process.returncode, said

    @property
    def base(self) -> str:
        return self.url.partition("/?")[0]

    @property
    def token(self) -> str:
        return self.url.partition("token=")[2]

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def ask(self, path: str, headers: Mapping[str, str | None] | None = None) -> Reply:
        """Ask for exactly this path; `headers` replaces or, with None, removes some of the page's own."""
        given = {"Cookie": f"ecg_bench_{self.port}={self.token}", **(headers or {})}
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        client.putrequest("GET", path, skip_host="Host" in given)
        for name, value in given.items():
            if value is not None:
                client.putheader(name, value)
        client.endheaders()
        reply = client.getresponse()
        try:
            return Reply(reply.status, reply.headers, reply.read())
        finally:
            client.close()


@contextmanager
def viewing() -> Iterator[Callable[..., Viewer]]:
    """Give a function that starts servers, and end them all, whatever happens."""
    with ExitStack() as stack:

        def start(folder: Path, path: str, *options: str) -> Viewer:
            viewer = Viewer(folder, path, *options)
            stack.callback(viewer.stop)
            return viewer

        yield start
