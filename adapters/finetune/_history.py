"""What the evaluations so far say: which weights to keep, and whether to stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecg_bench.adapters.finetune._config import EvaluationConfig


@dataclass(frozen=True)
class Verdict:
    """What the evaluations so far say.

    Attributes
    ----------
    kept : int or None
        The step whose weights are kept; None before the first evaluation.
    best : int or None
        The step with the lowest loss on the selection split.
    since : int
        Evaluations after the best one.
    """

    kept: int | None
    best: int | None
    since: int

    def stops(self, config: EvaluationConfig) -> bool:
        """Whether the training is to end."""
        return config.patience is not None and self.since >= config.patience


def judge(history: Sequence[Mapping[str, Any]], config: EvaluationConfig) -> Verdict:
    """Read the evaluations in a trainer's log, in their order."""
    best: int | None = None
    lowest = float("inf")
    since, last = 0, None
    for entry in history:
        loss = entry.get("eval_loss")
        if loss is None:
            continue
        last = int(entry["step"])
        if best is None or loss < lowest - config.min_improvement:
            best, lowest, since = last, loss, 0
        else:
            since += 1
    return Verdict(last if config.keep == "last" else best, best, since)
