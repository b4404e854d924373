"""An OpenAI-compatible server in a process of its own, over TLS, that fails in every way a server can.

``python -m tests.servers.weather CERTIFICATE SHARE`` prints its port and serves until it is killed. Which requests meet
a fault, and which one, follows from the prompt alone: about SHARE of them fail at the first attempt, a quarter of these
at the second too. ``GET /v1/stats`` says what has happened.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zlib import crc32

FAULTS = (
    "429",
    "429 with Retry-After",
    "500",
    "503",
    "slow headers",
    "stalled body",
    "cut body",
    "truncated JSON",
    "wrong content type",
    "empty choices",
    "reset",
    "broken TLS",
    "vanished model",
)
LATENCY_S = 0.005
STALL_S = 20.0  # longer than any request_timeout of the tests


class Weather:
    """What the server knows of the requests it has had."""

    def __init__(self, share: float) -> None:
        self.share = share
        self.attempts: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()

    def fault(self, prompt: str) -> str | None:
        """Return the fault that the next attempt at a prompt meets."""
        attempt = self.attempts[prompt]
        self.attempts[prompt] += 1
        number = crc32(f"{prompt}".encode())
        meets = number % 1000 < self.share * 1000 and attempt < (2 if number // 1000 % 4 == 0 else 1)
        if not meets:
            return None
        fault = FAULTS[(number // 4000 + attempt) % len(FAULTS)]
        self.faults[fault] += 1
        return fault

    def stats(self) -> dict[str, Any]:
        return {
            "prompts": len(self.attempts),
            "attempts": sum(self.attempts.values()),
            "answered": sum(self.answered.values()),
            "answered_twice": sum(n > 1 for n in self.answered.values()),
            "faults": dict(self.faults),
        }


def reply(prompt: str) -> dict[str, Any]:
    letter = "ABCD"[crc32(b"answer " + prompt.encode()) % 4]
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": "stormy",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": f"Answer: {letter}"}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 50, "completion_tokens": 4, "total_tokens": 54},
    }


def raw(status: int, body: bytes, *headers: str, kind: str = "application/json") -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def error(status: int, message: str, *headers: str, code: str | None = None) -> bytes:
    body = {"error": {"message": message, "type": "error", "code": code}}
    return raw(status, json.dumps(body).encode(), *headers)


async def serve_one(weather: Weather, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next((int(x.split(":")[1]) for x in head.lower().split("\r\n") if x.startswith("content-length:")), 0)
    body = await reader.readexactly(length)
    if head.startswith("GET /v1/stats"):
        writer.write(raw(200, json.dumps(weather.stats()).encode()))
        return True
    if head.startswith("GET /v1/models"):
        model = {"id": "stormy", "object": "model", "created": 1, "owned_by": "tests"}
        writer.write(raw(200, json.dumps({"object": "list", "data": [model]}).encode()))
        return True
    prompt = json.loads(body)["messages"][-1]["content"]
    good = raw(200, json.dumps(reply(prompt)).encode())
    fault = weather.fault(prompt)
    await asyncio.sleep(LATENCY_S)
    answers = {
        "429": error(429, "too many requests"),
        "429 with Retry-After": error(429, "too many requests", "Retry-After: 0.05"),
        "500": error(500, "internal error"),
        "503": raw(503, b"<html>Service Unavailable</html>", kind="text/html"),
        "truncated JSON": raw(200, json.dumps(reply(prompt)).encode()[:-40]),
        "wrong content type": raw(200, b"<html>Welcome to the proxy</html>", kind="text/html"),
        "empty choices": raw(200, json.dumps(reply(prompt) | {"choices": []}).encode()),
        "vanished model": error(404, "The model `stormy` does not exist", code="model_not_found"),
    }
    if fault is None:
        weather.answered[prompt] += 1
        writer.write(good)
        return True
    if fault in answers:
        writer.write(answers[fault])
        return True
    if fault == "slow headers":
        await asyncio.sleep(STALL_S)
    elif fault in ("stalled body", "cut body"):
        writer.write(good[: len(good) - 30])
        await writer.drain()
        await asyncio.sleep(STALL_S if fault == "stalled body" else 0)
    elif fault == "broken TLS":
        plain = socket.socket(fileno=os.dup(writer.get_extra_info("socket").fileno()))
        plain.send(b"this is no TLS record")
        plain.close()
    else:
        linger = struct.pack("ii", 1, 0)  # closing sends a reset
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()
    return False


async def main(certificate: str, share: float) -> None:
    weather = Weather(share)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await serve_one(weather, reader, writer):
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def stormy_server(folder: Path, share: float) -> Iterator[tuple[str, Path]]:
    """Run the server; give its address and the certificate of the authority that vouches for it."""
    import trustme

    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    command = [sys.executable, "-m", "tests.servers.weather", str(folder / "server.pem"), str(share)]
    process = subprocess.Popen(
        command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        yield f"https://127.0.0.1:{int(process.stdout.readline())}/v1", folder / "ca.pem"
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
