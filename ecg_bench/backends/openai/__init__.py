"""OpenAI's models, and every server that speaks OpenAI's language: ``openai/NAME``."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ecg_bench.backends.base import Backend, ModelCard, RefusedError, UnaskableError
from ecg_bench.backends.openai._batches import OpenAIBatches
from ecg_bench.backends.openai._bodies import Api, Form
from ecg_bench.backends.openai._connection import Connection
from ecg_bench.backends.openai._echo import score, takes_lists
from ecg_bench.backends.openai._models import Offer, look_up
from ecg_bench.backends.openai._refusals import refused, refuses_schema
from ecg_bench.backends.openai._replies import read_reply
from ecg_bench.domains import Task
from ecg_bench.errors import UserError
from ecg_bench.log import get_logger
from ecg_bench.prices import Price, price_at
from ecg_bench.redaction import redact_url
from ecg_bench.samples import Mode, Request, Response
from ecg_bench.settings import EcgAs, Settings

if TYPE_CHECKING:
    from ecg_bench.backends._http import JsonServer

MOST_LOGPROBS = 20
_OURS = frozenset({"model", "messages", "prompt", "stream", "n", "echo", "best_of"})  # what replies are read by

_log = get_logger("openai")


class OpenAICompatible(OpenAIBatches, Backend):
    """A model behind the chat or the completions API of OpenAI, or of any server that speaks the same language.

    Parameters
    ----------
    name : str
        The model, as the server calls it.
    base_url : str, optional
        The server's address, such as ``http://127.0.0.1:8000/v1``. By default what ``OPENAI_BASE_URL`` says, else
        OpenAI's own.
    api_key_env : str, optional
        The environment variable that holds the key. By default ``OPENAI_API_KEY``; a server other than OpenAI's may
        need none.
    api : {"chat", "completions"}
        Whether a prompt is sent as turns, in the model's own template, or as one text.
    reasoning_effort : str, optional
        How much a reasoning model is to think: ``low``, ``medium``, ``high``, or what else the server takes.
    logprobs : int, optional
        Keep the log-probability of each token of an answer, and of so many of the likeliest tokens in its place: 0 to
        20.
    max_tokens_field : {"auto", "max_tokens", "max_completion_tokens"}
        How the server calls the most tokens of an answer; ``auto`` is ``max_completion_tokens`` for the chat API of
        OpenAI itself, ``max_tokens`` else.
    send_temperature : bool
        False for models that refuse to be told a temperature; they sample at their own.
    extra_body : str or mapping, optional
        Further fields of each request, as a JSON object; null takes a field out.
    revision : str, optional
        Your own word for the weights behind the name, such as a date or a hash. Answers of a server other than OpenAI's
        are kept in the response cache only where it is given: tomorrow another model may answer under the same name.
    """

    summary: ClassVar[str] = "OpenAI, or any compatible server by base_url: vLLM, llama.cpp, Ollama, OpenRouter, …"
    modes: ClassVar[frozenset[Mode]] = frozenset(Mode)
    concurrency = 128
    takes: tuple[EcgAs, ...] = ("image", "features")
    adaptive: ClassVar[bool] = True
    immaterial: ClassVar[frozenset[str]] = frozenset({"api_key_env"})

    def __init__(
        self,
        name: str,
        *,
        base_url: str | None = None,
        api_key_env: str | None = None,
        api: Api = "chat",
        reasoning_effort: str | None = None,
        logprobs: int | None = None,
        max_tokens_field: Literal["auto", "max_tokens", "max_completion_tokens"] = "auto",
        send_temperature: bool = True,
        extra_body: str | Mapping[str, Any] | None = None,
        revision: str | None = None,
    ) -> None:
        if logprobs is not None and not 0 <= logprobs <= MOST_LOGPROBS:
            raise UserError(f"logprobs must be from 0 to {MOST_LOGPROBS}, but is {logprobs}")
        if reasoning_effort is not None and api == "completions":
            raise UserError("reasoning_effort is for api=chat; the completions API doesn't know it")
        extra = _object(extra_body)
        if api == "completions":
            self.takes = ("features",)
        self._name = name
        self._connection = Connection(base_url, api_key_env)
        if max_tokens_field == "auto":
            new = self._connection.is_openai and api == "chat"
            limit = "max_completion_tokens" if new else "max_tokens"
        else:
            limit = max_tokens_field
        self._form = Form(name, api, limit, send_temperature, reasoning_effort, logprobs, extra)
        self._arguments = {
            "base_url": base_url and redact_url(base_url),
            "api_key_env": api_key_env,
            "api": api,
            "reasoning_effort": reasoning_effort,
            "logprobs": logprobs,
            "max_tokens_field": max_tokens_field,
            "send_temperature": send_temperature,
            "extra_body": extra or None,
            "revision": revision,
        }
        self.cacheable = self._connection.is_openai or revision is not None
        self._offer = Offer()
        self._lists = False
        self._answered = False
        self._server: JsonServer | None = None

    def card(self) -> ModelCard:
        identity = {"base_url": self._connection.shown, **self._offer.identity}
        return ModelCard("openai", self._name, self._arguments, identity)

    def prepare(self, tasks: Sequence[Task], settings: Settings) -> None:
        scores = settings.mode is Mode.LOGLIKELIHOOD
        if scores and self._form.api == "chat":
            raise UserError(
                "a chat API gives no log-likelihoods of given answers: use --mode generate, --model-arg "
                "api=completions on a server that repeats prompts with log-probabilities (such as vLLM's), or hf/ or "
                "vllm/"
            )
        self._offer = look_up(self._connection, self._name)
        if scores:
            self._lists = takes_lists(self._connection, self._form)
        notices = []
        if not self._form.send_temperature:
            notices.append("no temperature was sent: answers are sampled at the server's own, and can't be repeated")
        if self._connection.url.startswith("http:") and not self._connection.is_own and self._connection.key():
            notices.append(f"the key goes to {self._connection.shown} without encryption")
        self.notices = notices

    @asynccontextmanager
    async def session(self) -> AsyncIterator[None]:
        from ecg_bench.backends._http import JsonServer

        server = JsonServer(self._connection.url, self._connection.headers())
        async with server.session():
            self._server = server
            try:
                yield
            finally:
                self._server = None

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        return [await self._one(request) for request in requests]

    async def _one(self, request: Request) -> Response:
        assert self._server is not None  # noqa: S101  # the engine asks inside of session()
        body: Mapping[str, Any] = {"model": self._name}
        try:
            if request.mode is Mode.LOGLIKELIHOOD:
                response = await score(self._server, self._form, request, lists=self._lists)
            else:
                reads = bool(request.media)  # images, from disk
                body = await asyncio.to_thread(self._form.body, request) if reads else self._form.body(request)
                response = read_reply(await self._server.post(self._form.path, body))
        except UnaskableError as error:
            return Response(error=str(error))
        except RefusedError as error:
            if refuses_schema(error, body):
                self._form = replace(self._form, schemas=False)
                _log.warning("the server takes no JSON Schema: asked without", extra={"said": str(error)})
                return await self._one(request)
            return refused(error, body, self._offer, answered=self._answered)
        self._answered = True
        return response

    def price(self) -> Price | None:
        if self._connection.is_own:
            return Price(0.0, 0.0, source="a server in your own network")
        return price_at(self._connection.url, self._name)


def _object(given: str | Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the fields that a user adds to each request."""
    try:
        found = json.loads(given) if isinstance(given, str) else dict(given or {})
    except ValueError as error:
        raise UserError(f"extra_body must be a JSON object, but {given!r} is none: {error}") from None
    if not isinstance(found, dict):
        raise UserError(f"extra_body must be a JSON object, but is {given!r}")
    if taken := sorted(_OURS & found.keys()):
        raise UserError(f"extra_body can't set {taken[0]!r}, which ecg-bench sets itself")
    return found
