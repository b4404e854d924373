"""Small models of other architectures, with the tokenizer of the small Llama."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from tests.small_llama import save_small_llama


class SmallModel:
    """A saved model, loaded by ``transformers`` alone, to compare with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(self.folder)

    @cached_property
    def model(self) -> Any:
        from transformers import AutoModelForCausalLM

        return AutoModelForCausalLM.from_pretrained(self.folder).eval()


def make_small_model(kind: str, folder: Path, texts: list[str]) -> SmallModel:
    """Save a model of some architecture, with weights large enough for its context to matter."""
    import torch
    import transformers as hf

    save_small_llama(folder, texts, chat=False)
    (folder / "model.safetensors").unlink()
    common = {"vocab_size": SmallModel(folder).tokenizer.vocab_size, "bos_token_id": 0, "eos_token_id": 1}
    heads = {"num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16}
    sizes = {"hidden_size": 64, "intermediate_size": 128, "max_position_embeddings": 512, **heads}
    experts = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
    config = {
        "bloom": lambda: hf.BloomConfig(**common, hidden_size=64, n_layer=2, n_head=4),
        "gemma3": lambda: hf.Gemma3TextConfig(**common, **sizes, sliding_window=80),
        "gpt2": lambda: hf.GPT2Config(**common, n_embd=64, n_layer=2, n_head=4, n_positions=512),
        "granite": lambda: hf.GraniteConfig(**common, **sizes, logits_scaling=8.0),
        "mamba": lambda: hf.MambaConfig(**common, hidden_size=64, num_hidden_layers=2, state_size=8),
        "mistral": lambda: hf.MistralConfig(**common, **sizes, sliding_window=24),
        "qwen3-moe": lambda: hf.Qwen3MoeConfig(**common, **sizes, **experts),
    }[kind]()
    torch.manual_seed(0)
    model = hf.AutoModelForCausalLM.from_config(config)
    for parameter in model.parameters():
        if parameter.ndim > 1:
            parameter.data.mul_(3)
    model.save_pretrained(folder)
    return SmallModel(folder)
