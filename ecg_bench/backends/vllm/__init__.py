"""Open models on this machine, by vLLM in this process: ``vllm/PATH_OR_ID``."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ecg_bench.backends.base import Backend, ModelCard
from ecg_bench.domains import Task
from ecg_bench.errors import UserError
from ecg_bench.redaction import hide, names_secret
from ecg_bench.samples import Mode, Request, Response
from ecg_bench.settings import Settings

if TYPE_CHECKING:
    from ecg_bench.backends.vllm._prompts import Prompts
    from ecg_bench.backends.vllm._worker import Worker

Dtype = Literal["auto", "float32", "bfloat16", "float16"]

_IN_RESERVE = 1.25  # for each answer that vLLM writes at once, so many are asked, so that it never waits for the next
# What the arguments of the same or another name set, and what the answers are read by.
_OURS = frozenset(
    {
        "model", "tokenizer", "tokenizer_mode", "skip_tokenizer_init", "trust_remote_code", "tensor_parallel_size",
        "dtype", "quantization", "revision", "tokenizer_revision", "gpu_memory_utilization", "max_model_len",
        "enforce_eager", "chat_template", "enable_lora", "max_lora_rank", "lora_target_modules", "logprobs_mode",
        "load_format",
    }
)  # fmt: skip


class VLLM(Backend):
    """A causal language model in vLLM's own engine, which decides itself what is computed together.

    Parameters
    ----------
    name : str
        A folder with a saved model, or the id of one on the Hugging Face hub.
    peft : str, optional
        A folder with a LoRA adapter, or the id of one on the hub, that all answers go through.
    dtype : str
        ``auto`` is what the weights were saved in, and half precision for weights in full precision.
    quantization : str, optional
        How the weights are held, such as ``fp8`` or ``bitsandbytes``; by default as the model's own files say.
    tensor_parallel_size : int
        Over how many GPUs each layer is spread.
    gpu_memory_utilization : float, optional
        The share of the GPU's memory to take, from 0 to 1; by default vLLM's own.
    max_model_len : int, optional
        The most tokens of a prompt and its answer together; by default what the model was made for.
    chat_template : str
        ``auto`` uses the tokenizer's template where it has one; ``none`` sends plain text; else a file with one.
    chat_template_args : str or mapping, optional
        What the template is given beside the messages, as a JSON object.
    enforce_eager : bool
        Compile nothing and record no CUDA graphs: a quicker start and slower answers.
    revision : str, optional
        Branch, tag or commit on the hub.
    trust_remote_code : bool
        Run code that comes with the model. Only for sources that you trust.
    engine_args : str or mapping, optional
        Further arguments of ``vllm.LLM``, as a JSON object.
    """

    summary: ClassVar[str] = "a model in vLLM's engine on this machine: a folder or a hub id"
    modes: ClassVar[frozenset[Mode]] = frozenset(Mode)
    immaterial: ClassVar[frozenset[str]] = frozenset({"gpu_memory_utilization"})
    cacheable = True

    def __init__(
        self,
        name: str,
        *,
        peft: str | None = None,
        dtype: Dtype = "auto",
        quantization: str | None = None,
        tensor_parallel_size: int = 1,
        gpu_memory_utilization: float | None = None,
        max_model_len: int | None = None,
        chat_template: str = "auto",
        chat_template_args: str | Mapping[str, Any] | None = None,
        enforce_eager: bool = False,
        revision: str | None = None,
        trust_remote_code: bool = False,
        engine_args: str | Mapping[str, Any] | None = None,
    ) -> None:
        if tensor_parallel_size < 1:
            raise UserError(f"tensor_parallel_size must be at least 1, but is {tensor_parallel_size}")
        if gpu_memory_utilization is not None and not 0 < gpu_memory_utilization <= 1:
            raise UserError(f"gpu_memory_utilization must be above 0 and at most 1, but is {gpu_memory_utilization}")
        if max_model_len is not None and max_model_len < 1:
            raise UserError(f"max_model_len must be at least 1, but is {max_model_len}")
        more = _object("engine_args", engine_args)
        if taken := sorted(_OURS & more.keys()):
            raise UserError(f"engine_args can't set {taken[0]!r}: ecg-bench sets it, most of them by --model-arg")
        for key, value in more.items():
            if names_secret(key):
                hide(str(value))
        self._name = name
        self._arguments: dict[str, Any] = {
            "peft": peft,
            "dtype": dtype,
            "quantization": quantization,
            "tensor_parallel_size": tensor_parallel_size,
            "gpu_memory_utilization": gpu_memory_utilization,
            "max_model_len": max_model_len,
            "chat_template": chat_template,
            "chat_template_args": _object("chat_template_args", chat_template_args) or None,
            "enforce_eager": enforce_eager,
            "revision": revision,
            "trust_remote_code": trust_remote_code,
            "engine_args": more or None,
        }
        self._identity: Mapping[str, Any] = {}
        self._prompts: Prompts | None = None
        self._worker: Worker | None = None
        self._scores = True

    def card(self) -> ModelCard:
        return ModelCard("vllm", self._name, self._arguments, self._identity)

    def prepare(self, tasks: Sequence[Task], settings: Settings) -> None:
        if self._worker is None:
            from ecg_bench.backends.vllm._load import load
            from ecg_bench.backends.vllm._worker import Worker

            prompts = self._tokenizer()
            worker = Worker(lambda: load(self._name, prompts, self._arguments))
            model = worker.begin()
            self._worker = worker
            self._identity = model.identity
            self._scores = model.scores
            self.notices = model.notices
            self.cacheable = model.identity["files"] is not None or model.identity["revision"] is not None
            self.concurrency = max(1, int(model.rows * _IN_RESERVE))
        if settings.mode is Mode.LOGLIKELIHOOD and not self._scores:
            raise UserError(
                f"vLLM gives no log-likelihoods under the adapter {self._arguments['peft']}, since it changes lm_head: "
                "use hf/, or merge the adapter into the model"
            )

    def _tokenizer(self) -> Prompts:
        if self._prompts is None:
            from ecg_bench.backends.vllm._prompts import Prompts

            self._prompts = Prompts.load(
                self._name,
                chat_template=self._arguments["chat_template"],
                arguments=self._arguments["chat_template_args"] or {},
                revision=self._arguments["revision"],
                trust_remote_code=self._arguments["trust_remote_code"],
            )
        return self._prompts

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        assert self._worker is not None  # noqa: S101  # the engine prepares before it asks
        asked = [asyncio.wrap_future(self._worker.ask(request)) for request in requests]
        return await asyncio.gather(*asked)

    def count_tokens(self, request: Request) -> int | None:
        prompts = self._tokenizer()
        return len(prompts.encode([prompts.context(request)])[0])

    def close(self) -> None:
        if self._worker is not None:
            self._worker.end()
            self._worker = None


def _object(what: str, given: str | Mapping[str, Any] | None) -> dict[str, Any]:
    try:
        found = json.loads(given) if isinstance(given, str) else dict(given or {})
    except ValueError as error:
        raise UserError(f"{what} must be a JSON object, but {given!r} is none: {error}") from None
    if not isinstance(found, dict):
        raise UserError(f"{what} must be a JSON object, but is {given!r}")
    return found
