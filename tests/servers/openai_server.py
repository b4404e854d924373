"""A server on this machine that speaks OpenAI's language, and misbehaves when told to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.servers.running import running

KEY = "sk-planted-0123456789"
MODEL = "small"

Answer = dict[str, Any] | Response


def choice(content: Any = "Answer: A", **fields: Any) -> dict[str, Any]:
    """Return a choice of a chat."""
    return {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"} | fields


def chat(*choices: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a reply of the chat API."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "small-2026",
        "choices": list(choices or (choice(),)),
        "usage": {"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13},
    } | fields


def completion(text: str = "Answer: A", **fields: Any) -> dict[str, Any]:
    """Return a reply of the completions API."""
    one = {"index": 0, "text": text, "finish_reason": "length", "logprobs": None} | fields
    return chat(one, object="text_completion")


def failure(status: int, message: str, code: Any = None, kind: str = "invalid_request_error") -> JSONResponse:
    """Return an error as OpenAI sends it."""
    return JSONResponse({"error": {"message": message, "type": kind, "param": None, "code": code}}, status)


@dataclass
class OpenAIServer:
    """What the server was asked, and what it does about it; tests change both."""

    root: str = ""
    answer: Callable[[dict[str, Any]], Answer] = lambda body: chat()
    models: Any = field(default_factory=lambda: [{"id": MODEL, "object": "model", "created": 1, "owned_by": "us"}])
    known: frozenset[str] = frozenset()  # models that it has, but doesn't list
    listing: Callable[[], Response | None] = lambda: None
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    submitting: Callable[[], Response | None] = lambda: None
    status: str = "completed"
    results: Callable[[dict[str, Any]], dict[str, Any] | None] | None = None

    def reset(self) -> None:
        """Forget what was asked, and behave well again."""
        vars(self).update(vars(OpenAIServer(root=self.root)))

    @property
    def url(self) -> str:
        """The base address of the API."""
        return f"{self.root}/v1"

    def _note(self, request: Request) -> None:
        self.paths.append(request.url.path)
        self.headers.append(dict(request.headers))

    async def list_models(self, request: Request) -> Response:
        """Answer ``GET /v1/models``."""
        self._note(request)
        return self.listing() or JSONResponse({"object": "list", "data": self.models})

    async def one_model(self, request: Request) -> Response:
        """Answer ``GET /v1/models/NAME``."""
        self._note(request)
        name = request.path_params["name"]
        if name not in self.known:
            return failure(404, f"The model '{name}' does not exist", "model_not_found")
        return JSONResponse({"id": name, "object": "model", "created": 1, "owned_by": "us"})

    async def ask(self, request: Request) -> Response:
        """Answer both ``POST /v1/chat/completions`` and ``POST /v1/completions``."""
        self._note(request)
        body = await request.json()
        self.bodies.append(body)
        answer = self.answer(body)
        return answer if isinstance(answer, Response) else JSONResponse(answer)

    async def upload(self, request: Request) -> Response:
        """Answer ``POST /v1/files``."""
        self._note(request)
        head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
        parts = message_from_bytes(head + await request.body()).get_payload()
        fields = {part.get_param("name", header="content-disposition"): part for part in parts}
        assert fields["purpose"].get_payload() == "batch"
        name = f"file-{len(self.files)}"
        self.files[name] = fields["file"].get_payload(decode=True).rstrip(b"\r")
        size = len(self.files[name])
        made = {"id": name, "object": "file", "bytes": size, "created_at": 1, "filename": "x", "purpose": "batch"}
        return JSONResponse(made | {"status": "processed"})

    async def content(self, request: Request) -> Response:
        """Answer ``GET /v1/files/ID/content``."""
        return Response(self.files[request.path_params["name"]], media_type="application/octet-stream")

    async def submit(self, request: Request) -> Response:
        """Answer ``POST /v1/batches``."""
        self._note(request)
        if refusal := self.submitting():
            return refusal
        name = f"batch_{len(self.batches)}"
        self.batches[name] = await request.json()
        return JSONResponse(self._batch(name))

    async def list_batches(self, request: Request) -> Response:
        """Answer ``GET /v1/batches``, two on a page."""
        names = list(reversed(self.batches))
        after = request.query_params.get("after")
        start = names.index(after) + 1 if after else 0
        page = names[start : start + 2]
        more = start + 2 < len(names)
        return JSONResponse({"object": "list", "data": [self._batch(name) for name in page], "has_more": more})

    async def batch(self, request: Request) -> Response:
        """Answer ``GET /v1/batches/ID``."""
        name = request.path_params["name"]
        if name not in self.batches:
            return failure(404, f"No batch found with id '{name}'.")
        return JSONResponse(self._batch(name))

    def _batch(self, name: str) -> dict[str, Any]:
        asked = self.batches[name]
        lines = [json.loads(line) for line in self.files[asked["input_file_id"]].splitlines()]
        made: dict[str, Any] = {"id": name, "object": "batch", "created_at": 1, "status": self.status, **asked}
        if self.status == "failed":
            return made | {"errors": {"object": "list", "data": [{"code": "x", "message": "Enqueued token limit"}]}}
        if self.status == "in_progress":
            return made | {"request_counts": {"total": len(lines), "completed": 1, "failed": 0}}
        good, bad = [], []
        for line in reversed(lines):  # in another order than asked
            result = self.results(line) if self.results else None
            result = result or {"response": {"status_code": 200, "body": self.answer(line["body"])}, "error": None}
            fine = (result.get("response") or {}).get("status_code") == 200
            (good if fine else bad).append({"id": "r", "custom_id": line["custom_id"], **result})
        for kind, rows in (("output", good), ("error", bad)):
            if rows:
                text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
                self.files[f"{name}-{kind}"] = text.encode()
                made[f"{kind}_file_id"] = f"{name}-{kind}"
        return made | {"request_counts": {"total": len(lines), "completed": len(good), "failed": len(bad)}}

    def app(self) -> Starlette:
        """Return the application."""
        return Starlette(
            routes=[
                Route("/v1/models", self.list_models),
                Route("/v1/models/{name:path}", self.one_model),
                Route("/v1/chat/completions", self.ask, methods=["POST"]),
                Route("/v1/completions", self.ask, methods=["POST"]),
                Route("/v1/files", self.upload, methods=["POST"]),
                Route("/v1/files/{name}/content", self.content),
                Route("/v1/batches", self.submit, methods=["POST"]),
                Route("/v1/batches", self.list_batches),
                Route("/v1/batches/{name}", self.batch),
            ]
        )


@contextmanager
def serving() -> Iterator[OpenAIServer]:
    """Run a server in a thread while the block lasts."""
    server = OpenAIServer()
    with running(server.app()) as server.root:
        yield server
