"""A loaded model: from requests to what vLLM is asked, and from what it gives to answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ecg_bench.backends.vllm._prompts import Prompts, Tokens
from ecg_bench.samples import FinishReason, Mode, Request, Response, Usage

_ENDS: Mapping[str, FinishReason] = {"stop": "stop", "length": "length"}
_TOGETHER = 20  # so many tokens vLLM gives the log-probabilities of at a place


@dataclass(frozen=True)
class Part:
    """Something that vLLM is asked."""

    prompt: Tokens
    params: Any


@dataclass
class Plan:
    """What vLLM is asked for one request, what it gave so far, and how an answer is made of that."""

    parts: Sequence[Part]
    read: Callable[[Sequence[Any]], Response]
    given: dict[int, Any] = field(default_factory=dict)

    def take(self, number: int, output: Any) -> Response | None:
        """Take what one part gave; returns the answer once there is all of it."""
        self.given[number] = output
        if len(self.given) < len(self.parts):
            return None
        return self.read([self.given[n] for n in range(len(self.parts))])


class Model:
    """A model in vLLM's engine.

    Parameters
    ----------
    engine
        A ``vllm.LLMEngine``.
    prompts : Prompts
        The model's tokenizer.
    lora
        The adapter that all answers go through, as vLLM calls it; or None.
    identity : mapping
        What tells this model from others of the same name.
    notices : sequence of str
        What the user should know.
    scores : bool
        Whether given answers can be scored.
    """

    def __init__(
        self,
        engine: Any,
        prompts: Prompts,
        lora: Any,
        identity: Mapping[str, Any],
        notices: Sequence[str],
        *,
        scores: bool,
    ) -> None:
        self.engine = engine
        self.lora = lora
        self.identity = identity
        self.notices = notices
        self.scores = scores
        self._prompts = prompts
        self._window: int = engine.model_config.max_model_len

    @property
    def rows(self) -> int:
        """How many answers are written at once."""
        rows: int = self.engine.vllm_config.scheduler_config.max_num_seqs
        return rows

    def plan(self, request: Request) -> Plan | Response:
        """Say what vLLM is to be asked for a request, or why it can't be.

        Raises
        ------
        UserError
            If the chat template refuses the messages.
        """
        if request.media:
            return Response(
                error=f"the question comes with {request.media[0].kind} media, which vllm/ can't show to a model: "
                "ask vLLM's own server by openai/"
            )
        context = self._prompts.context(request)
        return (
            self._scoring(request, context) if request.mode is Mode.LOGLIKELIHOOD else self._writing(request, context)
        )

    def _too_long(self, prompt: Tokens) -> Response | None:
        if not prompt:
            return Response(error="the prompt has no tokens")
        if len(prompt) + 1 > self._window:  # vLLM writes at least one more
            return Response(error=f"the prompt has {len(prompt) + 1} tokens, but the model takes {self._window}")
        return None

    def _writing(self, request: Request, context: str) -> Plan | Response:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams

        (prompt,) = self._prompts.encode([context])
        problem = self._too_long(prompt)
        if problem is not None:
            return problem
        params = request.params
        schema = None if request.schema is None else StructuredOutputsParams(json=dict(request.schema))
        sampling = SamplingParams(
            max_tokens=min(params.max_tokens, self._window - len(prompt)),
            temperature=params.temperature,
            seed=_seed_of(request, context) if params.temperature else None,
            structured_outputs=schema,
            detokenize=False,  # vLLM leaves out a character that the answer's end cuts
            output_kind=RequestOutputKind.FINAL_ONLY,
        )
        return Plan([Part(prompt, sampling)], lambda given: self._written(prompt, given[0]))

    def _written(self, prompt: Tokens, output: Any) -> Response:
        answer = output.outputs[0]
        usage = Usage(len(prompt), len(answer.token_ids), cached_tokens=output.num_cached_tokens or 0)
        text = self._prompts.decode(answer.token_ids, answer.stop_reason)
        return Response(text, finish_reason=_ENDS.get(answer.finish_reason or ""), usage=usage)

    def _scoring(self, request: Request, context: str) -> Plan | Response:
        """Ask for the last tokens of a prompt, or, of those that differ in their last token only, for that one."""
        # Each is encoded with its context, since a token may reach across the border.
        start, *wholes = self._prompts.encode([context, *(context + one for one in request.continuations)])
        scored = [len(whole) - len(start) for whole in wholes]
        if not start or min(scored, default=1) < 1:
            return Response(error="nothing to score in it")
        last: dict[tuple[int, ...], list[int]] = {}
        for n, whole in enumerate(wholes):
            if scored[n] == 1:
                last.setdefault(tuple(whole[:-1]), []).append(n)
        parts: list[Part] = []
        readers: list[Callable[[Any], Mapping[int, float]]] = []
        for row, users in last.items():
            for first in range(0, len(users), _TOGETHER):
                block = {n: wholes[n][-1] for n in users[first : first + _TOGETHER]}
                parts.append(Part(list(row), _scores(logprob_token_ids=sorted(set(block.values())))))
                readers.append(partial(_next_token, tokens=block))
        for n, whole in enumerate(wholes):
            if scored[n] > 1:
                parts.append(Part(whole, _scores(prompt_logprobs=1)))
                readers.append(partial(_last_tokens, number=n, tokens=whole[len(start) :]))
        for part in parts:
            problem = self._too_long(part.prompt)
            if problem is not None:
                return problem

        def read(given: Sequence[Any]) -> Response:
            values: dict[int, float] = {}
            for output, reader in zip(given, readers, strict=True):
                values |= reader(output)
            return Response(loglikelihoods=tuple(values[n] for n in range(len(wholes))), usage=Usage(len(start), 0))

        return Plan(parts, read)


def _scores(**what: Any) -> Any:
    """Return what makes vLLM write one token, which nobody wants, and say how likely other ones are."""
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    return SamplingParams(
        max_tokens=1, temperature=0, detokenize=False, output_kind=RequestOutputKind.FINAL_ONLY, **what
    )


def _next_token(output: Any, tokens: Mapping[int, int]) -> Mapping[int, float]:
    found = output.outputs[0].logprobs[0]
    return {n: float(found[token].logprob) for n, token in tokens.items()}


def _last_tokens(output: Any, number: int, tokens: Tokens) -> Mapping[int, float]:
    places = output.prompt_logprobs[-len(tokens) :]
    return {number: float(sum(place[token].logprob for place, token in zip(places, tokens, strict=True)))}


def _seed_of(request: Request, prompt: str) -> int:
    """Return a seed that depends on what is asked alone, so that the same question is drawn the same answer."""
    text = f"{request.params.seed}\n{request.epoch}\n{prompt}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1
