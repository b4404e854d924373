"""From a request to the JSON that is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ecg_bench.backends._images import read_image
from ecg_bench.backends._prompt import plain_prompt
from ecg_bench.backends.base import UnaskableError
from ecg_bench.samples import Media, Request

Api = Literal["chat", "completions"]
SEEDS = 2**31  # every server takes seeds below this


@dataclass(frozen=True)
class Form:
    """How a server wants to be asked.

    Parameters
    ----------
    model : str
        Its name of the model.
    api : {"chat", "completions"}
        Turns of a conversation, or one text to be continued.
    limit_field : str
        How the server calls the most tokens of an answer.
    send_temperature : bool
        False where the server refuses to be told.
    effort : str, optional
        How much a reasoning model is to think.
    logprobs : int, optional
        How many of the likeliest tokens to return at each place of an answer.
    extra : mapping
        Further fields of the body; None takes a field out.
    schemas : bool
        False where the server can't hold an answer to a JSON Schema.
    """

    model: str
    api: Api
    limit_field: str
    send_temperature: bool = True
    effort: str | None = None
    logprobs: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    schemas: bool = True

    @property
    def path(self) -> str:
        """Where requests go, behind the base address."""
        return "/chat/completions" if self.api == "chat" else "/completions"

    def body(self, request: Request) -> dict[str, Any]:
        """Return what to send for an answer; reads the request's images from disk.

        Raises
        ------
        UnaskableError
            If the request holds what this API has no place for.
        """
        params = request.params
        body: dict[str, Any] = {"model": self.model}
        if self.api == "chat":
            messages: list[dict[str, Any]] = [{"role": m.role, "content": m.content} for m in request.messages]
            if request.media:
                _show(messages, request.media)
            body["messages"] = messages
        else:
            if request.media:
                raise UnaskableError("api=completions takes text only, but this sample has media: use api=chat")
            body["prompt"] = plain_prompt(request.messages)
        body[self.limit_field] = params.max_tokens
        if self.send_temperature:
            body["temperature"] = params.temperature
        if params.temperature > 0 or not self.send_temperature:
            body["seed"] = params.seed % SEEDS
        if self.effort is not None:
            body["reasoning_effort"] = self.effort
        if request.schema is not None and self.schemas and self.api == "chat":
            schema = {"name": "answer", "schema": request.schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        if self.logprobs is not None:
            body |= self._logprobs(self.logprobs)
        return self.with_extra(body)

    def _logprobs(self, top: int) -> dict[str, Any]:
        if self.api == "completions":
            return {"logprobs": top}
        return {"logprobs": True} | ({"top_logprobs": top} if top else {})

    def with_extra(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return a body with the user's own fields."""
        if not self.extra:
            return body
        return {name: value for name, value in {**body, **self.extra}.items() if value is not None}


def _show(messages: list[dict[str, Any]], media: tuple[Media, ...]) -> None:
    """Put images behind the text of the last message, the one that asks."""
    parts = [{"type": "image_url", "image_url": {"url": _data_url(one)}} for one in media]
    messages[-1]["content"] = [{"type": "text", "text": messages[-1]["content"]}, *parts]


def _data_url(media: Media) -> str:
    kind, data = read_image(media)
    return f"data:{kind};base64,{data}"
