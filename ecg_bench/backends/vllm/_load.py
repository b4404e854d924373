"""Loading: vLLM's engine with a model in it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ecg_bench.backends._adapter_card import AdapterCard
from ecg_bench.backends.vllm._adapter import Adapter, folder_of, read_adapter
from ecg_bench.backends.vllm._model import Model
from ecg_bench.backends.vllm._prompts import Prompts, reason_of, source_of
from ecg_bench.errors import UserError

# Read by vLLM when it is imported. It would print a page at the start, and send statistics of its use to its makers.
_QUIET = {"VLLM_LOGGING_LEVEL": "ERROR", "VLLM_NO_USAGE_STATS": "1"}
_SAME = ("dtype", "quantization", "tensor_parallel_size", "enforce_eager", "revision", "trust_remote_code")


def load(name: str, prompts: Prompts, arguments: Mapping[str, Any]) -> Model:
    """Load a model by folder or hub id.

    Raises
    ------
    UserError
        If vLLM isn't installed, or the model or its adapter can't be loaded.
    """
    for variable, value in _QUIET.items():
        os.environ.setdefault(variable, value)
    try:
        import vllm
        from vllm.lora.request import LoRARequest
    except ImportError as error:
        raise UserError(f"vllm/ models need vllm ({error}): pip install 'ecg-bench[vllm]'") from None
    if not hasattr(vllm.SamplingParams, "logprob_token_ids"):
        raise UserError(f"vllm {vllm.__version__} is too old: pip install --upgrade 'ecg-bench[vllm]'")
    source = source_of(name)
    given = arguments["peft"]
    adapter = None
    notices: list[str] = []
    options = {key: arguments[key] for key in _SAME}
    options |= {
        key: arguments[key] for key in ("gpu_memory_utilization", "max_model_len") if arguments[key] is not None
    }
    if given is not None:
        adapter = read_adapter(given, folder_of(given))
        notices = _check(adapter, name, source, arguments)
        options |= {"enable_lora": True, "max_lora_rank": adapter.max_rank, "lora_target_modules": adapter.modules}
    try:
        llm = vllm.LLM(
            source,
            tokenizer_revision=arguments["revision"],
            load_format="safetensors",  # other formats can hold code
            disable_log_stats=True,
            **options,
            **(arguments["engine_args"] or {}),
        )
        # Its weights are read with the first request otherwise, when a fault of theirs takes the engine with it.
        lora = None if adapter is None else LoRARequest("adapter", 1, str(adapter.folder))
        if lora is not None:
            llm.llm_engine.add_lora(lora)
    except Exception as error:  # what it throws has no common class
        raise UserError(f"vllm/{name} can't be loaded: {reason_of(error)}") from None
    engine = llm.llm_engine
    scores = adapter is None or "lm_head" not in adapter.modules
    return Model(
        engine,
        prompts,
        lora,
        _identity(source, arguments["revision"], prompts, engine, adapter),
        notices,
        scores=scores,
    )


def _check(adapter: Adapter, name: str, source: str, arguments: Mapping[str, Any]) -> list[str]:
    """Make sure that an adapter is for a model, and return what can't be made sure of."""
    from transformers import AutoConfig

    trust = arguments["trust_remote_code"]
    try:
        config = AutoConfig.from_pretrained(source, revision=arguments["revision"], trust_remote_code=trust)
    except Exception as error:
        raise UserError(f"vllm/{name} can't be loaded: {reason_of(error)}") from None
    card, folder = AdapterCard(adapter.folder, arguments["peft"]), Path(source)
    if card.base is not None:
        from ecg_bench.backends.hf._identity import digest_of_folder
        from ecg_bench.backends.hf._source import commit_of

        files = digest_of_folder(folder) if folder.is_dir() else None
        if card.is_for(f"vllm/{name}", files, commit_of(source, arguments["revision"])):
            return []
    if not adapter.check(name, config, trust_remote_code=trust):
        return [f"whether the adapter {adapter.folder} is for vllm/{name} could not be checked"]
    if adapter.base and adapter.base not in (name, source):
        return [f"the adapter was trained on {adapter.base}: make sure that vllm/{name} is the same model"]
    return []


def _identity(
    source: str, revision: str | None, prompts: Prompts, engine: Any, adapter: Adapter | None
) -> dict[str, Any]:
    import vllm
    from vllm.platforms import current_platform

    from ecg_bench.backends.hf._identity import digest_of_folder
    from ecg_bench.backends.hf._source import commit_of

    config = engine.model_config
    folder = Path(source)
    return {
        "vllm": vllm.__version__,
        "class": ", ".join(config.hf_config.architectures or []),
        "dtype": str(config.dtype).removeprefix("torch."),
        "quantization": config.quantization,
        "device": current_platform.device_type,
        "chat_template": prompts.digest,
        "revision": commit_of(source, revision),
        "files": digest_of_folder(folder) if folder.is_dir() else None,
        "adapter": None if adapter is None else digest_of_folder(adapter.folder),
    }
