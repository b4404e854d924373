"""A server on this machine that speaks Anthropic's Messages API, and misbehaves when told to."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

KEY = "sk-ant-planted-0123456789"
MODEL = "claude-test-1"

Answer = dict[str, Any] | Response


def message(text: str = "Answer: A", **fields: Any) -> dict[str, Any]:
    """Return a ``Message`` as the API sends it."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 3},
    } | fields


def failure(status: int, kind: str, text: str, *, code: str | None = None, **headers: str) -> JSONResponse:
    """Return an error as the API sends it."""
    error: dict[str, Any] = {"type": kind, "message": text} | ({"details": {"error_code": code}} if code else {})
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return JSONResponse({"type": "error", "error": error, "request_id": "req_1"}, status, named)


@dataclass
class AnthropicServer:
    """What the server was asked, and what it does about it; tests change both."""

    url: str = ""
    answer: Callable[[dict[str, Any]], Answer] = lambda body: message()
    models: dict[str, dict[str, Any]] | None = field(default_factory=lambda: {MODEL: {}})
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    batches: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    status: str = "ended"
    looking_up: Callable[[], Response | None] = lambda: None
    submitting: Callable[[], Response | None] = lambda: None
    guarded: bool = True

    def reset(self) -> None:
        """Forget what was asked, and behave well again."""
        vars(self).update(vars(AnthropicServer(url=self.url)))

    def _refuses(self, request: Request) -> Response | None:
        self.headers.append(dict(request.headers))
        if self.guarded and request.headers.get("authorization") != f"Bearer {KEY}":
            return failure(401, "authentication_error", "invalid x-api-key")
        return None

    async def list_models(self, request: Request) -> Response:
        """Answer ``GET /v1/models``."""
        if refusal := self._refuses(request):
            return refusal
        if self.models is None:
            return Response("Not Found", 404)
        listed = [self._info(name) for name in self.models]
        return JSONResponse({"data": listed, "has_more": False, "first_id": None, "last_id": None})

    async def one_model(self, request: Request) -> Response:
        """Answer ``GET /v1/models/NAME``."""
        if refusal := self._refuses(request) or self.looking_up():
            return refusal
        name = request.path_params["name"]
        if self.models is None or name not in self.models:
            return failure(404, "not_found_error", f"model: {name}")
        return JSONResponse(self._info(name))

    def _info(self, name: str) -> dict[str, Any]:
        assert self.models is not None
        made = {"id": name, "type": "model", "display_name": name, "created_at": "2026-01-01T00:00:00Z"}
        return made | {"lifecycle": "active"} | self.models[name]

    async def messages(self, request: Request) -> Response:
        """Answer ``POST /v1/messages``."""
        if refusal := self._refuses(request):
            return refusal
        body = await request.json()
        self.bodies.append(body)
        answer = self.answer(body)
        return answer if isinstance(answer, Response) else JSONResponse(answer)

    async def submit(self, request: Request) -> Response:
        """Answer ``POST /v1/messages/batches``."""
        if refusal := self._refuses(request) or self.submitting():
            return refusal
        name = f"msgbatch_{len(self.batches)}"
        self.batches[name] = (await request.json())["requests"]
        return JSONResponse(self._batch(name))

    async def batch(self, request: Request) -> Response:
        """Answer ``GET /v1/messages/batches/ID``."""
        name = request.path_params["name"]
        if name not in self.batches:
            return failure(404, "not_found_error", f"batch {name} was not found")
        return JSONResponse(self._batch(name))

    def _batch(self, name: str) -> dict[str, Any]:
        kinds = ["processing"] * len(self.batches[name])
        if self.status == "ended":
            kinds = [self._result(one)["type"] for one in self.batches[name]]
        counts = {kind: kinds.count(kind) for kind in ("processing", "succeeded", "errored", "canceled", "expired")}
        return {
            "id": name,
            "type": "message_batch",
            "created_at": "2026-01-01T00:00:00Z",
            "expires_at": "2026-01-02T00:00:00Z",
            "processing_status": self.status,
            "request_counts": counts,
            "results_url": f"{self.url}/v1/messages/batches/{name}/results" if self.status == "ended" else None,
        }

    def _result(self, one: dict[str, Any]) -> dict[str, Any]:
        return self.results.get(one["custom_id"]) or {"type": "succeeded", "message": self.answer(one["params"])}

    async def batch_results(self, request: Request) -> Response:
        """Answer ``GET /v1/messages/batches/ID/results``, in another order than asked."""
        found = reversed(self.batches[request.path_params["name"]])
        lines = [json.dumps({"custom_id": one["custom_id"], "result": self._result(one)}) + "\n" for one in found]
        return Response("".join(lines), media_type="application/x-jsonl")

    def routes(self) -> list[Route]:
        """Return what the server answers."""
        return [
            Route("/v1/models", self.list_models),
            Route("/v1/models/{name:path}", self.one_model),
            Route("/v1/messages", self.messages, methods=["POST"]),
            Route("/v1/messages/batches", self.submit, methods=["POST"]),
            Route("/v1/messages/batches/{name}", self.batch),
            Route("/v1/messages/batches/{name}/results", self.batch_results),
        ]


@contextmanager
def serving() -> Iterator[AnthropicServer]:
    """Run a server in a thread while the block lasts."""
    server = AnthropicServer()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(
            Starlette(routes=server.routes()), log_level="critical", lifespan="off", access_log=False
        )
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not running.started:
            time.sleep(0.005)
        try:
            yield server
        finally:
            running.should_exit = True
            thread.join(10)
