"""One training from its last checkpoint to its end: what every kind of adapter has in common."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ecg_bench.adapters.finetune._card import peak_memory
from ecg_bench.adapters.finetune._config import FinetuneConfig
from ecg_bench.adapters.finetune._folder import LOG, MARK, PLOT, AdapterFolder, is_first, step_of
from ecg_bench.adapters.finetune._history import judge
from ecg_bench.adapters.finetune._plot import write_loss_plot
from ecg_bench.adapters.finetune._progress import Display
from ecg_bench.adapters.finetune._watch import Watch


def run_stage(
    make: Callable[[Watch], Any],
    config: FinetuneConfig,
    folder: AdapterFolder,
    *,
    title: str,
    evaluates: bool,
    quiet: bool,
) -> dict[str, Any] | None:
    """Train, put the weights into the folder, and return what came out, for the card.

    A training that was begun in the folder before goes on from its last whole checkpoint.

    Parameters
    ----------
    make : callable
        Makes the trainer, given what watches over it.
    config : FinetuneConfig
        The recipe.
    folder : AdapterFolder
        Where everything goes.
    title : str
        What progress is headed with.
    evaluates : bool
        Whether there is a selection split.
    quiet : bool
        Show no progress.

    Returns
    -------
    dict or None
        The card's ``result`` and ``cost``; None in all processes but the first.
    """
    checkpoint = folder.last_checkpoint()
    step = 0 if checkpoint is None else step_of(checkpoint)
    spent = {} if checkpoint is None else json.loads((checkpoint / MARK).read_text(encoding="utf-8"))
    if is_first():
        folder.clean(step)
    display = Display(title, quiet=quiet or not is_first())
    watch = Watch(folder, config.evaluation, spent, step, evaluates=evaluates, display=display)
    trainer = make(watch)
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
        return None
    folder.take(folder.kept(verdict.kept) if verdict.kept is not None else last)
    write_loss_plot(folder.path / LOG, folder.path / PLOT, kept=verdict.kept)
    kept: dict[str, float] = next(
        (one for one in state.log_history if "eval_loss" in one and one["step"] == verdict.kept), {}
    )
    losses = [one["loss"] for one in state.log_history if "loss" in one]
    return {
        "result": {
            "steps": state.global_step,
            "epochs": round(state.epoch or 0.0, 4),
            "stopped_early": verdict.stops(config.evaluation) and state.global_step < state.max_steps,
            "kept_step": verdict.kept if verdict.kept is not None else state.global_step,
            "best_step": verdict.best,
            "train_loss": losses[-1] if losses else None,
            "selection_loss": kept.get("eval_loss"),
            "selection_exact_match": kept.get("eval_exact_match"),
        },
        "cost": {
            "wall_s": round(watch.wall_s, 2),
            "tokens": state.num_input_tokens_seen,
            "tokens_per_s": round(state.num_input_tokens_seen / max(watch.wall_s, 1e-9), 1),
            "peak_memory": peak_memory(),
            **watch.meter.report(),
        },
    }
