"""Loading a model: where to, in which precision, with which adapter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ecg_bench.backends.hf._identity import digest_of_folder
from ecg_bench.backends.hf._source import commit_of, reason_of, source_of
from ecg_bench.errors import UserError

try:
    import torch
    import transformers
    from transformers import AutoConfig, AutoModelForCausalLM, BitsAndBytesConfig
except ImportError as error:
    raise UserError(f"hf/ models need transformers and torch ({error}): pip install 'ecg-bench[hf]'") from None

# Settings of `generate` that change which token comes next, with the values that change nothing.
_PROCESSORS: Mapping[str, tuple[Any, ...]] = {
    "repetition_penalty": (None, 1.0),
    "no_repeat_ngram_size": (None, 0),
    "bad_words_ids": (None, []),
    "min_length": (None, 0),
    "min_new_tokens": (None, 0),
    "forced_bos_token_id": (None,),
    "forced_eos_token_id": (None,),
    "exponential_decay_length_penalty": (None,),
    "suppress_tokens": (None, []),
    "begin_suppress_tokens": (None, []),
    "sequence_bias": (None, {}),
    "guidance_scale": (None, 1.0),
}
_SAMPLERS: Mapping[str, tuple[Any, ...]] = {
    "top_k": (None, 0),
    "top_p": (None, 1.0),
    "min_p": (None, 0.0),
    "typical_p": (None, 1.0),
    "epsilon_cutoff": (None, 0.0),
    "eta_cutoff": (None, 0.0),
}


@dataclass(frozen=True)
class Placement:
    """Where a model goes, and how exact its numbers are.

    Parameters
    ----------
    device : str
        ``auto``, or what torch calls a device.
    device_map : str or None
        How accelerate spreads the model over devices; instead of `device`.
    dtype : str
        ``auto``, or what torch calls a type.
    quantization : str
        ``none``, ``4bit`` or ``8bit``.
    """

    device: str
    device_map: str | None
    dtype: str
    quantization: str

    def options(self, source: str, **where: Any) -> dict[str, Any]:
        """Return what ``from_pretrained`` is given.

        Raises
        ------
        UserError
            If a package is missing.
        """
        options: dict[str, Any] = {"dtype": self.dtype, "device_map": self._device_map()}
        if self.quantization == "none":
            return options
        if find_spec("bitsandbytes") is None:
            raise UserError(f"quantization={self.quantization} needs bitsandbytes: pip install bitsandbytes")
        if self.quantization == "8bit":
            options["quantization_config"] = BitsAndBytesConfig(load_in_8bit=True)
            return options
        kept = AutoConfig.from_pretrained(source, **where).dtype if self.dtype == "auto" else self.dtype
        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=kept or torch.float32,
        )
        return options

    def _device_map(self) -> Any:
        if self.device_map is None:
            return {"": self.device if self.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"}
        if self.device_map.lstrip().startswith("{"):
            try:
                return json.loads(self.device_map)
            except json.JSONDecodeError as error:
                raise UserError(f"device_map is no JSON ({error}): give auto, balanced, or a JSON object") from None
        return self.device_map


@dataclass
class Loaded:
    """A model, what tells it from others, and what the user should know about it."""

    model: Any
    identity: dict[str, Any]
    notices: list[str] = field(default_factory=list)


def load_model(name: str, placement: Placement, *, revision: str | None, trust_remote_code: bool) -> Loaded:
    """Load a model by folder or hub id.

    Raises
    ------
    UserError
        If it can't be found or loaded.
    """
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    source = source_of(name)
    try:
        commit = commit_of(source, revision)
        where = {"revision": commit or revision, "trust_remote_code": trust_remote_code}
        options = placement.options(source, **where)
        model = AutoModelForCausalLM.from_pretrained(source, use_safetensors=True, **options, **where).eval()
    except UserError:
        raise
    except Exception as error:  # what these libraries throw at a broken file has no common class
        raise UserError(f"hf/{name} can't be loaded: {reason_of(error)}") from None
    devices = sorted({parameter.device.type for parameter in model.parameters()})
    identity = {
        "class": type(model).__name__,
        "parameters": model.num_parameters(),
        "dtype": str(model.dtype).removeprefix("torch."),
        "device": "+".join(devices),
        "revision": commit,
        "files": digest_of_folder(Path(source)) if Path(source).is_dir() else None,
    }
    if placement.quantization != "none":
        identity["quantization"] = placement.quantization
    return Loaded(model, identity)


def stops_of(model: Any, tokenizer: Any) -> set[int]:
    """Return the tokens that end an answer."""
    found = model.generation_config.eos_token_id
    found = tokenizer.eos_token_id if found is None else found
    return set(found if isinstance(found, list) else [] if found is None else [found])


def settings_left_out(model: Any, *, sampled: bool) -> str | None:
    """Return a sentence about the model's own generation settings, if answers would be others with them."""
    settings = model.generation_config
    known = {**_PROCESSORS, **_SAMPLERS} if sampled else _PROCESSORS
    values = {name: getattr(settings, name, None) for name in known}
    dropped = [f"{name}={value}" for name, value in values.items() if value not in known[name]]
    if not dropped:
        return None
    how = "are drawn by the temperature alone" if sampled else "take the likeliest token"
    return f"the model's generation_config sets {', '.join(dropped)}, which is not applied: answers {how}"
