"""The journal beside a table of ratings: every key press, on the disk before the page is told that it is saved."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ecg_bench.errors import UserError

VERSION = "1"
SUFFIX = ".journal"  # after the name of the table
_MADE = "ecg-bench ratings"
_BEGIN = json.dumps({"journal": _MADE})[:-1].encode()


class Journal:
    """A file of JSON lines that only grows; the first says what is rated and how.

    Parameters
    ----------
    path : Path
        The file; it is made by `begin`.

    Attributes
    ----------
    head : dict or None
        The first line; None as long as there is no journal.
    events : list of dict
        The other lines that an earlier process left.

    Raises
    ------
    UserError
        If the file is none of ours, or was changed by hand.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.head: dict[str, Any] | None = None
        self.events: list[dict[str, Any]] = []
        self._file: int | None = None
        self._whole = 0
        self._read()

    def _read(self) -> None:
        """Read what is there; a last line without an end was torn by a kill, and nobody was told that it is saved."""
        try:
            lines = self.path.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return
        except OSError as error:
            raise UserError(f"cannot be read: {error.strerror}", path=self.path) from None
        if lines and not lines[-1].endswith(b"\n"):
            torn = lines.pop()
            if not lines and torn[: len(_BEGIN)] != _BEGIN[: len(torn)]:
                raise UserError("is no journal of ratings: give another --out", path=self.path)
        records = [self._parse(line, number) for number, line in enumerate(lines, 1)]
        self._whole = sum(map(len, lines))
        if not records:
            return
        head = records[0]
        if head.get("journal") != _MADE:
            raise UserError("is no journal of ratings: give another --out", path=self.path, line=1)
        if head.get("version") != VERSION:
            raise UserError(
                f"is a journal of version {head.get('version')!r}, but this ecg-bench writes {VERSION!r}",
                path=self.path,
                line=1,
            )
        self.head, self.events = head, records[1:]

    def _parse(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            record = json.loads(line)
            if isinstance(record, dict):
                return record
        except ValueError:
            pass
        raise UserError(
            "is no line of a journal of ratings: the file was changed by hand; mend or delete the line",
            path=self.path,
            line=number,
        )

    def open(self, head: Mapping[str, Any]) -> None:
        """Open it for writing, and write the first line if there is none yet."""
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
            os.ftruncate(self._file, self._whole)
        except OSError as error:
            raise UserError(f"cannot be written: {error.strerror}", path=self.path) from None
        if self.head is None:
            self.head = {"journal": _MADE, "version": VERSION, **head}
            self.append([self.head])
            _sync_folder(self.path.parent)

    def append(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Add lines, all or none, and return when they are on the disk.

        Raises
        ------
        UserError
            If the disk is full or fails.
        """
        if self._file is None:
            raise RuntimeError("the journal is not open")
        lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        data = memoryview(lines.encode())
        written = 0
        try:
            os.lseek(self._file, self._whole, os.SEEK_SET)
            while written < len(data):
                written += os.write(self._file, data[written:])
            os.fsync(self._file)
        except OSError as error:
            with suppress(OSError):  # the next try begins at the same place anyway
                os.ftruncate(self._file, self._whole)
            raise UserError(f"cannot be written: {error.strerror}: make room", path=self.path) from None
        self._whole += len(data)

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _sync_folder(folder: Path) -> None:
    """Make sure that a new file's name is on the disk too; Windows has no such thing."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
