"""Open models on this machine, by ``transformers``: ``hf/PATH_OR_ID``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ecg_bench.backends.base import Backend, ModelCard
from ecg_bench.domains import Task
from ecg_bench.errors import UserError
from ecg_bench.samples import Mode, Request, Response
from ecg_bench.settings import Settings

if TYPE_CHECKING:
    from ecg_bench.backends.hf._model import LocalModel
    from ecg_bench.backends.hf._prompts import Prompts
    from ecg_bench.backends.hf._worker import Worker

Dtype = Literal["auto", "float32", "bfloat16", "float16"]
Quantization = Literal["none", "4bit", "8bit"]


class HuggingFace(Backend):
    """A causal language model of ``transformers``, with its own tokenizer and chat template.

    Parameters
    ----------
    name : str
        A folder with a saved model, or the id of one on the Hugging Face hub.
    peft : str, optional
        A folder with an adapter of ``peft`` for this model, or the id of one on the hub.
    device : str
        ``auto`` (a GPU if there is one), ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
    device_map : str, optional
        Instead of `device`: how ``accelerate`` spreads the model over several GPUs, ``auto``, ``balanced``,
        ``sequential``, or a JSON object of modules and devices.
    dtype : str
        ``auto`` is what the weights were saved in.
    quantization : {"none", "4bit", "8bit"}
        Weights as NF4 or int8, by ``bitsandbytes``.
    batch_size : int or "auto"
        How many prompts go through the model together; ``auto`` finds out.
    chat_template : str
        ``auto`` uses the tokenizer's template where it has one; ``none`` sends plain text; else a file.
    chat_template_args : str, optional
        A JSON object with what the template is given beside the messages.
    revision : str, optional
        Branch, tag or commit on the hub.
    trust_remote_code : bool
        Run code that comes with the model. Only for sources that you trust.

    Raises
    ------
    UserError
        If an argument is out of its range, or two exclude each other.
    """

    summary: ClassVar[str] = "a transformers model on this machine: a folder or a hub id"
    modes: ClassVar[frozenset[Mode]] = frozenset(Mode)
    cacheable = True
    immaterial: ClassVar[frozenset[str]] = frozenset({"batch_size"})

    def __init__(
        self,
        name: str,
        *,
        peft: str | None = None,
        device: str = "auto",
        device_map: str | None = None,
        dtype: Dtype = "auto",
        quantization: Quantization = "none",
        batch_size: int | Literal["auto"] = "auto",
        chat_template: str = "auto",
        chat_template_args: str | None = None,
        revision: str | None = None,
        trust_remote_code: bool = False,
    ) -> None:
        if batch_size != "auto" and batch_size < 1:
            raise UserError(f"batch_size must be at least 1, but is {batch_size}")
        if device_map is not None and device != "auto":
            raise UserError("device and device_map are both given: device_map says where everything goes")
        self._name = name
        self._arguments: dict[str, Any] = {
            "peft": peft,
            "device": device,
            "device_map": device_map,
            "dtype": dtype,
            "quantization": quantization,
            "batch_size": batch_size,
            "chat_template": chat_template,
            "chat_template_args": chat_template_args,
            "revision": revision,
            "trust_remote_code": trust_remote_code,
        }
        self._prompts: Prompts | None = None
        self._model: LocalModel | None = None
        self._worker: Worker | None = None

    def card(self) -> ModelCard:
        identity = self._model.identity if self._model is not None else {}
        return ModelCard("hf", self._name, self._arguments, identity)

    def prepare(self, tasks: Sequence[Task], settings: Settings) -> None:
        from ecg_bench.backends.hf._model import LocalModel

        prompts = self._loaded_prompts()
        for task in tasks:
            plan = task.type.plan(task.name, settings, task.scan.columns, task.shots, shuffle=self.shuffles)
            prompts.check(next(plan.requests(next(iter(task.dataset)))))
        if self._model is None:
            self._model = LocalModel.load(self._name, prompts, self._arguments)
        sampled = any(task.type.params(settings).temperature > 0 for task in tasks)
        self.notices = self._model.notices(settings.mode, sampled=sampled)
        self.concurrency = self._model.concurrency

    def _loaded_prompts(self) -> Prompts:
        if self._prompts is None:
            from ecg_bench.backends.hf._prompts import Prompts

            self._prompts = Prompts.load(
                self._name,
                chat_template=self._arguments["chat_template"],
                arguments=self._arguments["chat_template_args"],
                revision=self._arguments["revision"],
                trust_remote_code=self._arguments["trust_remote_code"],
            )
        return self._prompts

    @asynccontextmanager
    async def session(self) -> AsyncIterator[None]:
        from ecg_bench.backends.hf._worker import Worker

        assert self._model is not None  # noqa: S101  # the engine prepares before it asks
        self._worker = Worker(*self._model.doers())
        try:
            yield
        finally:
            self._worker.close()
            self._worker = None

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        assert self._worker is not None  # noqa: S101  # the engine asks in a session
        return await asyncio.gather(*(self._answer(self._worker, request) for request in requests))

    async def _answer(self, worker: Worker, request: Request) -> Response:
        if request.media:
            return Response(error=f"hf/ models are asked text only, but this sample comes with {request.media[0].path}")
        return await worker.answer(request)

    def count_tokens(self, request: Request) -> int:
        return self._loaded_prompts().count(request)

    def close(self) -> None:
        self._model = None
