"""A saved small Llama as a GGUF file, the form that llama.cpp reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np


def save_gguf(llama: Path, file: Path) -> Path:
    """Write the model and the tokenizer of a folder into one file, with the weights as they are (float32)."""
    import gguf
    from safetensors.numpy import load_file

    config = json.loads((llama / "config.json").read_text())
    weights = load_file(llama / "model.safetensors")
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    writer = gguf.GGUFWriter(file, "llama")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_rope_dimension_count(config["hidden_size"] // heads)
    writer.add_vocab_size(config["vocab_size"])
    _add_tokenizer(writer, gguf.TokenType, llama, config)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config["num_hidden_layers"])
    for name, tensor in weights.items():
        if name.endswith("q_proj.weight"):
            tensor = _interleaved(tensor, heads)
        elif name.endswith("k_proj.weight"):
            tensor = _interleaved(tensor, kv_heads)
        writer.add_tensor(names.get_name(name, try_suffixes=(".weight",)), np.ascontiguousarray(tensor, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def _interleaved(weight: np.ndarray[Any, Any], heads: int) -> np.ndarray[Any, Any]:
    """Return a projection for rotary embeddings over neighbours, where transformers pairs the two halves of a head."""
    rows, columns = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def _add_tokenizer(writer: Any, kinds: Any, llama: Path, config: dict[str, Any]) -> None:
    saved = json.loads((llama / "tokenizer.json").read_text())
    special = {one["id"] for one in saved["added_tokens"]}
    vocabulary = sorted(saved["model"]["vocab"].items(), key=lambda pair: pair[1])
    merges = [one if isinstance(one, str) else " ".join(one) for one in saved["model"]["merges"]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([token for token, _ in vocabulary])
    writer.add_token_types([kinds.CONTROL if n in special else kinds.NORMAL for _, n in vocabulary])
    writer.add_token_merges(merges)
    writer.add_bos_token_id(config["bos_token_id"])
    writer.add_eos_token_id(config["eos_token_id"])
    writer.add_pad_token_id(config["pad_token_id"])
    writer.add_add_bos_token(True)
    template = llama / "chat_template.jinja"
    if template.exists():
        writer.add_chat_template(template.read_text())
