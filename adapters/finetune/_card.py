"""The card of an adapter: what it was made of, how, on what, and what came out."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ecg_bench._version import VERSION
from ecg_bench.adapters.finetune._base import Base
from ecg_bench.adapters.finetune._chat import Chat
from ecg_bench.adapters.finetune._config import FinetuneConfig
from ecg_bench.adapters.finetune._rows import Rows
from ecg_bench.packages import versions_of

if TYPE_CHECKING:
    from ecg_bench.adapters.finetune._examples import Examples

SCHEMA = 1
PACKAGES = ("torch", "transformers", "peft", "accelerate", "bitsandbytes", "tokenizers", "safetensors")


def make_plan(
    base: Base, rows: Rows, config: FinetuneConfig, chat: Chat, train: Examples, selection: Examples | None
) -> dict[str, Any]:
    """Return what is to be trained on what; a training is resumed only if all of it is equal."""
    return {
        "base": base.identity(),
        "data": {
            "path": str(rows.path),
            "sha256": rows.digest,
            "files": [{"name": name, "sha256": digest, "rows": n} for name, digest, n in rows.files],
            "train": _described(train),
            "selection": None if selection is None else _described(selection),
            "documents": rows.documents(),
            "overlap": rows.overlap(),
        },
        "config": config.model_dump(mode="json"),
        "chat": {
            "template": chat.digest,
            "ends_with": sorted(chat.tokenizer.convert_ids_to_tokens(sorted(chat.ends))),
        },
    }


def _described(examples: Examples) -> dict[str, Any]:
    return {**examples.counts.as_dict(), "tokens_sha256": examples.digest}


def begun(plan: Mapping[str, Any], notices: Sequence[str]) -> dict[str, Any]:
    """Return the card of a training that has begun."""
    return {
        "schema": SCHEMA,
        "kind": "finetune",
        "status": "unfinished",
        **plan,
        "notices": list(notices),
        "seed": plan["config"]["training"]["seed"],
        "packages": {"ecg-bench": VERSION, "python": platform.python_version()} | versions_of(PACKAGES),
        "hardware": describe_hardware(),
    }


def describe_hardware() -> dict[str, Any]:
    """Return what the training runs on."""
    import torch

    gpus = [torch.cuda.get_device_name(n) for n in range(torch.cuda.device_count())]
    return {
        "platform": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpus": gpus,
        "processes": int(os.environ.get("WORLD_SIZE", "1")),
    }


def peak_memory() -> dict[str, float]:
    """Return the most memory that was taken, in MB: of the first GPU if there is one, else of the process."""
    import torch

    if torch.cuda.is_available():
        return {"gpu_mb": round(torch.cuda.max_memory_allocated() / 2**20, 1)}
    try:
        import resource
    except ImportError:  # not on Windows
        return {}
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return {"process_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, 1)}
