"""Conversations about ECGs: one line of JSON each, as finetuning takes them, with the ECGs that they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ecg_bench.adapters.finetune._rows import Row, Rows, Turn, read_row, read_training_rows
from ecg_bench.errors import UserError
from ecg_bench.evaluation._presenting import NO_ECG
from ecg_bench.files import sha256_of
from ecg_bench.samples import Media
from ecg_bench.task_types.base import media_of


@dataclass(frozen=True)
class SignalRow(Row):
    """A conversation about ECGs.

    Attributes
    ----------
    media : tuple of Media
        The ECGs; none for a conversation without.
    codes : tuple of str or None
        The SCP codes that are true of the ECG, for the classifier; None where they aren't known.
    """

    media: tuple[Media, ...] = ()
    codes: tuple[str, ...] | None = None


def row_of(
    messages: Sequence[tuple[str, str]],
    media: Sequence[Media],
    *,
    id: str,  # noqa: A002
    group: str,
    task: str,
    codes: Sequence[str] | None,
    source: Path,
    line: int,
) -> SignalRow:
    """Return a conversation of (role, text) pairs."""
    turns = tuple(Turn(role=role, content=content) for role, content in messages)  # type: ignore[arg-type]
    own = None if codes is None else tuple(codes)
    return SignalRow(id, group, task, group.partition("#")[0], turns, source, line, tuple(media), own)


def read_signal_rows(source: Path) -> Rows:
    """Read conversations with ``"media": [{"kind": "ecg", "path": …}]`` and, if known, ``"codes": [SCP codes]``.

    Raises
    ------
    UserError
        If there are none, or a line is wrong, with its file and number.
    """
    return read_training_rows(source, _signal_row)


def _signal_row(path: Path, line: int, values: dict[str, Any]) -> SignalRow:
    row = read_row(path, line, values)
    try:
        media = tuple(replace(one, root=str(path.parent)) for one in media_of(values))
    except ValueError as error:
        raise UserError(str(error), path=path, line=line) from None
    if other := next((one for one in media if one.kind != "ecg"), None):
        raise UserError(f"{other.path} is an {other.kind}: signal adapters are shown ECGs only", path=path, line=line)
    codes = values.get("codes")
    if codes is not None and not (isinstance(codes, list) and all(isinstance(one, str) for one in codes)):
        raise UserError('"codes" must be a list of SCP codes', path=path, line=line)
    return SignalRow(**vars(row), media=media, codes=None if codes is None else tuple(codes))


def without_signal(rows: Sequence[SignalRow], share: float, seed: int) -> list[SignalRow]:
    """Take the ECGs away from a random share of conversations, with the note that a run with --no-signal has."""
    drawn = np.random.default_rng([seed, 27]).random(len(rows))
    return [_blind(row) if row.media and number < share else row for row, number in zip(rows, drawn, strict=True)]


def _blind(row: SignalRow) -> SignalRow:
    last = max(n for n, turn in enumerate(row.turns) if turn.role == "user")
    turns = list(row.turns)
    turns[last] = turns[last].model_copy(update={"content": f"{NO_ECG}\n\n{turns[last].content}"})
    return replace(row, turns=tuple(turns), media=())


def made_rows(name: str, train: Sequence[SignalRow], selection: Sequence[SignalRow]) -> Rows:
    """Return rows that stand in no file, under a hash of all that is in them."""
    parts = {"train": train, "selection": selection}
    files = tuple((part, digest_of(rows), len(rows)) for part, rows in parts.items())
    return Rows(Path(name), tuple(train), tuple(selection), files)


def digest_of(rows: Sequence[SignalRow]) -> str:
    """Return a hash of conversations and the names of their ECGs."""
    return sha256_of(
        *(part for row in rows for turn in row.turns for part in (turn.role, turn.content)),
        *(f"{one.path} {one.disturbance} {one.seed}" for row in rows for one in row.media),
        *(" ".join(row.codes or ()) for row in rows),
    )
