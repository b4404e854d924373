"""Small language models, ECGs and models that see them, to try things on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ecg_bench.adapters.signal._arrays import Traces, traces_of
from ecg_bench.ecg import LEADS, Ecg
from tests.small_llama import save_small_llama

HERTZ = 100.0
ENCODER = {"width": 4, "kernel": 5, "tokens": 3, "lead_dropout": 0.0}
NAMES = {"ecg-lm": "resnet18", "meit": "light", "concat": "light"}
ARCHS = tuple(NAMES)
VOCABULARY = 320


def ecg(samples: int, leads: Sequence[str] = LEADS, seed: int = 0, rate: float = HERTZ) -> Ecg:
    """Return noise in the shape of a record."""
    rng = np.random.default_rng(seed)
    return Ecg(rng.normal(size=(samples, len(leads))).astype(np.float32), tuple(leads), rate)


def records() -> list[Traces]:
    """Return three records of several lengths and leads."""
    return [traces_of(one, HERTZ) for one in (ecg(400), ecg(291, ("V1", "II"), 1), ecg(165, LEADS[:6], 2))]


def configurations() -> dict[str, Any]:
    """Return small configurations of language models that differ in how they attend and count positions."""
    import transformers as hf

    common = {"vocab_size": VOCABULARY, "bos_token_id": 0, "eos_token_id": 1}
    heads = {"num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16}
    sizes = {"hidden_size": 64, "intermediate_size": 128, "max_position_embeddings": 512, **heads}
    return {
        "llama": hf.LlamaConfig(**common, **sizes),
        "gpt2": hf.GPT2Config(**common, n_embd=64, n_layer=2, n_head=4, n_positions=512),
        "bloom": hf.BloomConfig(**common, hidden_size=64, n_layer=2, n_head=4),
        "gemma3": hf.Gemma3TextConfig(**common, **sizes, sliding_window=80),
        "mistral": hf.MistralConfig(**common, **sizes, sliding_window=24),
        "qwen3": hf.Qwen3Config(**common, **{**sizes, "hidden_size": 96}),
    }


def language_model(kind: str = "llama") -> Any:
    """Return a language model whose weights are large enough for its context to matter."""
    import torch
    import transformers as hf

    torch.manual_seed(0)
    model = hf.AutoModelForCausalLM.from_config(configurations()[kind])
    for parameter in model.parameters():
        if parameter.ndim > 1:
            parameter.data.mul_(3)
    return model


def signal_model(arch: str, kind: str = "llama", **changes: Any) -> Any:
    """Return a language model that sees ECGs, in evaluation mode."""
    from ecg_bench.adapters.signal._model import SignalModel

    lm = language_model(kind)
    model = SignalModel(lm, arch, {**ENCODER, "name": NAMES[arch], **changes}).eval()  # type: ignore[arg-type]
    for parameter in (*model.encoder.parameters(), *model.join.parameters()):
        if parameter.ndim > 1:
            parameter.data.mul_(3)  # else one ECG is much like another to what has learned nothing
    return model


def small_base(folder: Path) -> Path:
    """Save a small Llama with a chat template, whose answers end with a token that its generation stops at."""
    from transformers import AutoModelForCausalLM

    save_small_llama(folder, TEXTS, chat=True, hidden=32, vocabulary=VOCABULARY)
    model = AutoModelForCausalLM.from_pretrained(folder)
    model.generation_config.eos_token_id = [1, 3]
    model.save_pretrained(folder)
    return folder


TEXTS = ["Is the rhythm fast or slow? It is fast. It is slow. Answer: yes Answer: no normal ECG"] * 20


def write_conversations(path: Path, n: int, *, first: int = 0) -> Path:
    """Write conversations about synthetic ECGs, half of them fast and half of them slow."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    for i in range(first, first + n):
        fast = i % 2 == 0
        spec = {"rate": 150 if fast else 40, "seed": i, "hertz": 100.0, "seconds": 4.0}
        row = {
            "messages": [
                {"role": "user", "content": "Is the rhythm fast or slow?"},
                {"role": "assistant", "content": "It is fast." if fast else "It is slow."},
            ],
            "media": [{"kind": "ecg", "path": f"synthetic:{json.dumps(spec)}"}],
            "codes": ["STACH"] if fast else ["SBRAD"],
            "id": f"r{i}",
        }
        lines.append(json.dumps(row) + "\n")
    path.write_text("".join(lines))
    return path
