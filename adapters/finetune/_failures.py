"""What goes wrong in the middle of a training, in one sentence each."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ecg_bench.adapters.finetune._config import FinetuneConfig
from ecg_bench.errors import UserError

_SIGNS = ("out of memory", "can't allocate memory", "not enough memory", "bad_alloc")


@contextmanager
def explained(config: FinetuneConfig) -> Iterator[None]:
    """Say what to lower where the memory doesn't suffice.

    Raises
    ------
    UserError
        In place of the library's error.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:  # torch.OutOfMemoryError is a RuntimeError
        if not isinstance(error, MemoryError) and not any(sign in str(error).lower() for sign in _SIGNS):
            raise
        raise UserError(f"the memory does not suffice: {'; '.join(remedies(config))}") from None


def remedies(config: FinetuneConfig) -> list[str]:
    """Return what takes less memory, the cheapest first; all keep what is learned nearly the same but the last two."""
    size, steps = config.training.batch_size, config.training.accumulation
    found = []
    if size > 1:
        half = size // 2
        found.append(f"--set training.batch_size={half} --set training.accumulation={-(-size * steps // half)}")
    if not config.training.gradient_checkpointing:
        found.append("--set training.gradient_checkpointing=true")
    if config.model.quantization == "none":
        found.append("--set model.quantization=nf4 (4 bits a weight)")
    if not config.training.optimizer.startswith("paged"):
        found.append("--set training.optimizer=paged_adamw_32bit")
    found.append(f"--set data.max_length={config.data.max_length // 2}")
    if config.lora.r > 8:
        found.append(f"--set lora.r={config.lora.r // 2}")
    return ["lower one of these", *found] if len(found) == 1 else [f"try {found[0]}", *found[1:]]


def check_finite(logs: Mapping[str, Any], step: int) -> None:
    """Stop a training whose numbers have left the range.

    Raises
    ------
    UserError
        If the loss or the gradient is no finite number.
    """
    for key, name in (("loss", "loss"), ("grad_norm", "gradient"), ("eval_loss", "loss on the selection split")):
        value = logs.get(key)
        if value is not None and not math.isfinite(value):
            raise UserError(
                f"the {name} is {value} at step {step}: the training has diverged and was stopped; begin again in "
                "another --out with a lower --set training.learning_rate, a longer training.warmup, or "
                "--set model.precision=float32"
            )
