"""What all prompts of a task begin with, such as worked examples: its keys and values are computed once."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache

from ecg_bench.backends.hf._network import Network

WORTH = 32  # fewer tokens than this are computed again instead


class Head:
    """The longest beginning that all prompts of a task share, as far as they were seen."""

    def __init__(self) -> None:
        self._tokens: list[int] | None = None
        self._seen = 0
        self._cache: Any = None

    def see(self, tokens: Sequence[int]) -> None:
        """Take note of a prompt, without the tokens whose logits are needed."""
        self._seen += 1
        if self._tokens is None:
            self._tokens = list(tokens)
        elif self._tokens != tokens[: len(self._tokens)]:
            pairs = zip(self._tokens, tokens, strict=False)
            n = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(self._tokens), len(tokens)))
            del self._tokens[n:]

    def __len__(self) -> int:
        """Return how many tokens it is worth leaving out of each prompt."""
        n = len(self._tokens or ())
        return n if self._seen > 1 and n >= WORTH else 0

    def past(self, network: Network, rows: int) -> Any:
        """Return keys and values for a batch of rows that leave the head out; None where there is no head."""
        n = len(self)
        if not n:
            return None
        if self._cache is None:
            cache = DynamicCache()
            assert self._tokens is not None  # noqa: S101  # or it would be worth nothing
            ids = network.tensor([self._tokens])
            positions = torch.arange(n, device=network.device)[None]
            network.at(([0], [n - 1]), ids, positions, None, cache)
            self._cache = cache
        past = copy.copy(self._cache)
        past.layers = [copy.copy(layer) for layer in self._cache.layers]
        for layer in past.layers:
            layer.keys = layer.keys[:, :, :n].expand(rows, -1, -1, -1)
            layer.values = layer.values[:, :, :n].expand(rows, -1, -1, -1)
        return past

    def forget(self) -> None:
        """Let go of the memory that it takes."""
        self._cache = None
