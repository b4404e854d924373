"""Which token comes next: the likeliest one, or one drawn under the answer's own seed."""

from __future__ import annotations

import hashlib
from typing import Any

import torch
from torch import Tensor

from ecg_bench.samples import Request


def seed_of(request: Request, prompt: str) -> int:
    """Return a seed that depends on what is asked alone, so that the same question is drawn the same answer."""
    text = f"{request.params.seed}\n{request.epoch}\n{prompt}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


class Chooser:
    """Chooses the tokens of one answer.

    Drawing is adding Gumbel noise and taking the greatest, so that neither the other rows of a batch nor the last
    digits of the logits change what is drawn.

    Parameters
    ----------
    temperature : float
        0 takes the likeliest token.
    seed : int
        Of the noise.
    device : torch.device
        Where the logits are.
    """

    def __init__(self, temperature: float, seed: int, device: torch.device) -> None:
        self.temperature = temperature
        self._generator = None
        if temperature:
            self._generator = torch.Generator(device).manual_seed(seed)

    def noise(self, like: Tensor) -> Tensor:
        """Return what is added to the logits (divided by the temperature) of the next token."""
        exponential = torch.empty_like(like, dtype=torch.float32).exponential_(generator=self._generator)
        return exponential.log_().neg_()


def choose(logits: Tensor, choosers: list[Chooser]) -> list[int]:
    """Return the next token of each row.

    Parameters
    ----------
    logits : tensor, shape (rows, vocabulary)
    choosers : list of Chooser
        One for each row.
    """
    drawn = [n for n, one in enumerate(choosers) if one.temperature]
    if drawn:
        logits = logits.float()
        temperatures = torch.tensor([choosers[n].temperature for n in drawn], device=logits.device)
        noise = torch.stack([choosers[n].noise(logits[n]) for n in drawn])
        logits[drawn] = logits[drawn] / temperatures[:, None] + noise
    tokens: list[int] = logits.argmax(-1).tolist()
    return tokens


class Drawn:
    """Chooses as `choose` does, as a logits processor of ``model.generate``."""

    def __init__(self, choosers: list[Chooser]) -> None:
        self._choosers = choosers

    def __call__(self, _ids: Any, scores: Tensor) -> Tensor:
        """Return scores whose greatest is the token chosen."""
        tokens = torch.tensor(choose(scores.clone(), self._choosers), device=scores.device)
        return torch.full_like(scores, float("-inf")).scatter_(1, tokens[:, None], 0.0)
