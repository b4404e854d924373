"""Log-likelihoods over the completions API: the server repeats a prompt with the log-probability of each token."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ecg_bench.backends._prompt import plain_prompt
from ecg_bench.backends.base import TransientError, UnaskableError
from ecg_bench.backends.openai._bodies import Form
from ecg_bench.backends.openai._connection import Connection
from ecg_bench.backends.openai._replies import choices_of, usage_of
from ecg_bench.errors import UserError
from ecg_bench.samples import Request, Response, Usage

if TYPE_CHECKING:
    from ecg_bench.backends._http import JsonServer

INSTEAD = "use --mode generate, or hf/ or vllm/ for log-likelihoods"
SPLIT = "\ufffd"
_PROBES = ["The rhythm is regular.", "The rhythm is irregular."]


def takes_lists(connection: Connection, form: Form) -> bool:
    """Find out whether a server can score prompts at all, and whether it takes several in one call.

    Raises
    ------
    UserError
        If it can't.
    """
    import openai

    with connection.client(retries=2) as client:

        def works(prompt: str | list[str], n: int) -> bool:
            reply: Any = client.post("/completions", body=_body(form, prompt), cast_to=object)
            choices = reply.get("choices") or () if isinstance(reply, dict) else ()
            return len(choices) == n and all(_is_echo(choice) for choice in choices)

        try:
            if works(_PROBES, len(_PROBES)):
                return True
        except openai.OpenAIError:
            pass  # it may still take one at a time
        try:
            if works(_PROBES[0], 1):
                return False
            reason = "it sends no log-probabilities of the prompt"
        except openai.APIStatusError as error:
            reason = f"HTTP {error.status_code}: {' '.join(error.message.split())[:200]}"
        except openai.OpenAIError as error:
            reason = " ".join(str(error.__cause__ or error).split())[:200]
    raise UserError(f"{connection.shown} can't score given answers ({reason}): {INSTEAD}")


def _body(form: Form, prompt: str | list[str]) -> dict[str, Any]:
    # One token more than needed, because servers differ in what they make of 0 (for one, it means no limit).
    asked = {"model": form.model, "prompt": prompt, "max_tokens": 1, "temperature": 0, "echo": True, "logprobs": 1}
    return form.with_extra(asked)


def _is_echo(choice: Mapping[str, Any]) -> bool:
    logprobs = choice.get("logprobs")
    return isinstance(logprobs, dict) and len(logprobs.get("token_logprobs") or ()) > 1


async def score(server: JsonServer, form: Form, request: Request, *, lists: bool) -> Response:
    """Return the log-likelihood of each continuation of a request, in nats.

    Raises
    ------
    UnaskableError
        If the request has media, or a continuation in which there is nothing to score.
    TransientError, RefusedError, UserError
        As `JsonServer.post` and `read_reply` do.
    """
    if request.media:
        raise UnaskableError("api=completions takes text only, but this sample has media")
    context = plain_prompt(request.messages) + request.prefill
    prompts = [context + continuation for continuation in request.continuations]
    calls: list[str | list[str]] = [prompts] if lists else list(prompts)
    values: list[float] = []
    usages: list[Usage | None] = []
    reply: dict[str, Any] = {}
    for call in calls:
        reply = await server.post(form.path, _body(form, call))
        wanted = request.continuations[len(values) :][: len(call) if isinstance(call, list) else 1]
        try:
            values += _read(reply, context, wanted)
            usages.append(usage_of(reply))
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise TransientError("bad reply", f"the reply has another form than expected: {error!r}"[:300]) from None
    known = [usage for usage in usages if usage is not None]
    read, written = sum(one.input_tokens for one in known), sum(one.output_tokens for one in known)
    usage = Usage(read, written, sum(one.cached_tokens for one in known)) if known else None
    return Response(loglikelihoods=tuple(values), usage=usage, model=reply.get("model"))


def _read(reply: Mapping[str, Any], context: str, continuations: Sequence[str]) -> list[float]:
    choices = choices_of(reply)
    if len(choices) != len(continuations):
        raise TransientError("bad reply", f"{len(continuations)} prompts were sent, but {len(choices)} came back")
    if not all(_is_echo(choice) for choice in choices):
        raise UserError(f"the server sends no log-probabilities of the prompt: {INSTEAD}")
    sizes = [len(choice["logprobs"]["tokens"]) for choice in choices]
    usage = usage_of(reply)
    beyond = None if usage is None else sum(sizes) - usage.input_tokens  # generated tokens among those listed
    values = []
    for choice, size, continuation in zip(choices, sizes, continuations, strict=True):
        tokens: list[str] = choice["logprobs"]["tokens"]
        if beyond == len(choices):
            end = size - 1
        elif beyond == 0:
            end = size
        else:
            end = size - 1 if "".join(tokens[: size - 1]).endswith(continuation) else size
        start = _start(choice["logprobs"], end, context, continuation)
        logprobs = choice["logprobs"]["token_logprobs"][start:end]
        if not logprobs or None in logprobs:
            raise UnaskableError("there is nothing to score in a continuation")
        values.append(float(sum(logprobs)))
    return values


def _start(logprobs: Mapping[str, Any], end: int, context: str, continuation: str) -> int:
    """Return the place of the continuation's first token; a token that reaches across the border belongs to it.

    The tokens' texts are followed from the end of the prompt: in front of it there may be a token for the beginning of
    the text, whose length servers count differently, and many characters that are split between tokens.
    """
    tokens: Sequence[str] = logprobs["tokens"]
    text, covered = context + continuation, ""
    for start in range(end - 1, -1, -1):
        covered = tokens[start] + covered
        if len(covered) < len(continuation):
            continue
        place = _place(covered, text)
        if place is None:
            break
        if place <= len(context):
            while start > 1 and (not tokens[start - 1] or (tokens[start][:1] == tokens[start - 1][-1:] == SPLIT)):
                start -= 1  # the first parts of a split character
            return start
    offsets: Sequence[int] = logprobs["text_offset"]
    shift = offsets[end] - len(text) if end < len(offsets) else 0
    return next((n for n in range(end) if offsets[n] - shift >= len(context)), end)


def _place(covered: str, text: str) -> int | None:
    """Return where in a text the part begins that its last tokens cover, or None if they don't cover its end."""
    if SPLIT not in covered:
        return len(text) - len(covered) if text.endswith(covered) else None
    # Servers write this sign for each token that holds only a part of a character.
    parts = re.split(f"({SPLIT}+)", covered)
    pattern = "".join(rf"[^\x00-\x7f]{{1,{len(p)}}}" if p.startswith(SPLIT) else re.escape(p) for p in parts)
    found = re.search(pattern + r"\Z", text)
    return None if found is None else found.start()
