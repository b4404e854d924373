"""Open models on this machine, by ``transformers``: ``hf/PATH_OR_ID``."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ecg_bench.backends.base import Backend, ModelCard
from ecg_bench.domains import Task
from ecg_bench.errors import UserError
from ecg_bench.samples import Mode, Request, Response
from ecg_bench.settings import Settings

if TYPE_CHECKING:
    from ecg_bench.backends.hf._model import LocalModel

Dtype = Literal["auto", "float32", "bfloat16", "float16"]


class HuggingFace(Backend):
    """A causal language model of ``transformers``, with its own tokenizer and chat template.

    Parameters
    ----------
    name : str
        A folder with a saved model, or the id of one on the Hugging Face hub.
    device : str
        ``auto`` (a GPU if there is one), ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
    dtype : str
        ``auto`` is what the weights were saved in.
    batch_size : int
        How many requests go through the model together.
    chat_template : {"auto", "none"}
        ``auto`` uses the tokenizer's template where it has one; ``none`` sends plain text.
    revision : str, optional
        Branch, tag or commit on the hub.
    trust_remote_code : bool
        Run code that comes with the model. Only for sources that you trust.
    """

    summary: ClassVar[str] = "a transformers model on this machine: a folder or a hub id"
    modes: ClassVar[frozenset[Mode]] = frozenset(Mode)
    cacheable = True

    def __init__(
        self,
        name: str,
        *,
        device: str = "auto",
        dtype: Dtype = "auto",
        batch_size: int = 8,
        chat_template: Literal["auto", "none"] = "auto",
        revision: str | None = None,
        trust_remote_code: bool = False,
    ) -> None:
        if batch_size < 1:
            raise UserError(f"batch_size must be at least 1, but is {batch_size}")
        self._name = name
        self._arguments: dict[str, Any] = {
            "device": device,
            "dtype": dtype,
            "batch_size": batch_size,
            "chat_template": chat_template,
            "revision": revision,
            "trust_remote_code": trust_remote_code,
        }
        self._model: LocalModel | None = None
        self.batch_size = batch_size

    def card(self) -> ModelCard:
        identity = self._model.identity if self._model is not None else {}
        return ModelCard("hf", self._name, self._arguments, identity)

    def prepare(self, tasks: Sequence[Task], settings: Settings) -> None:
        if self._model is None:
            from ecg_bench.backends.hf._model import LocalModel

            arguments = {name: value for name, value in self._arguments.items() if name != "batch_size"}
            self._model = LocalModel.load(self._name, **arguments)

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        return await asyncio.to_thread(self._answer, requests)

    def _answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        assert self._model is not None  # noqa: S101  # the engine prepares before it asks
        if requests[0].mode is Mode.LOGLIKELIHOOD:
            return self._model.score(requests)
        if requests[0].params.temperature == 0:
            return self._model.generate(requests, seed=None)
        # Sampled answers depend on everything in the batch: one at a time, each under a seed of its own, a resumed run
        # gives the same ones.
        return [self._model.generate([request], seed=_seed_of(request))[0] for request in requests]

    def close(self) -> None:
        self._model = None


def _seed_of(request: Request) -> int:
    return random.Random(f"{request.params.seed} {request.task} {request.id} {request.permutation}").randrange(2**31)
