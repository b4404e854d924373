"""Where samples come from: read one at a time, so that a data set may be larger than memory."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ecg_bench.errors import UserError
from ecg_bench.files import read_rows, sha256_of, sha256_of_file
from ecg_bench.samples import Sample

RowReader = Callable[[Mapping[str, Any], int], Sample]


@dataclass(frozen=True)
class Scan:
    """What one pass over a data set found: how many samples, their columns, a hash, and the kinds of their media."""

    n: int
    columns: frozenset[str]
    sha256: str
    media: frozenset[str] = frozenset()


class Dataset(Protocol):
    """Samples in a fixed order, which may be passed over again and again."""

    @property
    def origin(self) -> str:
        """Where the samples come from, for messages and records."""
        ...

    def scan(self) -> Scan:
        """Read everything once and check it.

        Raises
        ------
        UserError
            At the first sample that is wrong.
        """
        ...

    def __iter__(self) -> Iterator[Sample]: ...


class FileDataset:
    """Samples in a JSONL, CSV or TSV file.

    Parameters
    ----------
    path : Path
        The file.
    read : callable
        Makes a sample from a row and its 0-based number; raises `UserError` or `ValueError` with what is wrong.
    fields : mapping
        Our name of a field to the column, or the columns, of the file that hold it.
    """

    def __init__(self, path: Path, read: RowReader, fields: Mapping[str, str | list[str]]) -> None:
        self.path = path
        self._read = read
        self._fields = dict(fields)

    @property
    def origin(self) -> str:
        return self.path.name

    def numbered(self) -> Iterator[tuple[int, Sample]]:
        """Yield each sample with its line in the file."""
        for index, (line, row) in enumerate(read_rows(self.path)):
            try:
                sample = self._read(_renamed(row, self._fields), index)
            except (UserError, ValueError) as error:
                raise UserError(str(error), path=self.path, line=line) from None
            if sample.media:
                media = tuple(replace(one, root=str(self.path.parent)) for one in sample.media)
                sample = replace(sample, media=media)
            yield line, sample

    def __iter__(self) -> Iterator[Sample]:
        return (sample for _, sample in self.numbered())

    def scan(self) -> Scan:
        hashes = array("q")  # eight bytes for each sample, however long its id
        columns: frozenset[str] | None = None
        kinds: set[str] = set()
        for sample in self:
            kinds.update(one.kind for one in sample.media)
            hashes.append(hash(sample.id))
            columns = columns & sample.fields.keys() if columns is not None else frozenset(sample.fields)
        if columns is None:
            raise UserError("holds no sample", path=self.path)
        values = np.frombuffer(hashes, dtype=np.int64)
        values.sort()  # in place: a copy would be the largest thing in memory
        twins = values[:-1][values[1:] == values[:-1]]
        if len(twins):
            self._refuse_twins(set(twins.tolist()))
        return Scan(len(hashes), columns, sha256_of_file(self.path), frozenset(kinds))

    def _refuse_twins(self, hashes: set[int]) -> None:
        """Raise if two samples have the same id; the ids with these hashes are the ones that may."""
        seen: dict[str, int] = {}
        for line, sample in self.numbered():
            if sample.id in seen:
                message = f"the id {sample.id!r} stands on line {seen[sample.id]} already: ids must be unique"
                raise UserError(message, path=self.path, line=line)
            if hash(sample.id) in hashes:
                seen[sample.id] = line


def _renamed(row: dict[str, Any], fields: Mapping[str, str | list[str]]) -> dict[str, Any]:
    if not fields:
        return row
    out = dict(row)
    for ours, theirs in fields.items():
        for column in [theirs] if isinstance(theirs, str) else theirs:
            if column not in row:
                raise ValueError(f"has no column {column!r}, which the task names as its {ours}")
        out[ours] = row[theirs] if isinstance(theirs, str) else [row[column] for column in theirs]
    return out


class ListDataset:
    """Samples held in memory, such as those of an ad-hoc task."""

    def __init__(self, samples: Sequence[Sample], origin: str) -> None:
        self._samples = tuple(samples)
        self._origin = origin

    @property
    def origin(self) -> str:
        return self._origin

    def __iter__(self) -> Iterator[Sample]:
        return iter(self._samples)

    def scan(self) -> Scan:
        if not self._samples:
            raise UserError(f"{self._origin} holds no sample")
        columns = frozenset.intersection(*(frozenset(sample.fields) for sample in self._samples))
        sha256 = sha256_of(*(f"{s.id}\n{s.question}" for s in self._samples))
        return Scan(len(self._samples), columns, sha256, kinds_of(self._samples))


class MadeDataset:
    """Samples that a function makes when they are first asked for, and that are kept then.

    Parameters
    ----------
    make : callable
        Returns the samples, always the same ones.
    origin : str
        Where they come from, for messages and records; no path of this machine.
    """

    def __init__(self, make: Callable[[], Sequence[Sample]], origin: str) -> None:
        self._make = make
        self._origin = origin

    @property
    def origin(self) -> str:
        return self._origin

    @cached_property
    def samples(self) -> tuple[Sample, ...]:
        """All of them."""
        return tuple(self._make())

    def __iter__(self) -> Iterator[Sample]:
        return iter(self.samples)

    def scan(self) -> Scan:
        samples = self.samples
        if not samples:
            raise UserError(f"{self._origin} holds no sample")
        seen: set[str] = set()
        for number, sample in enumerate(samples):
            if sample.id in seen:
                raise UserError(f"{self._origin}: the id {sample.id!r} stands twice: ids must be unique")
            if sample.index != number:
                raise UserError(f"{self._origin}: the sample {sample.id!r} has the place {sample.index}, not {number}")
            seen.add(sample.id)
        columns = frozenset.intersection(*(frozenset(sample.fields) for sample in samples))
        return Scan(len(samples), columns, sha256_of(*map(_digestible, samples)), kinds_of(samples))


def kinds_of(samples: Iterable[Sample]) -> frozenset[str]:
    """Return the kinds of media that go with some samples."""
    return frozenset(media.kind for sample in samples for media in sample.media)


def _digestible(sample: Sample) -> str:
    """Return everything about a sample but where its media lie on this machine, as text."""
    media = [(one.kind, one.path) for one in sample.media]
    parts = [sample.id, sample.question, sample.group, sample.options, sample.key, sample.reference, media]
    return json.dumps([*parts, dict(sample.fields)], sort_keys=True, default=str)
