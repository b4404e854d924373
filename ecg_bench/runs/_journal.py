"""``samples.jsonl`` while it grows: append-only, and whole again after a kill at any moment."""

from __future__ import annotations

import json
import os
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from ecg_bench.errors import UserError
from ecg_bench.files import writing
from ecg_bench.redaction import redact_bytes
from ecg_bench.samples import Outcome, Request


class Slots:
    """Numbers every request of a run: tasks in order, then samples, then epochs, then permutations.

    Parameters
    ----------
    sizes : mapping of str to (int, int, int)
        Each task's number of samples in its data, of epochs, and of permutations.
    """

    def __init__(self, sizes: Mapping[str, tuple[int, int, int]]) -> None:
        self._tasks: dict[str, tuple[int, int, int, int]] = {}
        self.total = 0
        for task, (samples, epochs, permutations) in sizes.items():
            self._tasks[task] = (self.total, samples, epochs, permutations)
            self.total += samples * epochs * permutations

    def number(self, task: str, index: int, epoch: int, permutation: int) -> int:
        """Return the number of a request.

        Raises
        ------
        KeyError
            If the run has no such request.
        """
        start, samples, epochs, permutations = self._tasks[task]
        if not (0 <= index < samples and 0 <= epoch < epochs and 0 <= permutation < permutations):
            raise KeyError((task, index, epoch, permutation))
        return start + (index * epochs + epoch) * permutations + permutation

    def of(self, record: Mapping[str, Any]) -> int:
        """Return the number of the request that a line of ``samples.jsonl`` answers; `KeyError` as `number`."""
        return self.number(record["task"], record["index"], record["epoch"], record["permutation"])


class Journal:
    """The lines of a run's samples, one for each finished request.

    Parameters
    ----------
    path : Path
        ``samples.jsonl``.
    slots : Slots
        Numbers the run's requests.
    on_kept : callable, optional
        Is told of each finished sample that an earlier process left.
    """

    def __init__(self, path: Path, slots: Slots, on_kept: Callable[[Mapping[str, Any]], None] | None = None) -> None:
        self.path = path
        self._slots = slots
        self._on_kept = on_kept
        self._done = bytearray(slots.total)
        self._file: int | None = None
        self.count = 0

    def __enter__(self) -> Journal:
        self._recover()
        try:
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise UserError(f"cannot be written: {error.strerror}", path=self.path) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def done(self, request: Request) -> bool:
        """Whether the journal holds the answer to a request."""
        return bool(self._done[self._slots.number(request.task, request.index, request.epoch, request.permutation)])

    def append(self, lines: list[bytes]) -> None:
        """Add finished samples, each a line with its newline.

        Raises
        ------
        UserError
            If the disk is full or fails. What was written before stays, and a resume goes on from there.
        """
        if self._file is None:
            raise RuntimeError("the journal is not open")
        data = memoryview(redact_bytes(b"".join(lines)))
        written = 0
        try:
            while written < len(data):  # a full disk may take a part of it before it says so
                written += os.write(self._file, data[written:])
        except OSError as error:
            safe = self.count + bytes(data[:written]).count(b"\n")
            raise UserError(
                f"cannot be written: {error.strerror}; {safe} finished samples are safe: "
                "make room and repeat the command to go on",
                path=self.path,
            ) from None
        self.count += len(lines)

    def _recover(self) -> None:
        """Take up what an earlier process left: cut a torn last line, and drop errors so that they are asked again."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            data_end = 0
            dropped = False
            keep = array("q")
            for number, line in enumerate(iter(file.readline, b""), 1):
                if not line.endswith(b"\n"):
                    break  # torn by a kill
                record = self._parse(line, number)
                if record["outcome"] == Outcome.ERROR:
                    dropped = True
                else:
                    keep.append(data_end)
                    self._mark(record, number)
                data_end += len(line)
        self.count = len(keep)
        if dropped:
            _rewrite(self.path, keep)
        elif data_end != self.path.stat().st_size:
            os.truncate(self.path, data_end)

    def _parse(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            record = json.loads(line)
            record["task"], record["index"], record["epoch"], record["permutation"], record["outcome"]
        except (ValueError, KeyError, TypeError):
            message = "is no sample of a run: the file was changed by hand; mend or delete the line"
            raise UserError(message, path=self.path, line=number) from None
        return record  # type: ignore[no-any-return]

    def _mark(self, record: Mapping[str, Any], number: int) -> None:
        try:
            slot = self._slots.of(record)
        except KeyError:
            raise UserError("belongs to no sample of this run", path=self.path, line=number) from None
        if self._done[slot]:
            raise UserError("answers a sample that an earlier line has answered", path=self.path, line=number)
        self._done[slot] = 1
        if self._on_kept is not None:
            self._on_kept(record)

    def arrange(self) -> None:
        """Put the lines in the order of tasks, samples, epochs and permutations."""
        offsets = array("q", [-1]) * self._slots.total
        position, last, sorted_already = 0, -1, True
        with self.path.open("rb") as file:
            for line in file:
                slot = self._slots.of(json.loads(line))
                sorted_already = sorted_already and slot > last
                offsets[slot], last = position, slot
                position += len(line)
        if not sorted_already:
            _rewrite(self.path, (offset for offset in offsets if offset >= 0))


def _rewrite(path: Path, offsets: Iterable[int]) -> None:
    """Write the lines that begin at some offsets, in that order, in place of the file."""
    with path.open("rb") as source, writing(path) as target:
        for offset in offsets:
            source.seek(offset)
            target.write(source.readline().decode())


def read_samples(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the samples of a finished run, one at a time."""
    with path.open("rb") as file:
        for line in file:
            yield json.loads(line)
