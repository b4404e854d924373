"""What joins an encoder and a language model."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ecg_bench.adapters.signal._encoders import vector_of
from ecg_bench.adapters.signal._masked import AttentionPool, Standard
from ecg_bench.adapters.signal._slots import repeated


class Projector(nn.Module):  # type: ignore[misc]
    """Standardises an encoder's features, and makes vectors of another width of them in two layers.

    Parameters
    ----------
    before, after : int
        The widths.
    """

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.standard = Standard(before)
        self.first = nn.Linear(before, before)
        self.second = nn.Linear(before, after)

    def forward(self, values: Tensor) -> Tensor:
        """Return shape (vectors, after) of shape (vectors, before)."""
        found: Tensor = self.second(functional.gelu(self.first(self.standard(values))))
        return found


class SoftTokens(nn.Module):  # type: ignore[misc]
    """Projects an ECG into the text space: vectors of the size and scale of the LM's token embeddings.

    Parameters
    ----------
    features, width : int
        Channels of the encoder, and of the embeddings.
    tokens : int
        Vectors for each ECG; 0 makes one of the features' mean, as in LLaVA-style concatenation of MEIT's vector.
    scale : float
        Root mean square of the token embeddings.
    """

    def __init__(self, features: int, width: int, tokens: int, scale: float) -> None:
        super().__init__()
        self.pool = AttentionPool(features, tokens) if tokens else None
        self.projector = Projector(features, width)
        self.norm = nn.LayerNorm(width)
        nn.init.constant_(self.norm.weight, scale)

    def forward(self, features: Tensor, mask: Tensor | None) -> Tensor:
        """Return shape (records, tokens, width)."""
        pooled = vector_of(features, mask)[:, None] if self.pool is None else self.pool(features, mask)
        found: Tensor = self.norm(self.projector(pooled.flatten(0, 1)))
        return found.unflatten(0, pooled.shape[:2])


class HeadVector(nn.Module):  # type: ignore[misc]
    """Projects an ECG to one vector of an attention head's size and of a fixed length, repeated for each head.

    MEIT's code makes it of length 1. Here it is as long as what else goes into the projections to keys and values,
    whose elements have a root mean square of about 1: a small model learns little from a vector many times shorter.

    Parameters
    ----------
    features, size, width : int
        Channels of the encoder; size of a head; and of a hidden state.
    """

    def __init__(self, features: int, size: int, width: int) -> None:
        super().__init__()
        self.projector = Projector(features, size)
        self._width, self._scale = width, size**0.5

    def forward(self, features: Tensor, mask: Tensor | None) -> Tensor:
        """Return shape (records, 1, width)."""
        vector = functional.normalize(self.projector(vector_of(features, mask)), dim=-1) * self._scale
        return repeated(vector, self._width)[:, None]


def drop_leads(signal: Tensor, present: Tensor, share: float) -> tuple[Tensor, Tensor]:
    """Take a random part of the leads away from a random share of records, never all of a record's leads."""
    n = len(signal)
    chosen = torch.rand(n, 1, device=signal.device) < share
    drawn = torch.rand_like(present) * present
    kept = (drawn > torch.rand(n, 1, device=signal.device)) | (drawn == drawn.amax(1, keepdim=True))
    present = present * (kept | ~chosen)
    return signal * present[..., None], present
