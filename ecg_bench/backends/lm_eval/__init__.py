"""The model classes of lm-evaluation-harness: ``lm-eval/CLASS``, such as ``lm-eval/hf``."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ecg_bench.backends.base import Backend, ModelCard
from ecg_bench.domains import Task
from ecg_bench.errors import UserError
from ecg_bench.prices import Price
from ecg_bench.redaction import hide, names_secret
from ecg_bench.samples import Mode, Request, Response
from ecg_bench.settings import Settings

if TYPE_CHECKING:
    from ecg_bench.backends.lm_eval._model import LmEvalModel

# Not every argument that ends in "token" is a key: think_end_token is "</think>", which no text must lose.
_SENT = re.compile(r"authorization|key|token|cookie|secret", re.IGNORECASE)
_KEPT_BACK = "(not recorded)"  # as the engine writes for arguments named like keys
_REMOTE = (
    *("local-", "openai-", "azure-", "anthropic-", "litellm"),
    *("textsynth", "watsonx", "gguf", "ggml", "sglang-generate"),
)


class LmEval(Backend):
    """A model class that is registered with lm-eval, used as lm-eval would use it.

    Parameters
    ----------
    name : str
        The class, as in lm-eval's ``--model``: ``hf``, ``vllm``, ``local-completions``, …; or ``module:Class`` for one
        of your own.
    chat_template : {"auto", "none"}
        ``auto`` applies the template that the class finds, where there is one; ``none`` sends plain text.
    **arguments
        The class's own arguments, as in lm-eval's ``--model_args``.
    """

    summary: ClassVar[str] = "any model class of lm-eval: hf, vllm, local-completions, local-chat-completions, …"
    modes: ClassVar[frozenset[Mode]] = frozenset(Mode)
    immaterial: ClassVar[frozenset[str]] = frozenset({"batch_size", "max_batch_size", "device", "num_concurrent"})

    def __init__(self, name: str, /, *, chat_template: Literal["auto", "none"] = "auto", **arguments: Any) -> None:
        self._name = name
        self._chat_template = chat_template
        self._arguments = {argument: _read(argument, value) for argument, value in arguments.items()}
        for argument, value in self._arguments.items():
            if names_secret(argument):
                hide(str(value))
            elif argument == "header" and isinstance(value, dict):
                for field, text in value.items():
                    if _SENT.search(field):
                        hide(str(text).split()[-1] if str(text).split() else None)
        self._model: LmEvalModel | None = None

    def card(self) -> ModelCard:
        identity = self._model.identity if self._model is not None else {}
        arguments = {"chat_template": self._chat_template, **self._arguments}
        if "header" in arguments:
            arguments["header"] = _KEPT_BACK
        return ModelCard("lm-eval", self._name, arguments, identity)

    @property
    def system(self) -> str:
        named = next((self._arguments[key] for key in ("model", "pretrained") if key in self._arguments), None)
        return self._given_name or f"lm-eval/{self._name}" + (f" {named}" if named else "")

    def prepare(self, tasks: Sequence[Task], settings: Settings) -> None:
        if self._model is None:
            try:
                from ecg_bench.backends.lm_eval._model import LmEvalModel
            except ImportError as error:
                raise UserError(
                    f"lm-eval/ needs a package that is missing ({error.name}): pip install 'ecg-bench[lm-eval]'"
                ) from None
            self._model = LmEvalModel(self._name, self._arguments, use_template=self._chat_template == "auto")
        self._model.check(settings.mode)
        self.cacheable = self._model.told_apart
        self.concurrency = self._model.chunk
        self.notices = self._model.notices(settings, tasks)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[None]:
        assert self._model is not None  # noqa: S101  # prepared before
        async with self._model.worker.running():
            yield

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        assert self._model is not None  # noqa: S101
        return [await self._model.worker.do(request) for request in requests]

    def price(self) -> Price | None:
        return None if self._name.startswith(_REMOTE) else super().price()

    def close(self) -> None:
        self._model = None


def _read(argument: str, value: Any) -> Any:
    """Read JSON where an argument is an object or a list; the rest is converted as lm-eval converts it, later."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        raise UserError(f"--model-arg {argument} looks like JSON but can't be read: {error.msg}") from None
