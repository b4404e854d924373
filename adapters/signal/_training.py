"""One stage of a training: from a model and examples to weights in a folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ecg_bench.adapters.finetune._folder import LOG, MARK, PLOT, is_first, step_of
from ecg_bench.adapters.finetune._history import judge
from ecg_bench.adapters.finetune._plot import write_loss_plot
from ecg_bench.adapters.finetune._progress import Display
from ecg_bench.adapters.finetune._watch import Watch
from ecg_bench.adapters.signal._card import result_of, weights_of
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
    checkpoint = folder.last_checkpoint()
    step = 0 if checkpoint is None else step_of(checkpoint)
    spent = {} if checkpoint is None else json.loads((checkpoint / MARK).read_text(encoding="utf-8"))
    if is_first():
        folder.clean(step)
    display = Display(title, quiet=quiet or not is_first())
    watch = Watch(folder, config.evaluation, spent, step, evaluates=selection is not None, display=display)
    trainer = SignalTrainer(model, config, folder, train, selection, collator, [watch])
    try:
        trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    finally:
        watch.close()
    state = trainer.state
    verdict = judge(state.log_history, config.evaluation)
    last = folder.kept(state.global_step)
    if verdict.kept is None:
        trainer.save_model(str(last))
    if not is_first():
        return {"result": {}}
    folder.take(folder.kept(verdict.kept) if verdict.kept is not None else last)
    write_loss_plot(folder.path / LOG, folder.path / PLOT, kept=verdict.kept)
    kept: dict[str, float] = next(
        (one for one in state.log_history if "eval_loss" in one and one["step"] == verdict.kept), {}
    )
    stopped = verdict.stops(config.evaluation) and state.global_step < state.max_steps
    return {
        **result_of(trainer, watch, kept, stopped=stopped, best=verdict.best),
        "adapter": weights_of(model, folder.path),
    }
