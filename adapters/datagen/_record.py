"""``datagen.json``: how a pack was made, with every number; and whether it may be gone on with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from ecg_bench.errors import UserError
from ecg_bench.files import PART, describe, to_json, write_whole
from ecg_bench.redaction import redact
from ecg_bench.runs import SystemRecord, TotalsRecord

RECORD = "datagen.json"
SCHEMA_VERSION: Literal["1.0"] = "1.0"
_SHOWN = 5  # differences in a refusal


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RemovedRecord(_Record):
    """A part that was taken out of a document: 1-based lines of ``converted/ID.md``."""

    kind: str
    heading: str
    first_line: int
    last_line: int


class DocumentRecord(_Record):
    """A document: the file given, and what became of it."""

    id: str
    file: str
    converter: str
    title: str
    removed: list[RemovedRecord]


class SkippedRecord(_Record):
    """A file that is in no pack, and why."""

    file: str
    reason: str


class SplitRecord(_Record):
    """What a split holds."""

    documents: int
    passages: int
    chunks: int
    words: int
    mcq: int
    open: int


class KindRecord(_Record):
    """What became of the items of a kind."""

    per_chunk: int
    prompt_version: int
    prompt_sha256: str
    replies: dict[str, int]  # by outcome
    items: int  # in replies that could be read
    kept: int
    dropped: dict[str, int]  # by reason


class ChunksRecord(_Record):
    """How documents were cut."""

    size: int
    unit: str
    used: int
    too_short: int  # chunks
    copies: int  # passages that are nearly the same as another
    over_size: int
    passages: int
    clusters: int


class DatagenRecord(_Record):
    """The whole file."""

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    ecg_bench: str
    status: Literal["writing", "complete"]
    settings: dict[str, Any]
    model: str
    model_args: dict[str, Any]
    system: SystemRecord | None = None
    versions: dict[str, Any]
    inputs: dict[str, str]  # the SHA-256 of each file given
    documents: list[DocumentRecord] = []
    skipped: list[SkippedRecord] = []
    passed_over: list[str] = []
    corpus_sha256: str = ""
    chunks: ChunksRecord | None = None
    splits: dict[str, SplitRecord] = {}
    kinds: dict[str, KindRecord] = {}
    totals: TotalsRecord | None = None
    files: dict[str, str] = {}
    notices: list[str] = []
    problems: list[str] = []

    @property
    def errors(self) -> int:
        """How many requests ended in an error; the same call asks them again."""
        return sum(one.replies.get("error", 0) for one in self.kinds.values())

    def identity(self) -> dict[str, Any]:
        """Return what must be equal for a pack to be gone on with, by a name for each part."""
        whole = self.model_dump(mode="json")
        parts = {name: whole[name] for name in ("ecg_bench", "model", "model_args", "settings", "versions")}
        return _flat(parts) | {f"the document {file!r}": sha256 for file, sha256 in self.inputs.items()}


def read_record(folder: Path) -> DatagenRecord | None:
    """Return the record of a pack that is made or under way; None where the folder is empty or not there.

    Raises
    ------
    UserError
        If the folder holds something else, or the record is damaged.
    """
    path = folder / RECORD
    if not path.is_file():
        # A kill in the middle of the first write leaves a part of the record and nothing else.
        if folder.exists() and not (folder.is_dir() and all(one.name.endswith(PART) for one in folder.iterdir())):
            raise UserError(f"is not empty and holds no {RECORD}: give another --out", path=folder)
        return None
    try:
        return DatagenRecord.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise UserError(f"does not fit this version: {describe(error)}; give another --out", path=path) from None


def write_record(folder: Path, record: DatagenRecord) -> None:
    """Write ``datagen.json``."""
    write_whole(folder / RECORD, redact(to_json(record.model_dump(mode="json"))))


def refuse_difference(folder: Path, before: DatagenRecord, now: Mapping[str, Any]) -> None:
    """Raise if what is asked for now is not what the pack in a folder was made from.

    Raises
    ------
    UserError
        With the first differences.
    """
    old = before.identity()
    found = [_difference(name, old, now) for name in [*old, *(name for name in now if name not in old)]]
    differences = [one for one in found if one]
    if differences:
        more = f"; and {len(differences) - _SHOWN} more" if len(differences) > _SHOWN else ""
        raise UserError(
            f"holds another pack ({'; '.join(differences[:_SHOWN])}{more}): give another --out, or the same settings "
            "to go on",
            path=folder,
        )


def _difference(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    if old.get(name) == new.get(name):
        return ""
    if name.startswith("the document"):
        return f"{name} {'is new' if name not in old else 'is not given' if name not in new else 'has changed'}"
    return f"{name} is {json.dumps(old.get(name))} there and {json.dumps(new.get(name))} here"


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    if not isinstance(value, dict) or not value:
        return {name: value}
    return {k: v for key, part in value.items() for k, v in _flat(part, f"{name}.{key}" if name else key).items()}
