"""From the JSON that comes back to a response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from ecg_bench.backends.base import RefusedError, TransientError
from ecg_bench.errors import UserError
from ecg_bench.redaction import redact
from ecg_bench.samples import FinishReason, Response, TokenLogprob, Usage

_FINISHED: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "content_filter": "content_filter",
    "tool_calls": "stop",
    "function_call": "stop",
    "eos_token": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
}
_BROKEN = frozenset({"error", "abort"})
_PASSING = frozenset({408, 409, 425, 429})


def read_reply(reply: Mapping[str, Any]) -> Response:
    """Read a reply of the chat or the completions API.

    Raises
    ------
    TransientError
        If it holds no answer.
    RefusedError, UserError
        If it holds an error that says so, under an HTTP status that doesn't.
    """
    try:
        choice = choices_of(reply)[0]
        message = choice.get("message")
        if message is None:
            return _response(reply, choice, choice["text"] or "", "")
        refusal = message.get("refusal")
        if refusal:
            return _response(reply, choice, refusal, _reasoning(message), "content_filter")
        return _response(reply, choice, _text(message.get("content")), _reasoning(message))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise TransientError("bad reply", f"the reply has another form than expected: {error!r}"[:300]) from None


def choices_of(reply: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the choices of a reply in their order, at least one of them; raises as `read_reply` does."""
    choices = reply.get("choices")
    if not choices:
        if reply.get("error"):
            _raise(reply["error"])
        raise TransientError("bad reply", "the reply has no choices")
    for choice in choices:
        if choice.get("error"):
            _raise(choice["error"])
        if choice.get("finish_reason") in _BROKEN:
            raise TransientError("bad reply", f"the answer broke off ({choice['finish_reason']})")
    return choices if len(choices) == 1 else sorted(choices, key=lambda choice: choice["index"])


def usage_of(reply: Mapping[str, Any]) -> Usage | None:
    """Return the tokens that a reply counts, if any."""
    usage = reply.get("usage")
    if not usage or usage.get("prompt_tokens") is None:
        return None
    read = usage.get("prompt_tokens_details") or {}
    written = usage.get("completion_tokens_details") or {}
    return Usage(
        usage["prompt_tokens"],
        usage.get("completion_tokens") or 0,
        cached_tokens=read.get("cached_tokens") or 0,
        reasoning_tokens=written.get("reasoning_tokens") or 0,
    )


def _response(
    reply: Mapping[str, Any],
    choice: Mapping[str, Any],
    text: str,
    reasoning: str,
    finish: FinishReason | None = None,
) -> Response:
    if not isinstance(text, str):
        raise TypeError(f"the answer is {type(text).__name__}, no text")
    return Response(
        text,
        finish_reason=finish or _FINISHED.get(choice.get("finish_reason") or ""),
        usage=usage_of(reply),
        reasoning=reasoning,
        model=reply.get("model"),
        logprobs=_logprobs(choice.get("logprobs")),
    )


def _text(content: Any) -> str:
    """Return the text of a message; some servers give it in parts, the reasoning among them."""
    if isinstance(content, list):
        return "".join(part["text"] for part in content if part.get("type") == "text")
    return content or ""


def _reasoning(message: Mapping[str, Any]) -> str:
    """Return what a server gives of the reasoning; there are two names for it."""
    found = message.get("reasoning_content") or message.get("reasoning")
    return found if isinstance(found, str) else ""


def _logprobs(found: Mapping[str, Any] | None) -> tuple[TokenLogprob, ...]:
    if not found:
        return ()
    if found.get("content"):  # of chats, and of llama.cpp's completions
        return tuple(
            TokenLogprob(
                one["token"],
                one["logprob"],
                tuple((top["token"], top["logprob"]) for top in one.get("top_logprobs") or ()),
            )
            for one in found["content"]
        )
    tokens = found.get("tokens") or ()
    tops = found.get("top_logprobs") or [None] * len(tokens)
    return tuple(
        TokenLogprob(token, value, tuple((top or {}).items()))
        for token, value, top in zip(tokens, found["token_logprobs"] if tokens else (), tops, strict=True)
    )


def _raise(error: Any) -> NoReturn:
    fields = error if isinstance(error, dict) else {"message": error}
    said = redact(" ".join(str(fields.get("message")).split())[:300])
    code = str(fields.get("code"))
    status = int(code) if code.isdecimal() else 0
    if status == 401:
        raise UserError(f"the server says HTTP 401: {said}: check the key")
    if 400 <= status < 500 and status not in _PASSING:
        raise RefusedError(status, str(fields.get("type") or ""), f"the server says HTTP {status}: {said}")
    cause = str(status) if status else "bad reply"
    raise TransientError(cause, f"the reply holds an error: {said}", overloaded=status == 429)
