"""Anthropic's Messages API, and servers that speak it: ``anthropic/NAME``."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Json

from ecg_bench.backends.anthropic._address import address, is_local, is_official
from ecg_bench.backends.anthropic._checks import ability_notices, temperature_notices
from ecg_bench.backends.anthropic._messages import Form, read
from ecg_bench.backends.base import Backend, ModelCard, TransientError, UnaskableError
from ecg_bench.backends.batching import BatchApi, BatchState
from ecg_bench.domains import Task
from ecg_bench.errors import UserError
from ecg_bench.log import get_logger
from ecg_bench.prices import Price, listed_price
from ecg_bench.redaction import redact_url
from ecg_bench.samples import Request, Response
from ecg_bench.settings import EcgAs, Settings

if TYPE_CHECKING:
    from ecg_bench.backends._http import JsonServer
    from ecg_bench.backends.anthropic._batches import Batches

Effort = Literal["low", "medium", "high", "xhigh", "max"]

VERSION = "2026-10-21"  # of the API; the first that takes no temperature
LEAST_BUDGET = 1024  # the API's own limit
_log = get_logger("anthropic")
_TOO_LONG = re.compile(r"prompt is too long: (\d+) tokens > (\d+) maximum")
_SCHEMA = re.compile(r"output_config|output_format|json_schema|structured outputs?", re.IGNORECASE)
_OUR_FIELD = re.compile(r"HTTP 4\d\d: [`'\"]?(temperature|thinking|max_tokens|output_config|model)\b")


class Anthropic(BatchApi, Backend):
    """A model behind Anthropic's Messages API.

    Parameters
    ----------
    name : str
        As the API calls the model, such as ``claude-sonnet-4-6``.
    base_url : str, optional
        Another server that speaks the same API; by default ``ANTHROPIC_BASE_URL``, else Anthropic's own.
    api_key_env : str
        The environment variable that holds the key.
    api_version : str
        The ``anthropic-version`` to speak. From 2026-10-21 on the API takes no temperature; ``2023-06-01`` still does,
        for models up to 4.6 and for other servers.
    thinking : {"adaptive", "disabled"}, optional
        Whether the model may think before it answers; what the model does of itself if not given.
    thinking_budget : int, optional
        Tokens, at least 1024, that an older model may think; they come on top of the tokens for the answer.
    effort : {"low", "medium", "high", "xhigh", "max"}, optional
        How much the model puts into an answer, where it can be told.
    prompt_cache : bool
        Mark what all prompts of a task share for the provider's prompt cache.
    extra_body : JSON object, optional
        Further fields of each request.
    revision : str, optional
        Your own word for the model behind the name, such as a date or a hash. Answers of a server other than
        Anthropic's are kept in the response cache only where it is given: tomorrow another model may answer under the
        same name.
    """

    summary: ClassVar[str] = "Anthropic's API, or a server that speaks it"
    instead: ClassVar[str] = (
        "hf/, vllm/, or openai/ with api=completions, where log-probabilities of prompts are to be had"
    )
    concurrency = 64
    takes: tuple[EcgAs, ...] = ("image", "features")
    adaptive: ClassVar[bool] = True
    immaterial: ClassVar[frozenset[str]] = frozenset({"api_key_env", "prompt_cache"})
    batch_requests = 100_000
    batch_bytes = 256_000_000

    def __init__(
        self,
        name: str,
        *,
        base_url: str | None = None,
        api_key_env: str = "ANTHROPIC_API_KEY",
        api_version: str = VERSION,
        thinking: Literal["adaptive", "disabled"] | None = None,
        thinking_budget: int | None = None,
        effort: Effort | None = None,
        prompt_cache: bool = True,
        extra_body: Json[dict[str, Any]] | dict[str, Any] | None = None,
        revision: str | None = None,
    ) -> None:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", api_version):
            raise UserError(f"api_version is a date such as {VERSION}, not {api_version!r}")
        if thinking_budget is not None and thinking_budget < LEAST_BUDGET:
            raise UserError(f"thinking_budget must be at least {LEAST_BUDGET} tokens, but is {thinking_budget}")
        if thinking_budget is not None and thinking is not None:
            raise UserError("give either thinking or thinking_budget: a budget is how older models are told to think")
        self._name = name
        self._arguments: dict[str, Any] = {
            "base_url": redact_url(base_url) if base_url else None,
            "api_key_env": api_key_env,
            "api_version": api_version,
            "thinking": thinking,
            "thinking_budget": thinking_budget,
            "effort": effort,
            "prompt_cache": prompt_cache,
            "extra_body": extra_body,
            "revision": revision,
        }
        self._address = address(base_url)
        self.cacheable = is_official(self._address) or revision is not None
        self._form = Form(
            model=name,
            temperature=api_version < VERSION and thinking != "adaptive" and thinking_budget is None,
            thinking=_thinking(thinking, thinking_budget),
            budget=thinking_budget or 0,
            effort=effort,
            prompt_cache=prompt_cache,
            extra=extra_body or {},
        )
        self._server: JsonServer | None = None
        self._batches: Batches | None = None
        self._model: Mapping[str, Any] = {}
        self._answered = False

    def card(self) -> ModelCard:
        identity = {"base_url": redact_url(self._address), "model": str(self._model.get("id") or self._name)}
        return ModelCard("anthropic", self._name, self._arguments, identity)

    def prepare(self, tasks: Sequence[Task], settings: Settings) -> None:
        notices = temperature_notices(self._form, str(self._arguments["api_version"]), tasks, settings)
        if self._server is None:
            self._connect()
        self.notices = [*notices, *ability_notices(self._form, self._model, tasks, settings)]

    def _connect(self) -> None:
        try:
            from ecg_bench.backends._http import JsonServer
            from ecg_bench.backends.anthropic._batches import Batches
            from ecg_bench.backends.anthropic._client import connect, look_up, transform_schema
        except ImportError as error:
            raise UserError(
                f"anthropic/ needs a package that is missing ({error.name}): pip install 'ecg-bench[anthropic]'"
            ) from None
        connection = connect(self._address, str(self._arguments["api_key_env"]), str(self._arguments["api_version"]))
        self._model = look_up(connection, self._name)
        self._form = replace(self._form, adapt_schema=transform_schema)
        self._server = JsonServer(connection.base_url, connection.headers)
        self._batches = Batches(connection, self._form)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[None]:
        assert self._server is not None and self._batches is not None  # noqa: S101, PT018  # prepared before
        async with self._server.session(), self._batches.session():
            yield

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        return [await self._one(request) for request in requests]

    async def _one(self, request: Request) -> Response:
        from ecg_bench.backends._http import RefusedError

        assert self._server is not None  # noqa: S101  # the engine prepares before it asks
        try:
            body = await asyncio.to_thread(self._form.body, request) if request.media else self._form.body(request)
        except UnaskableError as error:
            return Response(error=str(error))
        start = perf_counter()
        try:
            reply = await self._server.post("/v1/messages", body)
        except RefusedError as error:
            if "format" in body.get("output_config", {}) and _SCHEMA.search(str(error)):
                self._form = replace(self._form, schemas=False)
                _log.warning("the model takes no JSON Schema: asked without", extra={"said": str(error)})
                return await self._one(request)
            return self._refused(error.status, str(error))
        response = read(reply, perf_counter() - start)
        self._answered = True
        return response

    def _refused(self, status: int, said: str) -> Response:
        """Sort a refusal: of this request, of every request, or of a model that was there a moment ago."""
        if status == 404 and self._answered:
            raise TransientError("404", said)
        if status in (402, 403, 404) or "credit balance" in said:
            raise UserError(said)
        if not self._answered and _OUR_FIELD.search(said):
            raise UserError(f"{said}: this concerns every request, so change the arguments of the run")
        if long := _TOO_LONG.search(said):
            return Response(error=f"the prompt has {long[1]} tokens, and anthropic/{self._name} takes {long[2]}")
        return Response(error=said)

    def price(self) -> Price | None:
        if is_local(self._address):
            return super().price()
        return listed_price("anthropic", self._name) if is_official(self._address) else None

    async def submit_batch(self, requests: Mapping[str, Request], label: str) -> str:
        assert self._batches is not None  # noqa: S101  # the engine prepares before it asks
        return await self._batches.submit(requests)

    async def find_batch(self, label: str) -> str | None:
        """Return None: the API keeps no label with a batch, so that none can be told from another."""
        return None

    async def batch_state(self, batch: str) -> BatchState:
        assert self._batches is not None  # noqa: S101  # the engine prepares before it asks
        return await self._batches.state(batch)

    def batch_responses(self, batch: str) -> AsyncIterator[tuple[str, Response]]:
        assert self._batches is not None  # noqa: S101  # the engine prepares before it asks
        return self._batches.responses(batch)


def _thinking(kind: str | None, budget: int | None) -> dict[str, Any] | None:
    if budget is not None:
        return {"type": "enabled", "budget_tokens": budget}
    if kind == "adaptive":
        return {"type": "adaptive", "display": "summarized"}  # newer models keep their thoughts back otherwise
    return {"type": kind} if kind else None
