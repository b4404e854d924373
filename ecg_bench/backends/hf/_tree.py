"""Several sequences of tokens as one row for the model, in which what they share stands once.

The tokens of a row form a tree: each sees those on its way to the root, and its position is its depth. What the model
computes for a token is then what it would compute in the sequence alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Span = tuple[int, int, int]  # first node, node after the last, and the node that the first one follows (-1: none)


@dataclass
class Tree:
    """The tokens of a row, in an order in which each follows the one before it or an earlier one.

    Attributes
    ----------
    tokens, depths : list of int
        Of each node: its token, and its position in its sequence.
    spans : list of Span
        The unbroken runs of nodes.
    """

    tokens: list[int] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    _next: dict[tuple[int, int], int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.tokens)

    def add(self, sequence: Sequence[int]) -> list[int]:
        """Take in a sequence and return the node of each of its tokens."""
        path = []
        node = -1
        for depth, token in enumerate(sequence):
            place = self._next.get((node, token))
            if place is None:
                place = self._append(node, token, depth)
            path.append(place)
            node = place
        return path

    def _append(self, parent: int, token: int, depth: int) -> int:
        place = len(self.tokens)
        self._next[parent, token] = place
        self.tokens.append(token)
        self.depths.append(depth)
        if self.spans and parent == place - 1:
            first, _, before = self.spans[-1]
            self.spans[-1] = (first, place + 1, before)
        else:
            self.spans.append((place, place + 1, parent))
        return place

    @property
    def trunk(self) -> list[int]:
        """The tokens before the first fork."""
        first = self.spans[0]
        end = min((before + 1 for _, _, before in self.spans[1:]), default=first[1])
        return self.tokens[:end]

    def show(self, visible: NDArray[np.bool_], head: int) -> None:
        """Mark which tokens each token sees.

        Parameters
        ----------
        visible : array of bool, shape (n - head, n - head)
            Filled in; all False before.
        head : int
            How many tokens of the trunk are left out, since every other token sees them.
        """
        for start, end, before in self.spans:
            first, stop, parent = max(0, start - head), end - head, before - head
            if parent >= 0:
                visible[first:stop, : parent + 1] = visible[parent, : parent + 1]
            if stop > first:
                visible[first:stop, first:stop] = _lower(stop - first)


_triangle = np.tri(256, dtype=np.bool_)


def _lower(n: int) -> NDArray[np.bool_]:
    global _triangle
    if n > len(_triangle):
        _triangle = np.tri(2 * n, dtype=np.bool_)
    return _triangle[:n, :n]
