"""A module that looks like vLLM from where ecg-bench stands, over a real model in ``transformers``.

What it takes and gives was written down from vllm 0.32.0, which the tests in ``tests_vllm/`` run.
"""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

ROWS = 4  # answers written at once
VERSION = "0.32.0"


@dataclass
class SamplingParams:
    max_tokens: int = 16
    temperature: float = 1.0
    seed: int | None = None
    prompt_logprobs: int | None = None
    logprob_token_ids: list[int] | None = None
    structured_outputs: Any = None
    detokenize: bool = True
    output_kind: str = "cumulative"


SamplingParams.logprob_token_ids = None


@dataclass
class StructuredOutputsParams:
    json: dict[str, Any]


@dataclass
class LoRARequest:
    lora_name: str
    lora_int_id: int
    lora_path: str


@dataclass
class _Row:
    id: str
    prompt: list[int]
    params: SamplingParams
    adapted: bool
    written: list[int] = field(default_factory=list)


class VLLMValidationError(Exception):
    pass


class EngineDeadError(Exception):
    pass


class Engine:
    """One token for each of the first rows in every step."""

    last: Engine  # the one that was made last, for tests to look at

    def __init__(self, folder: str, **given: Any) -> None:
        self.given = given
        self.folder = folder
        self.model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        window = given.get("max_model_len") or self.model.config.max_position_embeddings
        self.model_config = SimpleNamespace(
            max_model_len=window,
            dtype=torch.float32,
            quantization=given["quantization"],
            hf_config=self.model.config,
        )
        self.vllm_config = SimpleNamespace(scheduler_config=SimpleNamespace(max_num_seqs=ROWS))
        self.rows: list[_Row] = []
        self.asked: list[_Row] = []
        self.aborted: list[str] = []
        self.blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
        self.dead = False
        self.fails_after: int | None = None
        self.adapted = False
        self.engine_core = self  # which has a process of its own in the real one
        self.ended = False
        Engine.last = self

    def shutdown(self) -> None:
        self.ended = True

    def add_lora(self, request: LoRARequest) -> bool:
        from peft import PeftModel

        assert self.given["enable_lora"]
        self.model = PeftModel.from_pretrained(self.model, request.lora_path).eval()
        self.adapted = True
        return True

    def add_request(
        self, id_: str, prompt: dict[str, Any], params: SamplingParams, lora_request: LoRARequest | None = None
    ) -> str:
        if self.dead:
            raise EngineDeadError("EngineCore encountered an issue. See stack trace (above) for the root cause.")
        tokens = prompt["prompt_token_ids"]
        if not 0 < len(tokens) < self.model_config.max_model_len:
            raise ValueError(f"The decoder prompt (length {len(tokens)}) is longer than the maximum model length")
        if params.structured_outputs is not None and params.structured_outputs.json.get("type") == "riddle":
            raise VLLMValidationError("Failed to convert the grammar: unknown type riddle\nand more lines")
        assert params.output_kind == "final only"
        row = _Row(id_, tokens, params, lora_request is not None)
        assert row.adapted == self.adapted
        self.rows.append(row)
        self.asked.append(row)
        return f"{id_}-internal"

    def abort_request(self, ids: list[str]) -> None:
        self.aborted += ids
        self.rows = [row for row in self.rows if row.id not in ids]

    def step(self) -> list[Any]:
        if self.fails_after is not None:
            self.fails_after -= 1
            if self.fails_after < 0:
                raise RuntimeError("the engine is dead\nand its core too")
        outputs = [output for row in self.rows[:ROWS] if (output := self._advance(row)) is not None]
        done = {output.request_id for output in outputs}
        self.rows = [row for row in self.rows if row.id not in done]
        return outputs

    def _advance(self, row: _Row) -> Any:
        params = row.params
        with torch.inference_mode():
            logits = self.model(input_ids=torch.tensor([row.prompt + row.written])).logits[0].float()
        steps = logits.log_softmax(-1)
        if params.temperature == 0:
            token = int(steps[-1].argmax())
        else:
            generator = torch.Generator().manual_seed((params.seed or 0) + len(row.written))
            token = int(torch.multinomial((logits[-1] / params.temperature).softmax(-1), 1, generator=generator))
        row.written.append(token)
        stopped = token == self.model.config.eos_token_id
        full = len(row.prompt) + len(row.written) >= self.model_config.max_model_len
        if not (stopped or full or len(row.written) >= params.max_tokens):
            return None
        return self._output(row, steps, "stop" if stopped else "length")

    def _output(self, row: _Row, steps: torch.Tensor, reason: str) -> Any:
        wanted, prompt = row.params.logprob_token_ids, None
        chosen = None if wanted is None else [{n: SimpleNamespace(logprob=float(steps[-1, n])) for n in wanted}]
        if row.params.prompt_logprobs is not None:
            given = zip(row.prompt[1:], steps, strict=False)
            prompt = [None, *({n: SimpleNamespace(logprob=float(step[n]))} for n, step in given)]
        answer = SimpleNamespace(
            token_ids=row.written, text="", logprobs=chosen, finish_reason=reason, stop_reason=None
        )
        return SimpleNamespace(
            request_id=row.id, finished=True, outputs=[answer], prompt_logprobs=prompt, num_cached_tokens=None
        )


class LLM:
    def __init__(
        self,
        model: str,
        *,
        trust_remote_code: bool = False,
        tensor_parallel_size: int = 1,
        dtype: str = "auto",
        quantization: str | None = None,
        revision: str | None = None,
        tokenizer_revision: str | None = None,
        gpu_memory_utilization: float = 0.92,
        enforce_eager: bool = False,
        **more: Any,
    ) -> None:
        known = {
            "max_model_len",
            "enable_lora",
            "max_lora_rank",
            "lora_target_modules",
            "disable_log_stats",
            "block_size",
            "load_format",
        }
        if unknown := sorted(more.keys() - known):
            raise TypeError(f"EngineArgs.__init__() got an unexpected keyword argument '{unknown[0]}'")
        if not Path(model).is_dir():
            raise OSError(f"{model} is not a local folder and is not a valid model identifier")
        self.llm_engine = Engine(
            model,
            dtype=dtype,
            quantization=quantization,
            gpu_memory_utilization=gpu_memory_utilization,
            tensor_parallel_size=tensor_parallel_size,
            enforce_eager=enforce_eager,
            **more,
        )


def install(patch: pytest.MonkeyPatch) -> None:
    """Make ``import vllm`` find this."""
    modules = {
        "vllm": {"LLM": LLM, "SamplingParams": SamplingParams, "__version__": VERSION},
        "vllm.lora": {},
        "vllm.lora.request": {"LoRARequest": LoRARequest},
        "vllm.v1": {},
        "vllm.v1.engine": {},
        "vllm.v1.engine.exceptions": {"EngineDeadError": EngineDeadError},
        "vllm.platforms": {"current_platform": SimpleNamespace(device_type="cpu")},
        "vllm.sampling_params": {
            "RequestOutputKind": SimpleNamespace(FINAL_ONLY="final only"),
            "StructuredOutputsParams": StructuredOutputsParams,
        },
    }
    for name, attributes in modules.items():
        module = ModuleType(name)
        vars(module).update(attributes)
        patch.setitem(sys.modules, name, module)
