"""What ``POST /v1/messages`` is sent, and how its reply is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ecg_bench.backends._images import read_image
from ecg_bench.backends.base import TransientError
from ecg_bench.errors import UserError
from ecg_bench.samples import FinishReason, Media, Message, Request, Response, Usage

_EPHEMERAL = {"type": "ephemeral"}
_FINISH: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "content_filter",
}


@dataclass(frozen=True)
class Form:
    """What is the same in all bodies of a run.

    Parameters
    ----------
    model : str
        As the API calls it.
    temperature : bool
        Whether the version of the API in use takes a temperature.
    thinking : mapping, optional
        The API's own ``thinking``; its default if not given.
    budget : int
        Tokens that may be thought beside those that an answer may have.
    effort : str, optional
        The API's own ``output_config.effort``.
    prompt_cache : bool
        Whether the part that all prompts of a task share is marked for the provider's cache.
    extra : mapping
        Further fields.
    adapt_schema : callable, optional
        Turns a JSON Schema into one that the API takes.
    schemas : bool
        False where the model can't be held to a JSON Schema.
    """

    model: str
    temperature: bool = False
    thinking: Mapping[str, Any] | None = None
    budget: int = 0
    effort: str | None = None
    prompt_cache: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)
    adapt_schema: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    schemas: bool = True

    def body(self, request: Request) -> dict[str, Any]:
        """Return the body that asks a request.

        Raises
        ------
        UnaskableError
            If it goes with something that the API doesn't take.
        UserError
            If its schema is none that the API can enforce.
        """
        system = "\n\n".join(message.content for message in request.messages if message.role == "system")
        turns = [message for message in request.messages if message.role != "system"]
        body: dict[str, Any] = {"model": self.model, "max_tokens": request.params.max_tokens + self.budget}
        if system:
            alone = self.prompt_cache and len(turns) == 1
            body["system"] = [_text(system, marked=True)] if alone else system
        body["messages"] = self._turns(turns, request.media)
        if self.temperature:
            body["temperature"] = request.params.temperature
        if self.thinking is not None:
            body["thinking"] = self.thinking
        output: dict[str, Any] = {"effort": self.effort} if self.effort else {}
        if request.schema is not None and self.schemas:
            output |= {"format": {"type": "json_schema", "schema": self._schema(request.schema)}}
        if output:
            body["output_config"] = output
        return {**body, **self.extra}

    def _turns(self, turns: Sequence[Message], media: Sequence[Media]) -> list[dict[str, Any]]:
        """Return the turns; all but the last are worked examples, which the prompts of a task share."""
        made: list[dict[str, Any]] = [{"role": turn.role, "content": turn.content} for turn in turns]
        if self.prompt_cache and len(turns) > 1:
            made[-2]["content"] = [_text(turns[-2].content, marked=True)]
        if media:
            made[-1]["content"] = [*(_image(one) for one in media), _text(turns[-1].content)]
        return made

    def _schema(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        if self.adapt_schema is None:
            return dict(schema)
        try:
            return self.adapt_schema(dict(schema))
        except (TypeError, ValueError) as error:
            raise UserError(f"anthropic/{self.model} can't enforce this JSON Schema: {error}") from None


def _text(text: str, *, marked: bool = False) -> dict[str, Any]:
    return {"type": "text", "text": text} | ({"cache_control": _EPHEMERAL} if marked else {})


def _image(media: Media) -> dict[str, Any]:
    kind, data = read_image(media)
    return {"type": "image", "source": {"type": "base64", "media_type": kind, "data": data}}


def read(reply: Mapping[str, Any], latency_s: float = 0.0) -> Response:
    """Read the API's ``Message``, which took some seconds.

    Raises
    ------
    TransientError
        If it is none.
    """
    content = reply.get("content")
    if not isinstance(content, list) or not all(isinstance(block, Mapping) for block in content):
        raise TransientError("bad reply", f"the server sent no message but {str(dict(reply))[:80]!r}")
    return Response(
        text="".join(str(block.get("text", "")) for block in content if block.get("type") == "text"),
        finish_reason=_FINISH.get(str(reply.get("stop_reason"))),
        usage=_usage(reply.get("usage")),
        latency_s=round(latency_s, 6),
        reasoning="\n\n".join(str(block.get("thinking", "")) for block in content if block.get("type") == "thinking"),
        model=reply.get("model"),
    )


def _usage(usage: Any) -> Usage | None:
    """Read the tokens; the API's ``input_tokens`` are those that no cache was involved in."""
    if not isinstance(usage, Mapping):
        return None
    held = int(usage.get("cache_read_input_tokens") or 0)
    written = int(usage.get("cache_creation_input_tokens") or 0)
    details = usage.get("output_tokens_details") or {}
    return Usage(
        input_tokens=int(usage.get("input_tokens") or 0) + held + written,
        output_tokens=int(usage.get("output_tokens") or 0),
        cached_tokens=held,
        cache_write_tokens=written,
        reasoning_tokens=int(details.get("thinking_tokens") or 0),
    )
