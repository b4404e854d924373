"""The two encoders: a 1-D ResNet-18 for ECG-LM and the classifier, and MEIT's light one."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

from ecg_bench.adapters.signal._arrays import N_LEADS
from ecg_bench.adapters.signal._config import EncoderName
from ecg_bench.adapters.signal._masked import (
    LeadStem,
    Mask,
    MaskedBatchNorm,
    halved,
    mask_of,
    masked,
    mean_of,
    paired,
)


class _Block(nn.Module):  # type: ignore[misc]
    """A basic block of a ResNet: two convolutions and a way round them."""

    def __init__(self, before: int, width: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(before, width, kernel, stride=stride, padding=kernel // 2, bias=False)
        self.first_norm = MaskedBatchNorm(width)
        self.second = nn.Conv1d(width, width, kernel, padding=kernel // 2, bias=False)
        self.second_norm = MaskedBatchNorm(width)
        self.stride = stride
        self.round = None
        if stride > 1 or before != width:
            self.round = nn.Conv1d(before, width, 1, stride=stride, bias=False)
            self.round_norm = MaskedBatchNorm(width)

    def forward(self, values: Tensor, mask: Mask) -> tuple[Tensor, Mask]:
        after = halved(mask) if self.stride > 1 else mask
        found = functional.relu(self.first_norm(self.first(values), after))
        found = self.second_norm(self.second(found), after)
        beside = values if self.round is None else self.round_norm(self.round(values), after)
        return functional.relu(found + beside), after


class ResNet18(nn.Module):  # type: ignore[misc]
    """A ResNet-18 (He et al., arXiv 1512.03385) over time, with longer kernels than over images.

    Parameters
    ----------
    width : int
        Channels of the first of four stages; each further one doubles them.
    kernel : int
        Samples of the blocks' convolutions, odd.

    Attributes
    ----------
    features : int
        Channels that come out: 8 x `width`.
    """

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        self.features = 8 * width
        self.stem = LeadStem(N_LEADS, width, 15)
        self.norm = MaskedBatchNorm(width)
        widths = [width, width, 2 * width, 4 * width, 8 * width]
        self.blocks = nn.ModuleList()
        for n in range(1, 5):
            self.blocks.append(_Block(widths[n - 1], widths[n], kernel, 1 if n == 1 else 2))
            self.blocks.append(_Block(widths[n], widths[n], kernel, 1))

    def forward(self, signal: Tensor, lengths: Tensor, present: Tensor) -> tuple[Tensor, Mask]:
        """Return a sequence of features and its mask.

        Parameters
        ----------
        signal : tensor, shape (records, 12, samples)
            Millivolts, 0 after each record's end.
        lengths : tensor of int, shape (records,)
            Samples of each record.
        present : tensor, shape (records, 12)
            1 for each lead that there is.

        Returns
        -------
        tuple
            Features, shape (records, 8 x width, samples / 32 rounded up), and the mask.
        """
        mask = mask_of(lengths, signal.shape[-1])
        mask = halved(mask)
        values = functional.relu(self.norm(self.stem(signal, present), mask))
        mask = halved(mask)
        # What was cut off by the ReLU is 0 at least, so padding is never the greatest.
        values = masked(functional.max_pool1d(values, 3, stride=2, padding=1), mask)
        for block in self.blocks:
            values, mask = block(values, mask)
        return values, mask


class LightEncoder(nn.Module):  # type: ignore[misc]
    """MEIT's light encoder: blocks of convolution, batch normalisation, ReLU and average pooling, over time.

    Parameters
    ----------
    width : int
        Channels of the first block; each further one has twice as many, up to eight times.
    kernel : int
        Samples of the convolutions, odd.
    depth : int
        Blocks.

    Attributes
    ----------
    features : int
        Channels that come out.
    """

    def __init__(self, width: int, kernel: int, depth: int = 5) -> None:
        super().__init__()
        widths = [width * min(8, 2**n) for n in range(depth)]
        self.features = widths[-1]
        self.stem = LeadStem(N_LEADS, width, 15)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(before, after, kernel, padding=kernel // 2, bias=False) for before, after in pairwise(widths)
        )
        self.norms = nn.ModuleList(MaskedBatchNorm(width) for width in widths)

    def forward(self, signal: Tensor, lengths: Tensor, present: Tensor) -> tuple[Tensor, Mask]:
        """As `ResNet18.forward`; the sequence has samples / 2 ** depth features, rounded up."""
        mask = halved(mask_of(lengths, signal.shape[-1]))
        values = functional.relu(self.norms[0](self.stem(signal, present), mask))
        for convolution, norm in zip(self.convolutions, self.norms[1:], strict=True):
            values, mask = paired(values), halved(mask)
            values = functional.relu(norm(convolution(values), mask))
        return values, mask


def make_encoder(name: EncoderName, width: int, kernel: int) -> ResNet18 | LightEncoder:
    """Return an encoder with random weights."""
    return ResNet18(width, kernel) if name == "resnet18" else LightEncoder(width, kernel)


def vector_of(features: Tensor, mask: Mask) -> Tensor:
    """Return one vector for each record: the mean over time, shape (records, features)."""
    return mean_of(features, mask)
