"""Reading conversations: a pack's training rows, a folder of JSONL files, or one file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ecg_bench.errors import UserError
from ecg_bench.files import describe, read_rows, sha256_of, sha256_of_file

TRAIN = "train"  # the folder of a pack in which they lie
SELECTION = "selection.jsonl"


class Turn(BaseModel):
    """A message of a conversation."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    role: Literal["system", "user", "assistant"]
    content: str = Field(min_length=1)


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    messages: list[Turn] = Field(min_length=2)
    id: str = Field("", strict=True)
    group: str = Field("", strict=True)
    task: str = Field("", strict=True)
    document: str | None = Field(None, strict=True)

    @model_validator(mode="after")
    def _is_answered(self) -> _Line:
        roles = [turn.role for turn in self.messages]
        if roles[-1] != "assistant":
            raise ValueError(f"the last message must be the assistant's, but is of the role {roles[-1]}")
        if "user" not in roles or roles.index("user") > roles.index("assistant"):
            raise ValueError("an answer of the assistant needs a question of the user before it")
        blank = next((n for n, turn in enumerate(self.messages, 1) if not turn.content.strip()), 0)
        if blank:
            raise ValueError(f"message {blank} is blank")
        return self


@dataclass(frozen=True)
class Row:
    """A conversation to learn from, with where it was read.

    Attributes
    ----------
    id, group, task, document : str
        As in its line; the group is the passage that it stems from. What isn't known is empty, but for the document,
        which then is the group up to its ``#``.
    turns : tuple of Turn
        The last one is the assistant's.
    path, line
        Its file and 1-based line.
    """

    id: str
    group: str
    task: str
    document: str
    turns: tuple[Turn, ...]
    path: Path
    line: int

    @property
    def messages(self) -> list[dict[str, str]]:
        """The turns as chat templates take them."""
        return [{"role": turn.role, "content": turn.content} for turn in self.turns]


@dataclass(frozen=True)
class Rows:
    """What is learned from, and what the selection is made on.

    Attributes
    ----------
    path : Path
        As given.
    train, selection : tuple of Row
        The latter may be empty.
    files : tuple of (name, sha256, rows)
        What was read.
    """

    path: Path
    train: tuple[Row, ...]
    selection: tuple[Row, ...]
    files: tuple[tuple[str, str, int], ...]

    @property
    def digest(self) -> str:
        """A hash of the names and contents of all files."""
        return sha256_of(*(part for name, digest, _ in self.files for part in (name, digest)))

    def overlap(self) -> dict[str, int]:
        """Return how many selection rows are training rows too, by what they share."""
        questions = {_question(row) for row in self.train}
        groups = {row.group for row in self.train} - {""}
        return {
            "same_question": sum(_question(row) in questions for row in self.selection),
            "same_group": sum(row.group in groups for row in self.selection),
        }

    def documents(self) -> list[str]:
        """Return the documents that the training rows stem from."""
        return sorted({row.document for row in self.train} - {""})


def read_training_rows(source: str | Path, reader: Callable[[Path, int, dict[str, Any]], Row] | None = None) -> Rows:
    """Read conversations, ``{"messages": [{"role", "content"}, …], "id", "group", "task"}`` a line.

    Parameters
    ----------
    source : str or path
        A pack whose folder ``train`` holds JSONL files, such a folder, or one file. ``selection.jsonl`` beside the
        others is the selection split.
    reader : callable, optional
        Makes a conversation of a file, a line's number and its values, where there is more in it than messages.

    Raises
    ------
    UserError
        If there are none, or a line is wrong, with its file and number.
    """
    path = Path(source).expanduser()
    reader = reader or read_row
    files = _files_of(path)
    found: dict[str, list[Row]] = {"train": [], "selection": []}
    counts = []
    seen: dict[tuple[str, str], Row] = {}
    for file in files:
        rows = [reader(file, line, values) for line, values in read_rows(file)]
        for row in rows:
            first = seen.setdefault((row.task, row.id), row)
            if row.id and first is not row:
                where = f"{first.path.name}:{first.line}"
                raise UserError(f"the id {row.id!r} stands in {where} already", path=row.path, line=row.line)
        found["selection" if file.name == SELECTION and len(files) > 1 else "train"] += rows
        counts.append((file.name, sha256_of_file(file), len(rows)))
    if not found["train"]:
        raise UserError("holds no row to learn from", path=path)
    return Rows(path, tuple(found["train"]), tuple(found["selection"]), tuple(counts))


def _files_of(path: Path) -> Sequence[Path]:
    if path.is_file():
        if path.suffix.lower() != ".jsonl":
            raise UserError("training rows are read from .jsonl files", path=path)
        return [path]
    if not path.is_dir():
        raise UserError("there is no such file or folder", path=path)
    folder = path / TRAIN
    if not folder.is_dir():
        if (path / "domain.yaml").exists():
            raise UserError(
                f"is a pack without a folder {TRAIN}: its tasks are for evaluation and are not trained on; "
                "'ecg-bench datagen' makes packs with training rows",
                path=path,
            )
        folder = path
    files = sorted(one for one in folder.glob("*.jsonl") if not one.name.startswith("."))
    if not [one for one in files if one.name != SELECTION]:
        raise UserError(f"holds no .jsonl file of training rows beside {SELECTION}", path=folder)
    return files


def read_row(path: Path, line: int, values: dict[str, Any]) -> Row:
    """Make a conversation of a line.

    Raises
    ------
    UserError
        If something is wrong with it.
    """
    try:
        found = _Line.model_validate(values)
    except ValidationError as error:
        raise UserError(describe(error), path=path, line=line) from None
    document = found.document if found.document is not None else found.group.partition("#")[0]
    return Row(found.id, found.group, found.task, document, tuple(found.messages), path, line)


def _question(row: Row) -> tuple[str, ...]:
    return tuple(" ".join(turn.content.split()).casefold() for turn in row.turns[:-1])
