"""A peft adapter on a model: that it fits is checked here, since peft only warns where it doesn't."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

from ecg_bench.backends._adapter_card import AdapterCard
from ecg_bench.backends.hf._identity import digest_of_folder
from ecg_bench.backends.hf._load import Loaded
from ecg_bench.backends.hf._source import reason_of
from ecg_bench.errors import UserError
from ecg_bench.files import sha256_of

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"

# Copies of the model's own weights, which an adapter may hold beside what it adds.
_COPIES = ("embed_tokens.weight", "lm_head.weight", "base_layer.weight")


def attach(loaded: Loaded, base: str, adapter: str) -> Loaded:
    """Put an adapter on a model.

    Parameters
    ----------
    loaded : Loaded
        The model.
    base : str
        Its name, as the user gave it.
    adapter : str
        A folder, or an id on the hub.

    Returns
    -------
    Loaded
        The model with the adapter's layers in place; its identity tells the adapter too.

    Raises
    ------
    UserError
        If the adapter can't be loaded, or was trained on another model.
    """
    found = fit(loaded, base, adapter)
    # The adapter's layers stay in the model when the wrapper is taken off.
    return replace(found, model=found.model.get_base_model())


def fit(loaded: Loaded, base: str, adapter: str) -> Loaded:
    """As `attach`, with the model still in peft's wrapper.

    Raises
    ------
    UserError
        If the adapter can't be loaded, or was trained on another model.
    """
    try:
        from peft import PeftModel, get_peft_model_state_dict
    except ImportError as error:
        raise UserError(f"an adapter needs peft ({error}): pip install 'ecg-bench[hf]'") from None
    folder = _folder(adapter)
    card = AdapterCard(folder, adapter)
    config = _config(folder, adapter)
    trained_on = str(config.get("base_model_name_or_path") or "")
    certain = card.is_for(f"hf/{base}", loaded.identity.get("files"), loaded.identity.get("revision"))
    notices = [] if certain else _compare(trained_on, base, adapter)
    stored = _shapes(folder, adapter)
    wrong = f"peft={adapter} doesn't fit hf/{base} (it was trained on {trained_on or 'a model it does not name'})"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of missing keys, which are looked for below
            model = PeftModel.from_pretrained(loaded.model, str(folder), torch_device="cpu").eval()
            kept = get_peft_model_state_dict(model, save_embedding_layers=False)
    except Exception as error:  # what peft throws at a misfit has no common class
        raise UserError(f"{wrong}: {_shortened(error)}") from None
    fitting = {key: tuple(value.shape) for key, value in kept.items()}
    missing = sorted(fitting.keys() - stored.keys())
    left_over = sorted(key for key in stored.keys() - fitting.keys() if not key.endswith(_COPIES))
    if missing or left_over:
        what = f"the model has no place for {left_over[0]}" if left_over else f"it has no {missing[0]}"
        raise UserError(f"{wrong}: {what}")
    identity = {
        "type": config.get("peft_type"),
        "base": trained_on,
        "weights": digest_of_folder(folder)["weights"],
        "config": sha256_of((folder / CONFIG).read_bytes())[:32],
    }
    if card.digest is not None:
        identity |= {"card": card.digest, "chat_template": card.chat_template}
    return replace(
        loaded,
        model=model,
        identity=loaded.identity | {"adapter": identity},
        notices=[*loaded.notices, *notices],
    )


def _folder(adapter: str) -> Path:
    folder = Path(adapter).expanduser()
    if folder.is_dir():
        return folder
    if folder.exists() or adapter.startswith((".", "/", "~")):
        raise UserError(f"peft={adapter}: there is no such folder; save an adapter there with save_pretrained()")
    try:
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(adapter, allow_patterns=["adapter_*"]))
    except Exception as error:  # a name that can't be, a hub that can't be reached, a repository that isn't there
        raise UserError(f"peft={adapter} can't be loaded: {reason_of(error)}") from None


def _config(folder: Path, adapter: str) -> dict[str, Any]:
    try:
        found = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"peft={adapter} is no adapter: its {CONFIG} can't be read ({reason_of(error)})") from None
    if not isinstance(found, dict):
        raise UserError(f"peft={adapter} is no adapter: its {CONFIG} holds no object")
    if found.get("task_type") not in (None, "CAUSAL_LM"):
        raise UserError(f"peft={adapter} is an adapter for {found['task_type']}, not for a model that writes text")
    if found.get("num_virtual_tokens"):
        kind = found.get("peft_type")
        raise UserError(
            f"peft={adapter} puts virtual tokens before the prompt ({kind}), which is not supported: use LoRA"
        )
    return found


def _shapes(folder: Path, adapter: str) -> dict[str, tuple[int, ...]]:
    """Return the shape of each of the adapter's tensors."""
    from safetensors import SafetensorError, safe_open

    if not (folder / WEIGHTS).is_file():
        raise UserError(f"peft={adapter} has no {WEIGHTS}: only adapters saved as safetensors are loaded")
    try:
        with safe_open(folder / WEIGHTS, framework="pt") as file:
            return {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise UserError(f"peft={adapter} can't be loaded: {reason_of(error)}") from None


def _compare(trained_on: str, base: str, adapter: str) -> list[str]:
    """Compare the model that an adapter was trained on with the one it is put on, as far as names can tell.

    Two ids on the hub, or two folders on this machine, can be told apart for certain. Of a folder and an id only the
    last part of the name says anything.
    """
    if not trained_on:
        return [f"the adapter {adapter} doesn't say which model it was trained on"]
    theirs, ours = Path(trained_on).expanduser(), Path(base).expanduser()
    other = f"peft={adapter} was trained on {trained_on}, but the model is hf/{base}: adapters fit one model only"
    if theirs.is_dir() and ours.is_dir():
        if theirs.resolve() != ours.resolve():
            digests = [digest_of_folder(folder)["weights"] for folder in (theirs, ours)]
            if digests[0] != digests[1]:
                raise UserError(other)
        return []
    if _is_id(trained_on) and not ours.is_dir():
        if trained_on.casefold() != base.casefold():
            raise UserError(f"{other} (if they are the same, save the model in a folder and give that)")
        return []
    if theirs.name.casefold() != ours.name.casefold():
        return [f"the adapter {adapter} says that it was trained on {trained_on}: make sure that hf/{base} is the same"]
    return []


def _is_id(name: str) -> bool:
    return name.count("/") == 1 and not name.startswith((".", "/", "~"))


def _shortened(error: Exception) -> str:
    """Return what is wrong; peft's first line says only that something is."""
    lines = [line.strip() for line in str(error).strip().splitlines() if line.strip()]
    telling = next((line for line in lines if "size mismatch" in line), lines[0] if lines else type(error).__name__)
    return telling if len(telling) <= 240 else f"{telling[:240]}…"
