"""What to do where a server says that it won't answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ecg_bench.backends.base import RefusedError, TransientError
from ecg_bench.backends.openai._models import Offer
from ecg_bench.errors import UserError
from ecg_bench.samples import Response

# Servers say it in many ways: OpenAI, Azure, vLLM, llama.cpp, TGI, and what stands behind OpenRouter and LiteLLM.
_TOO_LONG = re.compile(
    r"context.?(?:length|size|window)|maximum (?:model|context|input|prompt) length"
    r"|(?:prompt|input|request) is too long"
    r"|input tokens? exceed|exceeds? the (?:maximum|configured) (?:number|limit) of (?:input )?tokens"
    r"|`?inputs`? (?:tokens|must have)|longer than the maximum",
    re.IGNORECASE,
)
_NOT_TAKEN = re.compile(
    r"unsupported|not support|unrecogni[sz]ed|unknown (?:parameter|field|argument)"
    r"|unexpected (?:keyword|parameter|field)|extra (?:inputs|fields)|not permitted|not allowed"
    r"|not enabled|may not be set",
    re.IGNORECASE,
)
_FILTERED = frozenset({"content_filter", "content_policy_violation"})
_MANY_TOKENS = re.compile(r"supports at most \d+ completion tokens|cannot be greater than max_model_len")
_ADVICE = {
    "max_tokens": "set --model-arg max_tokens_field=max_completion_tokens",
    "max_completion_tokens": "set --model-arg max_tokens_field=max_tokens",
    "temperature": "set --model-arg send_temperature=false, and its answers are sampled at its own temperature",
    "seed": "set --model-arg 'extra_body={\"seed\": null}' to send none",
    "reasoning_effort": "leave the argument reasoning_effort out, or give another value",
    "logprobs": "leave the argument logprobs out",
    "top_logprobs": "leave the argument logprobs out, or give a smaller number",
}


_SCHEMA = re.compile(r"response_format|json_schema|json schema|structured.?outputs?|guided|grammar", re.IGNORECASE)


def refuses_schema(error: RefusedError, body: Mapping[str, Any]) -> bool:
    """Whether a server can't hold an answer to a JSON Schema; it may be asked without then."""
    return "response_format" in body and error.status in (400, 404, 422, 500, 501) and bool(_SCHEMA.search(str(error)))


def refused(error: RefusedError, body: Mapping[str, Any], offer: Offer, *, answered: bool) -> Response:
    """Return the response that stands for a refusal of one request.

    Parameters
    ----------
    error : RefusedError
        What the server said.
    body : mapping
        What it was sent.
    offer : Offer
        Its models.
    answered : bool
        Whether it has answered a request before: what it refuses now is then no mistake in how it is asked.

    Raises
    ------
    UserError
        If every other request will be refused too.
    TransientError
        If the model was there before and may come back.
    """
    said = str(error).rstrip(".")
    if error.status == 402:
        raise UserError(f"{said}: the account has no credit left")
    if error.status == 404 or error.code == "model_not_found":
        if answered:
            raise TransientError("404", f"{said}: the model answered before")
        hint = offer.hint(str(body["model"])) or ": check the model's name and base_url (it often ends in /v1)"
        raise UserError(said + hint)
    if error.status == 413 or error.code == "context_length_exceeded" or _TOO_LONG.search(said):
        return Response(error=f"the prompt doesn't fit into the model's context: {said}")
    if error.code in _FILTERED or (error.code == "invalid_prompt" and "flagged" in said):
        return Response(finish_reason="content_filter")
    if not answered:
        _explain(said, body)
    return Response(error=said)


def _explain(said: str, body: Mapping[str, Any]) -> None:
    """Raise a UserError if a server refuses a field of the body, whatever the sample."""
    if _MANY_TOKENS.search(said):
        raise UserError(f"{said}: lower --max-tokens")
    if not _NOT_TAKEN.search(said):
        return
    named = [(found.start(), name) for name in body if (found := re.search(rf"\b{re.escape(name)}\b", said))]
    fields = [name for _, name in sorted(named) if name not in ("model", "messages", "prompt")]
    if fields:
        raise UserError(f"{said}: {_ADVICE.get(fields[0], f'leave {fields[0]} out of extra_body')}")
