"""One stage of a training: from a model and examples to weights in a folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ecg_bench.adapters.finetune import _stage
from ecg_bench.adapters.signal._card import weights_of
from ecg_bench.adapters.signal._config import SignalConfig
from ecg_bench.adapters.signal._trainer import SignalFolder, SignalTrainer


def run_stage(
    model: Any,
    config: SignalConfig,
    folder: SignalFolder,
    train: Any,
    selection: Any,
    collator: Callable[[Any], Any],
    *,
    title: str,
    quiet: bool,
) -> dict[str, Any]:
    """Train, put the weights into the folder, and return what came out, for the card.

    A stage that was begun in the folder before goes on from its last whole checkpoint.
    """
    found = _stage.run_stage(
        lambda watch: SignalTrainer(model, config, folder, train, selection, collator, [watch]),
        config,
        folder,
        title=title,
        evaluates=selection is not None,
        quiet=quiet,
    )
    return {"result": {}} if found is None else {**found, "adapter": weights_of(model, folder.path)}
