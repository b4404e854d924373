"""LoRA adapters: whether one fits a model, and what vLLM must know of it beforehand."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecg_bench.backends.vllm._prompts import reason_of
from ecg_bench.errors import UserError

RANKS = (8, 16, 32, 64, 128, 256, 320, 512)  # that vLLM has kernels for
_UNCHANGED = ("lm_head.base_layer.weight", "embed_tokens.base_layer.weight")  # saved with the matrices, and ignored
_WEIGHT = re.compile(r"(?:base_model\.model\.)?(?P<module>.+)\.lora_(?P<side>A|B|embedding_A|embedding_B)(\.weight)?")


@dataclass(frozen=True)
class Adapter:
    """A LoRA adapter on disk.

    Parameters
    ----------
    folder : Path
        Where it lies.
    base : str
        The model that it was trained on, by its own account.
    rank : int
        The largest rank of its matrices.
    shapes : mapping
        Module to (features in, features out).
    """

    folder: Path
    base: str
    rank: int
    shapes: dict[str, tuple[int, int]]

    @property
    def modules(self) -> list[str]:
        """The last parts of the names of the modules that it changes, such as ``q_proj``."""
        return sorted({module.rpartition(".")[2] for module in self.shapes})

    @property
    def max_rank(self) -> int:
        """The smallest rank that vLLM can be told, and that this one fits in."""
        fitting = [rank for rank in RANKS if rank >= self.rank]
        if not fitting:
            raise UserError(
                f"the adapter {self.folder} has rank {self.rank}, but vLLM takes at most {RANKS[-1]}: use hf/"
            )
        return fitting[0]

    def check(self, name: str, config: Any, *, trust_remote_code: bool) -> bool:
        """Make sure that each matrix fits the model; False where that can't be said.

        vLLM itself takes matrices that are too small without a word.

        Raises
        ------
        UserError
            If one does not.
        """
        import torch
        from transformers import AutoModelForCausalLM

        try:
            with torch.device("meta"):
                model = AutoModelForCausalLM.from_config(config, trust_remote_code=trust_remote_code)
        except Exception:  # vLLM knows models that transformers doesn't
            return False
        known = dict(model.named_modules())
        for module, size in self.shapes.items():
            weight = getattr(known.get(module), "weight", None)
            has = None if weight is None else tuple(weight.shape)
            if has is None or sorted(has) != sorted(size):  # some layers hold theirs the other way round
                what = "which the model lacks" if has is None else f"where the model has {has[1]} x {has[0]}"
                trained = f" (it was trained on {self.base})" if self.base else ""
                raise UserError(
                    f"the adapter {self.folder} is not for vllm/{name}{trained}: "
                    f"it changes {module} of {size[0]} x {size[1]}, {what}"
                )
        return True


def read_adapter(given: str, folder: Path) -> Adapter:
    """Read what a folder says of the adapter in it, without its weights.

    Raises
    ------
    UserError
        If it holds none.
    """
    from safetensors import SafetensorError, safe_open

    missing = [name for name in ("adapter_config.json", "adapter_model.safetensors") if not (folder / name).is_file()]
    if missing:
        raise UserError(f"peft={given} is no LoRA adapter: there is no {missing[0]}; save it with save_pretrained()")
    shapes: dict[str, tuple[int, int]] = {}
    rank = 0
    try:
        config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
        kind = str(config.get("peft_type"))
        with safe_open(folder / "adapter_model.safetensors", framework="numpy") as file:
            sizes = {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118
    except (OSError, ValueError, AttributeError, SafetensorError) as error:
        raise UserError(f"peft={given} can't be read: {reason_of(error)}") from None
    if kind != "LORA":
        raise UserError(f"peft={given} is an adapter of the kind {kind}, but vLLM takes only LORA: use hf/")
    for key, size in sizes.items():
        if key.endswith(_UNCHANGED):
            continue
        found = _WEIGHT.fullmatch(key)
        if found is None or len(size) != 2:
            raise UserError(f"peft={given} holds {key}, which vLLM can't apply: use hf/, or merge the adapter")
        wide, high = shapes.get(found["module"], (0, 0))
        if found["side"] == "A":
            rank, wide = max(rank, size[0]), size[1]
        elif found["side"] == "B":
            high = size[0]
        else:
            raise UserError(f"peft={given} changes the embeddings, which vLLM can't: use hf/, or merge the adapter")
        shapes[found["module"]] = (wide, high)
    return Adapter(folder, str(config.get("base_model_name_or_path") or ""), rank, shapes)


def folder_of(given: str) -> Path:
    """Return where an adapter lies, brought from the hub if it isn't a folder.

    Raises
    ------
    UserError
        If there is none.
    """
    folder = Path(given).expanduser()
    if folder.is_dir():
        return folder
    if folder.exists() or given.startswith((".", "/", "~")):
        raise UserError(f"peft={given}: there is no such folder; save an adapter there with save_pretrained()")
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(given, allow_patterns=["adapter_*"]))
    except Exception as error:  # of the network, of the hub, of the name
        raise UserError(f"peft={given} can't be loaded: {reason_of(error)}") from None
