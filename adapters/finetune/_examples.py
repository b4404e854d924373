"""Conversations as the model takes them: cut to the limit, counted, in batches."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Sampler

from ecg_bench.adapters.finetune._chat import IGNORED, Chat, Encoded
from ecg_bench.adapters.finetune._rows import Row
from ecg_bench.errors import UserError

POOL = 50  # batches whose conversations are sorted by length together


@dataclass(frozen=True)
class Counts:
    """What became of some rows.

    Attributes
    ----------
    rows, used, truncated, dropped : int
        All rows; those that are used; those of them that were cut; and those left out for their length.
    tokens, answer_tokens : int
        Of what is used; the loss is the mean over the latter.
    longest : int
        Tokens of the longest row before any was cut.
    """

    rows: int
    used: int
    truncated: int
    dropped: int
    tokens: int
    answer_tokens: int
    longest: int

    def as_dict(self) -> dict[str, int]:
        """Return the counts by name."""
        return asdict(self)


class Examples(torch.utils.data.Dataset):  # type: ignore[misc]
    """Rows as tokens, within a limit.

    Parameters
    ----------
    rows : sequence of Row
        Conversations.
    chat : Chat
        What makes tokens of them.
    limit : int
        The most tokens of one.
    too_long : {"drop", "truncate"}
        What becomes of longer ones.

    Attributes
    ----------
    rows : list of Row
        Those that are used.
    counts : Counts
        What became of all.
    """

    def __init__(self, rows: Sequence[Row], chat: Chat, limit: int, too_long: str) -> None:
        self.rows: list[Row] = []
        self._encoded: list[Encoded] = []
        truncated = longest = 0
        for row in rows:
            encoded = chat.encode(row)
            longest = max(longest, len(encoded.ids))
            if len(encoded.ids) > limit:
                cut = _cut(encoded, limit) if too_long == "truncate" else None
                if cut is None:
                    continue
                encoded, truncated = cut, truncated + 1
            self.rows.append(row)
            self._encoded.append(encoded)
        self.lengths = [len(one.ids) for one in self._encoded]
        answers = sum(end - start for one in self._encoded for start, end in one.answers)
        used = len(self.rows)
        self.counts = Counts(len(rows), used, truncated, len(rows) - used, sum(self.lengths), answers, longest)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        one = self._encoded[index]
        return {"input_ids": one.ids, "labels": one.labels}

    @property
    def digest(self) -> str:
        """A hash of all tokens and answers: of what the model is really given."""
        digest = hashlib.sha256()
        for one in self._encoded:
            digest.update(np.array([len(one.ids), *one.ids, *(p for span in one.answers for p in span)]).tobytes())
        return digest.hexdigest()


def _cut(encoded: Encoded, limit: int) -> Encoded | None:
    """Return the beginning of a conversation, or None if no token of an answer is in it."""
    answers = tuple((start, min(end, limit)) for start, end in encoded.answers if start < limit)
    return Encoded(encoded.ids[:limit], answers) if answers else None


def check_some_are_left(examples: Examples, limit: int) -> None:
    """Make sure that the limit leaves something to learn from.

    Raises
    ------
    UserError
        If it doesn't.
    """
    if not len(examples):
        raise UserError(
            f"all {examples.counts.rows} rows are longer than data.max_length={limit} (up to {examples.counts.longest} "
            "tokens): raise it with --set data.max_length=N"
        )


class Collator:
    """Puts conversations of several lengths into one batch, padded on the right.

    Parameters
    ----------
    pad : int
        The token that fills up; it is neither seen nor learned.
    """

    def __init__(self, pad: int) -> None:
        self._pad = pad

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, Tensor]:
        width = max(len(row["input_ids"]) for row in rows)
        ids = torch.full((len(rows), width), self._pad)
        mask = torch.zeros((len(rows), width), dtype=torch.long)
        labels = torch.full((len(rows), width), IGNORED)
        for n, row in enumerate(rows):
            length = len(row["input_ids"])
            ids[n, :length] = torch.tensor(row["input_ids"])
            mask[n, :length] = 1
            labels[n, :length] = torch.tensor(row["labels"])
        return {"input_ids": ids, "attention_mask": mask, "labels": labels}


class Order(Sampler):  # type: ignore[misc]
    """The order of an epoch, which depends on the seed and the epoch's number and on nothing that happened before.

    Conversations are shuffled, sorted by length within pools of 50 batches, and the batches shuffled again. The batch
    with the longest conversation comes first, so that memory that doesn't suffice shows at the first step.

    Parameters
    ----------
    lengths : sequence of int
        Tokens of each conversation.
    batch : int
        Conversations that are computed together.
    seed : int
        Of the order.
    grouped : bool
        Whether to sort by length; else they are only shuffled.
    """

    def __init__(self, lengths: Sequence[int], batch: int, seed: int, *, grouped: bool) -> None:
        self._lengths = np.asarray(lengths)
        self._batch, self._seed, self._grouped = batch, seed, grouped
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch, from 0, whose order is given next."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        rng = np.random.default_rng([self._seed, self._epoch])
        order = rng.permutation(len(self._lengths))
        if not self._grouped:
            return iter(order.tolist())
        size = self._batch
        pools = [order[n : n + POOL * size] for n in range(0, len(order), POOL * size)]
        order = np.concatenate([pool[np.argsort(-self._lengths[pool], kind="stable")] for pool in pools])
        whole = len(order) // size * size
        batches = order[:whole].reshape(-1, size)
        if len(batches):
            batches = batches[rng.permutation(len(batches))]
            longest = int(self._lengths[batches].max(axis=1).argmax())
            batches[[0, longest]] = batches[[longest, 0]]
        return iter([*batches.ravel().tolist(), *order[whole:].tolist()])  # the batch that isn't full comes last
