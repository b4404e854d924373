"""Layers for signals of several lengths in one batch: what stands after a record's end changes nothing.

Padding is 0 and stays 0: a convolution pads a record that ends with 0 in the same way. Whatever makes something else
of 0 is multiplied by the mask afterwards. So each record comes out as if it had gone through alone.
"""

from __future__ import annotations

from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

Mask: TypeAlias = Tensor | None  # shape (records, 1, samples), 1 where a record is; None where all are of one length


def mask_of(lengths: Tensor, width: int) -> Mask:
    """Return a mask, or None if every record fills the whole width."""
    if bool((lengths == width).all()):
        return None
    return (torch.arange(width, device=lengths.device) < lengths[:, None])[:, None].float()


def halved(mask: Mask) -> Mask:
    """Return the mask behind a layer of stride 2, which makes ceil(n / 2) of n samples."""
    return None if mask is None else mask[..., ::2]


def masked(values: Tensor, mask: Mask) -> Tensor:
    """Set what is after a record's end to 0."""
    return values if mask is None else values * mask


class MaskedBatchNorm(nn.BatchNorm1d):  # type: ignore[misc]
    """Batch normalisation whose means and variances leave padding out."""

    def forward(self, values: Tensor, mask: Mask = None) -> Tensor:
        if mask is None:
            return super().forward(values)
        if not self.training:
            return super().forward(values) * mask
        n = mask.sum()
        mean = (values * mask).sum((0, 2)) / n
        centred = (values - mean[:, None]) * mask
        variance = centred.square().sum((0, 2)) / n
        with torch.no_grad():
            assert self.running_mean is not None  # noqa: S101
            assert self.running_var is not None  # noqa: S101
            assert self.num_batches_tracked is not None  # noqa: S101
            self.num_batches_tracked += 1
            unbiased = variance * n / (n - 1)
            self.running_mean.lerp_(mean.to(self.running_mean), self.momentum or 0.1)
            self.running_var.lerp_(unbiased.to(self.running_var), self.momentum or 0.1)
        scaled = centred * (torch.rsqrt(variance + self.eps) * self.weight)[:, None]
        return (scaled + self.bias[:, None]) * mask


class LeadStem(nn.Module):  # type: ignore[misc]
    """The first convolution, which knows which leads are there.

    The leads that there are count for all twelve (what they add up to is multiplied by 12 / n), and each one that is
    missing adds a vector of its own.

    Parameters
    ----------
    leads, width, kernel, stride : int
        Leads in the standard order; channels made of them; samples that a channel sees at once; and the step.
    """

    def __init__(self, leads: int, width: int, kernel: int, stride: int = 2) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(leads, width, kernel, stride=stride, padding=kernel // 2, bias=False)
        self.missing = nn.Linear(leads, width, bias=False)
        nn.init.zeros_(self.missing.weight)

    def forward(self, signal: Tensor, present: Tensor) -> Tensor:
        """Return shape (records, width, ceil(samples / stride)); padding is not 0 afterwards."""
        share = present.mean(1).clamp_min(1 / present.shape[1])[:, None, None]
        found: Tensor = self.convolution(signal * present[..., None]) / share
        return found + self.missing(1 - present)[..., None]


class AttentionPool(nn.Module):  # type: ignore[misc]
    """Some vectors made of a sequence, each by weights of its own over the samples.

    Parameters
    ----------
    width, tokens : int
        Channels, and vectors.
    """

    def __init__(self, width: int, tokens: int) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.randn(tokens, width) * width**-0.5)
        self.keys = nn.Conv1d(width, width, 1)

    def forward(self, values: Tensor, mask: Mask) -> Tensor:
        """Return shape (records, tokens, width)."""
        scores = torch.einsum("kc,bct->bkt", self.queries, self.keys(values))
        if mask is not None:
            scores = scores.masked_fill(mask == 0, float("-inf"))
        return torch.einsum("bkt,bct->bkc", scores.softmax(-1), values)


class Standard(nn.BatchNorm1d):  # type: ignore[misc]
    """Batch normalisation of vectors; a batch of one vector, which has no variance, is taken as in evaluation.

    What encoders make of two ECGs differs little beside what all ECGs have in common, which this takes off.
    """

    def forward(self, values: Tensor) -> Tensor:
        if self.training and len(values) < 2:
            return functional.batch_norm(
                values, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
            )
        return super().forward(values)


def mean_of(values: Tensor, mask: Mask) -> Tensor:
    """Return each record's mean over its samples, shape (records, channels)."""
    if mask is None:
        return values.mean(-1)
    return (values * mask).sum(-1) / mask.sum(-1)


def paired(values: Tensor) -> Tensor:
    """Return the means of pairs of samples; a last one that is alone is paired with 0, as if padding followed it."""
    if values.shape[-1] % 2:
        values = functional.pad(values, (0, 1))
    return functional.avg_pool1d(values, 2)
