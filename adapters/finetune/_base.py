"""The base model, and the adapter that is trained on it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ecg_bench.adapters.finetune._config import FinetuneConfig, LoraConfig, ModelConfig
from ecg_bench.backends.hf._identity import digest_of_folder
from ecg_bench.backends.hf._source import commit_of, reason_of, source_of
from ecg_bench.errors import UserError

INSTALL = "pip install 'ecg-bench[finetune]'"
PREFIX = "hf/"


@dataclass(frozen=True)
class Base:
    """Where a base model lies and what tells it from others.

    Attributes
    ----------
    name : str
        As the user gave it, without ``hf/``.
    source : str
        What ``transformers`` calls it.
    revision : str or None
        Its commit on the hub; None for a folder.
    files : mapping or None
        Hashes of a folder's weights and of its other files.
    """

    name: str
    source: str
    revision: str | None
    files: dict[str, str] | None

    def identity(self) -> dict[str, Any]:
        """Return what must be equal for an adapter to be for this model."""
        return {"name": self.name, "revision": self.revision, "files": self.files}


def find_base(given: str, revision: str | None = None) -> Base:
    """Find a base model, ``hf/PATH_OR_ID``.

    Raises
    ------
    UserError
        If there is none.
    """
    if not given.startswith(PREFIX) or given == PREFIX:
        raise UserError(f"--base {given}: expected hf/PATH_OR_ID: only transformers models on this machine are trained")
    name = given.removeprefix(PREFIX)
    source = source_of(name)
    try:
        commit = commit_of(source, revision)
    except Exception as error:  # a name that can't be, a hub that can't be reached
        raise UserError(f"{given} can't be loaded: {reason_of(error)}") from None
    folder = Path(source)
    return Base(name, source, commit or revision, digest_of_folder(folder) if folder.is_dir() else None)


def load_tokenizer(base: Base) -> Any:
    """Load the tokenizer of a base model.

    Raises
    ------
    UserError
        If that can't be done.
    """
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(base.source, revision=base.revision)
    except Exception as error:  # what these libraries throw at a broken file has no common class
        raise UserError(f"hf/{base.name}: its tokenizer can't be loaded: {reason_of(error)}") from None


def load_base(base: Base, config: ModelConfig) -> Any:
    """Load a base model for training.

    Raises
    ------
    UserError
        If it can't be loaded, or a package is missing.
    """
    import torch
    from transformers import AutoModelForCausalLM

    dtype = getattr(torch, config.precision)
    on_gpu = torch.cuda.is_available()
    if on_gpu and config.precision == "bfloat16" and not torch.cuda.is_bf16_supported():
        raise UserError("this GPU has no bfloat16: --set model.precision=float32")
    options: dict[str, Any] = {"dtype": dtype, "attn_implementation": config.attention}
    if config.quantization != "none":
        options["quantization_config"] = _quantization(config, dtype)
        if on_gpu and not _sharded():
            options["device_map"] = {"": int(os.environ.get("LOCAL_RANK", "0"))}
    try:
        model = AutoModelForCausalLM.from_pretrained(
            base.source, revision=base.revision, use_safetensors=True, **options
        )
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # what these libraries throw at a broken file has no common class
        raise UserError(f"hf/{base.name} can't be loaded: {reason_of(error)}") from None
    if not on_gpu:
        keep_trainable_on_cpu(model)
    return model


def keep_trainable_on_cpu(model: Any) -> None:
    """Keep bitsandbytes from repacking 4-bit weights for inference.

    On processors with AVX512-BF16 it does so at the first forward in evaluation mode. The packed weights have no
    backward: a training that goes on after an evaluation gets no gradient below the last layer, with only a warning.
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


def add_adapter(model: Any, config: FinetuneConfig, name: str) -> Any:
    """Put a new LoRA adapter on a base model, and freeze all else.

    Raises
    ------
    UserError
        If a layer that is named doesn't exist.
    """
    from peft import LoraConfig as PeftLora
    from peft import get_peft_model

    lora = config.lora
    peft = PeftLora(
        r=lora.r,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=targets_of(model, lora, name),
        use_rslora=lora.rslora,
        bias="none",
        task_type="CAUSAL_LM",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a tied output layer, which the merge takes care of
        adapted = get_peft_model(model, peft)
    if config.training.gradient_checkpointing:
        adapted.enable_input_require_grads()  # else nothing below the first block that is computed anew learns
    return adapted


def targets_of(model: Any, lora: LoraConfig, name: str) -> list[str]:
    """Return the names of the layers that get matrices.

    Raises
    ------
    UserError
        If a layer that is named doesn't exist.
    """
    head = model.get_output_embeddings()
    heads = [path for path, module in model.named_modules() if module is head]
    linear = dict(_linear_layers(model))
    if lora.targets == "all-linear":
        wanted = sorted({path for path in linear if path not in heads})
        short = {path.rpartition(".")[2] for path in wanted}
        chosen = sorted(short) if not any(one.isdigit() for one in short) else wanted
    else:
        known = sorted({path.rpartition(".")[2] for path in linear})
        for one in lora.targets:
            if one not in linear and one not in known:
                raise UserError(f"lora.targets: hf/{name} has no linear layer {one!r} (it has {', '.join(known)})")
        chosen = list(lora.targets)
    return chosen + [path for path in heads if lora.lm_head and path not in chosen]


def _linear_layers(model: Any) -> Iterator[tuple[str, Any]]:
    from torch import nn
    from transformers.pytorch_utils import Conv1D

    for path, module in model.named_modules():
        if isinstance(module, nn.Linear | Conv1D):
            yield path, module


def _quantization(config: ModelConfig, dtype: Any) -> Any:
    from transformers import BitsAndBytesConfig

    if find_spec("bitsandbytes") is None:
        raise UserError(f"model.quantization={config.quantization} needs bitsandbytes: {INSTALL}")
    if config.quantization == "int8":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=config.double_quantization,
        bnb_4bit_compute_dtype=dtype,
        # FSDP shards only tensors of one type, so it has the 4-bit weights pass for that.
        bnb_4bit_quant_storage=dtype if _sharded() else None,
    )


def _sharded() -> bool:
    return os.environ.get("ACCELERATE_USE_FSDP", "").lower() in ("1", "true")
