"""Keys and values of answers that are being written, a row each, which may come and go at any time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers.cache_utils import Cache, CacheLayerMixin

from ecg_bench.backends.hf._network import Network

ROOM = 64  # columns are made in steps of so many


class _Layer(CacheLayerMixin):  # type: ignore[misc]
    """The keys and values of one layer: a row begins in the first column, and takes its next token at its own end."""

    def __init__(self, slots: Slots, like: Any) -> None:
        super().__init__()
        self._slots = slots
        self.keys: Tensor = like.keys[:0, :, :0]
        self.values: Tensor = like.values[:0, :, :0]
        self.dtype, self.device = self.keys.dtype, self.keys.device
        self.is_initialized = True

    def reserve(self, rows: int, columns: int) -> None:
        if rows > self.keys.shape[0] or columns > self.keys.shape[2]:
            self.resize(max(rows, self.keys.shape[0]), max(columns, self.keys.shape[2]))

    def resize(self, rows: int, columns: int) -> None:
        self.keys, self.values = _resized(self.keys, rows, columns), _resized(self.values, rows, columns)

    def put(self, first: int, layer: Any, sources: Tensor | None) -> None:
        for own, given in ((self.keys, layer.keys), (self.values, layer.values)):
            new = given if sources is None else given[sources.to(given.device)]
            n, width = new.shape[0], new.shape[2]
            own[first : first + n, :, :width] = new
            own[first : first + n, :, width:] = 0  # what is not seen must be a number still

    def move(self, source: int, target: int) -> None:
        self.keys[target] = self.keys[source]
        self.values[target] = self.values[source]

    def update(self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        # A step that is tried again writes the same places again.
        n, width = len(self._slots), self._slots.width
        rows, ends = (one.to(self.keys.device) for one in self._slots.ends)
        self.keys[rows, :, ends] = key_states[:, :, 0]
        self.values[rows, :, ends] = value_states[:, :, 0]
        return self.keys[:n, :, :width], self.values[:n, :, :width]

    def get_seq_length(self) -> int:
        return self._slots.width - 1

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self._slots.width, 0

    def get_max_length(self) -> int:
        return -1

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        raise NotImplementedError


class Slots:
    """The rows of answers in progress.

    Parameters
    ----------
    network : Network
        The model.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._lengths: list[int] = []
        self._layers: list[_Layer] = []
        self._cache: Any = None
        self.ends: tuple[Tensor, Tensor]

    def __len__(self) -> int:
        return len(self._lengths)

    @property
    def width(self) -> int:
        """The columns in use while the model writes the next token of each row."""
        return max(self._lengths) + 1

    def add(self, cache: Any, sources: Sequence[int], lengths: Sequence[int], *, room: int = 0) -> None:
        """Take rows of another cache in, some maybe several times.

        Parameters
        ----------
        cache
            Holds the keys and values, without padding on the left.
        sources, lengths : sequence of int
            For each new row: which row of `cache`, and how many columns count.
        room : int
            Set memory aside for so many rows in all, since more are about to come.
        """
        if not self._layers:
            self._layers = [_Layer(self, layer) for layer in cache.layers]
            self._cache = Cache(layers=self._layers)
        first = len(self)
        width = cache.layers[0].keys.shape[2]
        rows = None if list(sources) == list(range(cache.layers[0].keys.shape[0])) else torch.tensor(sources)
        for own, layer in zip(self._layers, cache.layers, strict=True):
            own.reserve(max(room, first + len(sources)), _rounded(width + 1))
            own.put(first, layer, rows)
        self._lengths += lengths

    def drop(self, row: int) -> None:
        """Let a row go; the last one takes its place."""
        last = len(self) - 1
        if row != last:
            for layer in self._layers:
                layer.move(last, row)
            self._lengths[row] = self._lengths[last]
        self._lengths.pop()

    def step(self, tokens: Sequence[int]) -> Tensor:
        """Add a token to each row and return the logits after it, of shape (rows, vocabulary)."""
        network, n, width = self._network, len(self), self.width
        for layer in self._layers:
            layer.reserve(n, _rounded(width))
        ends = network.tensor(self._lengths)
        rows = torch.arange(n, device=network.device)
        self.ends = rows, ends
        visible = torch.arange(width, device=network.device)[None, None] <= ends[:, None, None]
        ids = network.tensor(np.asarray(tokens)[:, None])
        logits = network.at((rows, torch.zeros_like(rows)), ids, ends[:, None], visible, self._cache)
        self._lengths = [length + 1 for length in self._lengths]
        return logits

    @property
    def n_bytes(self) -> int:
        """The memory that is set aside."""
        return sum(layer.keys.nbytes + layer.values.nbytes for layer in self._layers)

    def shrink(self) -> None:
        """Give back the memory that rows which are gone took."""
        for layer in self._layers:
            layer.resize(len(self), _rounded(self.width))

    def clear(self) -> None:
        """Let all rows go, and give back the memory."""
        self._lengths, self._layers, self._cache = [], [], None


def _rounded(columns: int) -> int:
    return -(-columns // ROOM) * ROOM


def _resized(old: Tensor, rows: int, columns: int) -> Tensor:
    new = old.new_empty(rows, old.shape[1], columns, old.shape[3])
    n, width = min(rows, old.shape[0]), min(columns, old.shape[2])
    new[:n, :, :width] = old[:n, :, :width]
    new[:n, :, width:] = 0
    return new
