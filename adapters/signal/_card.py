"""The card of a signal adapter: what it was made of, how, on what, and what came out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ecg_bench.adapters.finetune._base import Base
from ecg_bench.adapters.finetune._chat import Chat
from ecg_bench.adapters.finetune._folder import WEIGHTS
from ecg_bench.adapters.finetune._rows import Rows
from ecg_bench.adapters.signal._config import SignalConfig
from ecg_bench.adapters.signal._trainer import SIGNAL
from ecg_bench.files import sha256_of_file

KIND = "signal"


def make_plan(
    arch: str,
    base: Base | None,
    rows: Rows,
    config: SignalConfig,
    chat: Chat | None,
    train: Any,
    selection: Any,
) -> dict[str, Any]:
    """Return what is to be trained on what; a training is resumed only if all of it is equal."""
    return {
        "arch": arch,
        "base": {} if base is None else base.identity(),
        "data": {
            "path": str(rows.path),
            "sha256": rows.digest,
            "files": [{"name": name, "sha256": digest, "rows": n} for name, digest, n in rows.files],
            "train": {**train.counts.as_dict(), "tokens_sha256": train.digest},
            "selection": None
            if selection is None
            else {**selection.counts.as_dict(), "tokens_sha256": selection.digest},
            "documents": rows.documents(),
            "records": sorted({one.path for row in rows.train for one in getattr(row, "media", ()) if one.root}),
        },
        "config": {**config.model_dump(mode="json"), "arch": arch},
        "chat": {}
        if chat is None
        else {"template": chat.digest, "ends_with": sorted(chat.tokenizer.convert_ids_to_tokens(sorted(chat.ends)))},
    }


def weights_of(model: Any, folder: Path) -> dict[str, Any]:
    """Return the part of the card that says how much was trained, with the hashes of the weights."""
    trained = sum(one.numel() for one in model.parameters() if one.requires_grad)
    own = sum(value.numel() for value in model.own_state().values())
    hashes = {name: sha256_of_file(folder / name) for name in (SIGNAL, WEIGHTS) if (folder / name).exists()}
    return {"sha256": hashes, "trainable_parameters": trained, "encoder_and_projection": own}
