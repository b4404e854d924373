"""From requests to lm-eval's calls, and from its answers back to requests, each as soon as it is there."""

from __future__ import annotations

import inspect
import os
import random
import sys
from collections import defaultdict, deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ecg_bench.backends._worker import Job
from ecg_bench.backends.lm_eval._faults import first_line, sort_out
from ecg_bench.backends.lm_eval._quiet import quiet
from ecg_bench.samples import Mode, Request, Response, Usage

# What stands where a server sent no text; lm-eval takes it from this variable.
_NO_TEXT = os.environ.get("LMEVAL_MODEL_NONE_ANSWER_PLACEHOLDER", "")

_METHODS = {Mode.GENERATE: "generate_until", Mode.LOGLIKELIHOOD: "loglikelihood"}


@dataclass(frozen=True, slots=True)
class Instance:
    """The part of lm-eval's requests that model classes read."""

    args: tuple[Any, ...]
    task_name: str

    @property
    def arguments(self) -> tuple[Any, ...]:
        """The same, as some classes call it."""
        return self.args


@dataclass(eq=False, slots=True)
class Pending:
    """A request on its way through the class, and what came back of it so far.

    Parameters
    ----------
    job : Job
        Who waits for it.
    instances : sequence of Instance
        What the class is asked: the prompt, or the prompt with each continuation.
    size : int or None
        Tokens of the prompt, where they can be counted.
    """

    job: Job[Request, Response]
    instances: Sequence[Instance]
    size: int | None
    answers: dict[int, Any] = field(default_factory=dict)

    def take(self, n: int, answer: Any) -> None:
        """Take the answer to an instance; the first one counts."""
        self.answers.setdefault(n, answer)
        if len(self.answers) == len(self.instances):
            self.job.resolve(self._response())

    def _response(self) -> Response:
        if self.job.item.mode is Mode.GENERATE:
            text = self.answers[0]
            return Response("" if text is None or text == _NO_TEXT else str(text))
        values = tuple(float(self.answers[n][0]) for n in range(len(self.instances)))
        return Response(loglikelihoods=values, usage=None if self.size is None else Usage(self.size, 0))


class Asker:
    """Asks a model of lm-eval.

    Parameters
    ----------
    lm
        The model.
    model : str
        Its name, for messages.
    seeded : bool
        Whether a seed may stand among the parameters of generation.

    Attributes
    ----------
    repeatable : bool
        Whether a sampled answer can be had again.
    """

    def __init__(self, lm: Any, model: str, *, seeded: bool) -> None:
        self._lm = lm
        self._model = model
        self.seeded = seeded
        torch = sys.modules.get("torch")  # a class that needs it has imported it
        self._torch = torch if torch and isinstance(vars(lm).get("_model"), torch.nn.Module) else None
        self.repeatable = seeded or self._torch is not None

    def ask(self, pending: Sequence[Pending]) -> None:
        """Resolve or fail every one."""
        alone = [one for one in pending if self._torch is not None and not self.seeded and _is_sampled(one)]
        for mode in Mode:
            together = [one for one in pending if one.job.item.mode is mode and one not in alone]
            if together:
                self._ask(together)
        for one in alone:  # a sampled answer depends on all in its batch: alone under its seed, it can be repeated
            if self._torch is not None:
                self._torch.manual_seed(_seed_of(one.job.item))
            self._ask([one])

    def _ask(self, pending: Sequence[Pending]) -> None:
        """Ask together; should that fail, ask what is left by halves, so that a bad request fails alone."""
        try:
            self._call(pending)
        except Exception as error:
            left = [one for one in pending if not one.job.done]
            if sort_out(error, self._model) is not None:
                for one in left:
                    one.job.fail(sort_out(error, self._model) or error)
            elif len(pending) == 1:
                for one in left:
                    one.job.resolve(Response(error=first_line(error)))
            else:
                half = (len(left) + 1) // 2
                for part in (left[:half], left[half:]):
                    if part:
                        self._ask(part)

    def _call(self, pending: Sequence[Pending]) -> None:
        method = _METHODS[pending[0].job.item.mode]
        flat = [(one, n) for one in pending for n in range(len(one.instances))]
        waiting: dict[Hashable, deque[tuple[Pending, int]]] = defaultdict(deque)
        for one, n in flat:
            waiting[_key(one.instances[n].args)].append((one, n))

        class Hook:
            """Is told of each answer as it arrives; by this, lm-eval fills its own cache."""

            def add_partial(self, attribute: str, args: Any, answer: Any) -> None:
                if attribute == method and (asked := waiting.get(_key(args))):
                    one, n = asked.popleft()
                    one.take(n, answer)

        self._lm.set_cache_hook(Hook())
        ask = getattr(self._lm, method)
        options = {"disable_tqdm": True} if "disable_tqdm" in inspect.signature(ask).parameters else {}
        with quiet():
            answers = list(ask([one.instances[n] for one, n in flat], **options))
        if len(answers) != len(flat):
            raise RuntimeError(f"{self._model} gave {len(answers)} answers to {len(flat)} requests")
        for (one, n), answer in zip(flat, answers, strict=True):
            one.take(n, answer)


def _key(args: Any) -> Hashable:
    """Return what tells one call from another; classes add to the mapping of parameters they are given."""
    try:
        context, second = args[0], args[1]
    except (TypeError, IndexError, KeyError):  # a class with another notion of the hook: the whole list will do
        return None
    if isinstance(second, dict):
        second = tuple(second.get(name) for name in ("max_gen_toks", "temperature", "seed"))
    return str(context), second


def _is_sampled(one: Pending) -> bool:
    return one.job.item.mode is Mode.GENERATE and one.job.item.params.temperature > 0


def _seed_of(request: Request) -> int:
    return random.Random(f"{request.params.seed} {request.task} {request.id} {request.permutation}").randrange(2**31)
