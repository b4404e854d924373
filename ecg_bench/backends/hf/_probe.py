"""Whether a model computes the same when sequences share a row, and when rows come and go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from transformers import DynamicCache

from ecg_bench.backends.hf._head import Head
from ecg_bench.backends.hf._network import Network, out_of_memory
from ecg_bench.backends.hf._slots import Slots
from ecg_bench.backends.hf._tree import Tree
from ecg_bench.log import get_logger

# The mean difference of log-probabilities, in nats, that rounding may make; a wrong mask makes a much greater one.
TOLERANCE = {torch.float32: 1e-3, torch.float16: 0.03, torch.bfloat16: 0.15}
QUANTIZED = 0.3  # the rounding of weights and activations depends on the batch
N_HEAD = 40

_log = get_logger("hf")


@dataclass(frozen=True)
class Abilities:
    """What a model can be asked to do beside running padded rows.

    Attributes
    ----------
    shares : bool
        Several sequences as one row.
    own_loop : bool
        Rows that come and go while answers are written.
    """

    shares: bool
    own_loop: bool


def probe(network: Network, pad: int, vocabulary: int, *, quantized: bool) -> Abilities:
    """Try both on a few tokens, and compare with running each sequence alone."""
    tolerance = QUANTIZED if quantized else TOLERANCE.get(network.model.dtype, 1e-3)
    sample = np.random.default_rng(0).integers(0, vocabulary, size=N_HEAD + 24).tolist()
    head, rest = sample[:N_HEAD], sample[N_HEAD:]
    sequences = [head + rest[:8], head + rest[:5] + rest[10:14], head + rest[14:24]]
    if network.span is not None and network.span < len(sample):
        return Abilities(shares=False, own_loop=False)
    with torch.inference_mode():
        if network.picks and not _works(lambda: _alone(network, sequences[:1], pad), "logits of some tokens"):
            network.picks = False
        alone = _alone(network, sequences, pad)

        def same(found: Tensor) -> bool:
            difference = float((found.float().log_softmax(-1) - alone.float().log_softmax(-1)).abs().mean())
            return difference <= tolerance

        shares = _works(lambda: same(_as_tree(network, sequences, head, pad)), "several sequences as one row")
        own_loop = _works(lambda: same(_in_slots(network, sequences)), "rows that come and go")
    return Abilities(shares, own_loop)


def _works(attempt: Callable[[], object], what: str) -> bool:
    try:
        found = attempt()
    except Exception as error:  # each model refuses what it does not know in a way of its own
        if out_of_memory(error):
            raise
        _log.info("not supported by this model", extra={"what": what, "error": str(error)})
        return False
    if isinstance(found, bool) and not found:
        _log.info("this model computes something else", extra={"what": what})
        return False
    return True


def _alone(network: Network, sequences: list[list[int]], pad: int) -> Tensor:
    return torch.cat([network.plain(([0], [len(one) - 1]), [one], pad) for one in sequences])


def _as_tree(network: Network, sequences: list[list[int]], shared: list[int], pad: int) -> Tensor:
    """Return the logits after each sequence: two rows, one of them with a fork, behind a common head."""
    head = Head()
    rows = [Tree(), Tree()]
    ends = [(n, rows[n].add(one)[-1] - len(shared)) for n, one in zip((0, 0, 1), sequences, strict=True)]
    width = max(map(len, rows)) - len(shared)
    ids = np.full((2, width), pad, dtype=np.int64)
    positions = np.zeros_like(ids)
    visible = np.zeros((2, width, len(shared) + width), dtype=np.bool_)
    visible[:, :, : len(shared)] = True
    visible[:, np.arange(width), len(shared) + np.arange(width)] = True
    for n, tree in enumerate(rows):
        head.see(shared)
        size = len(tree) - len(shared)
        ids[n, :size] = tree.tokens[len(shared) :]
        positions[n, :size] = tree.depths[len(shared) :]
        tree.show(visible[n, :size, len(shared) : len(shared) + size], len(shared))
    return network.at(
        ([n for n, _ in ends], [node for _, node in ends]),
        network.tensor(ids),
        network.tensor(positions),
        network.tensor(visible, torch.bool),
        head.past(network, 2),
    )


def _in_slots(network: Network, sequences: list[list[int]]) -> Tensor:
    """Return the logits after each sequence: its last tokens are written one by one, the third row comes later."""
    slots = Slots(network)
    cut = [one[:-3] for one in sequences]
    for one in cut[:2]:
        _enter(network, slots, one)
    slots.step([sequences[0][-3], sequences[1][-3]])
    slots.step([sequences[0][-2], sequences[1][-2]])
    _enter(network, slots, sequences[2][:-1])
    return slots.step([one[-1] for one in sequences])


def _enter(network: Network, slots: Slots, tokens: list[int]) -> None:
    n = len(tokens)
    cache = DynamicCache()
    positions = torch.arange(n, device=network.device)[None]
    network.at(([0], [n - 1]), network.tensor([tokens]), positions, None, cache)
    slots.add(cache, [0], [n])
