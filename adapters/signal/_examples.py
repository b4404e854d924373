"""Conversations about ECGs as the models take them."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ecg_bench.adapters.finetune._chat import Chat
from ecg_bench.adapters.finetune._examples import Collator, Counts, Examples
from ecg_bench.adapters.signal._arrays import stacked
from ecg_bench.adapters.signal._rows import SignalRow
from ecg_bench.adapters.signal._store import Store


class SignalExamples(Examples):
    """Conversations as tokens, with their ECGs.

    Parameters
    ----------
    rows : sequence of SignalRow
        Conversations.
    chat : Chat
        What makes tokens of them.
    limit : int
        The most tokens of one; longer ones are dropped or cut, as `too_long` says.
    too_long : {"drop", "truncate"}
        What becomes of longer ones.
    store : Store
        What opens the ECGs.
    labels : sequence of str
        The SCP codes whose truth goes with each ECG; none by default.
    """

    def __init__(
        self,
        rows: Sequence[SignalRow],
        chat: Chat,
        limit: int,
        too_long: str,
        store: Store,
        labels: Sequence[str] = (),
    ) -> None:
        super().__init__(rows, chat, limit, too_long)
        # What batches are grouped by: an answer's length tells findings, and in a batch of one finding its statistics
        # would take off just what is to be learned.
        self.lengths = [self._encoded[n].answers[0][0] for n in range(len(self.rows))]
        self._store, self._labels = store, tuple(labels)
        store.make(one for row in rows for one in row.media)

    def __getitem__(self, index: int) -> dict[str, Any]:
        row = self.rows[index]
        assert isinstance(row, SignalRow)  # noqa: S101
        known = row.codes is not None and len(row.media) == 1
        truth = [float(one in (row.codes or ())) if known else math.nan for one in self._labels]
        return {
            **super().__getitem__(index),
            "traces": [self._store.get(one) for one in row.media],
            "truths": [truth] * len(row.media) if truth else [],
        }


class SignalCollator:
    """Puts conversations and their ECGs into one batch.

    Parameters
    ----------
    pad : int
        The token that fills up.
    """

    def __init__(self, pad: int) -> None:
        self._texts = Collator(pad)

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
        traces = [one for row in rows for one in row["traces"]]
        owners = [n for n, row in enumerate(rows) for _ in row["traces"]]
        records = stacked(traces) if traces else None
        truths = [one for row in rows for one in row["truths"]]
        return {
            **self._texts(rows),
            "owners": torch.tensor(owners, dtype=torch.long),
            "records": records,
            "truths": torch.tensor(truths) if truths else None,
        }


class LabelledExamples(torch.utils.data.Dataset):  # type: ignore[misc]
    """ECGs with the SCP codes that are true of them, one of each record.

    Parameters
    ----------
    rows : sequence of SignalRow
        Those whose codes are known and that are about a single ECG.
    labels : sequence of str
        All codes that can be said.
    store : Store
        What opens the ECGs.
    """

    def __init__(self, rows: Sequence[SignalRow], labels: Sequence[str], store: Store) -> None:
        self.rows = list({row.media: row for row in rows if len(row.media) == 1 and row.codes is not None}.values())
        self._labels, self._store = tuple(labels), store
        store.make(one for row in self.rows for one in row.media)
        n = len(self.rows)
        self.lengths = [1] * n
        self.counts = Counts(len(rows), n, 0, len(rows) - n, 0, n * len(self._labels), 0)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        row = self.rows[index]
        return {
            "traces": self._store.get(row.media[0]),
            "labels": [float(one in (row.codes or ())) for one in self._labels],
        }

    @property
    def prior(self) -> list[str]:
        """The codes that are true of most ECGs: what can be said without having seen one."""
        counts = Counter(code for row in self.rows for code in row.codes or ())
        return [one for one in self._labels if counts[one] * 2 > len(self.rows)]

    @property
    def digest(self) -> str:
        """A hash of which codes are said of which ECG."""
        digest = hashlib.sha256(" ".join(self._labels).encode())
        for row in self.rows:
            digest.update(f"{row.media[0].path} {' '.join(row.codes or ())}\n".encode())
        return digest.hexdigest()


def collate_labelled(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Put ECGs and their labels into one batch."""
    labels: Tensor = torch.tensor([row["labels"] for row in rows])
    return {"labels": labels, "records": stacked([row["traces"] for row in rows])}
