"""A server that speaks enough of OpenAI's language, and answers every chat after a fixed time.

    python benchmarks/_stub_server.py [--latency 0.05]

Prints its address, and serves until it is killed. It measures the clients itself, so that the same clock holds for all
of them: ``GET /figures`` returns what happened since the last time as JSON. What is left out of a real server (models,
tokens, checks of the body) would only hide what a client costs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import selectors
import time
from typing import Any

MODEL = "stub"
MODELS = {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "benchmarks"}]}
ANSWER = {
    "id": "chatcmpl-0",
    "object": "chat.completion",
    "created": 0,
    "model": MODEL,
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Answer: B"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 100, "completion_tokens": 4, "total_tokens": 104},
}


class Figures:
    """What the server saw of its clients."""

    def __init__(self) -> None:
        self.requests = 0
        self.connections = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self.first = 0.0
        self.last = 0.0
        self._cpu = _cpu()

    def begun(self) -> None:
        """Note a request."""
        self.first = self.first or time.perf_counter()
        self.requests += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)

    def ended(self) -> None:
        """Note a reply."""
        self.in_flight -= 1
        self.last = time.perf_counter()

    def as_json(self) -> dict[str, float]:
        """Return the figures; `asking_s` is from the first request received to the last reply sent."""
        return {
            "requests": self.requests,
            "connections": self.connections,
            "most_in_flight": self.most_in_flight,
            "asking_s": self.last - self.first,
            "server_cpu_s": _cpu() - self._cpu,
        }


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _http(body: Any) -> bytes:
    data = json.dumps(body).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(data), data)


class Stub:
    """The server's state, shared by its connections."""

    def __init__(self, latency: float) -> None:
        self.latency = latency
        self.figures = Figures()
        self.answer = _http(ANSWER)
        self.models = _http(MODELS)

    def fresh(self) -> bytes:
        """Return the figures so far as a reply, and begin anew."""
        figures, self.figures = self.figures, Figures()
        return _http(figures.as_json())


class Connection(asyncio.Protocol):
    """One connection, kept alive; requests with a Content-Length, one at a time."""

    def __init__(self, stub: Stub) -> None:
        self._stub = stub
        self._received = b""
        self._counted: Figures | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)  # for the type checker
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take up a part of a request, and answer the request once it is whole."""
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"),
            0,
        )
        if len(body) < length:
            return
        self._received = b""
        if head.startswith(b"GET"):
            self._transport.write(self._stub.fresh() if head.startswith(b"GET /figures") else self._stub.models)
            return
        figures = self._stub.figures
        figures.begun()
        figures.connections += self._counted is not figures
        self._counted = figures
        asyncio.get_running_loop().call_later(self._stub.latency, self._reply, figures)

    def _reply(self, figures: Figures) -> None:
        self._transport.write(self._stub.answer)
        figures.ended()


async def serve(latency: float) -> None:
    """Serve for ever on a free port of this machine."""
    stub = Stub(latency)
    server = await asyncio.get_running_loop().create_server(lambda: Connection(stub), "127.0.0.1", 0, backlog=1024)
    port = server.sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--latency", type=float, default=0.05, help="seconds until each reply")
    given = options.parse_args()
    # select counts microseconds, where epoll would round the latency up to the next millisecond.
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        runner.run(serve(given.latency))
