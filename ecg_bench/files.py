"""Reading what people wrote, with the line at fault in every complaint, and writing files whole or not at all."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from ecg_bench.errors import UserError

Model = TypeVar("Model", bound=BaseModel)

TABLE_SUFFIXES = (".jsonl", ".csv", ".tsv")
# libyaml's, where PyYAML has it: the packs are read at every start, and Python takes eight times as long.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PART = ".part"  # ends the name of a file that is being written


def open_text(path: Path) -> TextIO:
    """Open a UTF-8 file for reading, with or without a byte-order mark."""
    try:
        return path.open(encoding="utf-8-sig", newline="")
    except FileNotFoundError:
        raise UserError("no such file", path=path) from None
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", path=path) from None


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file."""
    with open_text(path) as file:
        try:
            return file.read()
        except UnicodeDecodeError as error:
            raise UserError(f"is not UTF-8 text (byte {error.start}): save it as UTF-8", path=path) from None


def read_yaml(path: Path, model: type[Model]) -> Model:
    """Read a YAML mapping into a pydantic model.

    Raises
    ------
    UserError
        If the file is no YAML, no mapping, or doesn't fit the model; with the line at fault.
    """
    return parse_yaml(read_text(path), model, path)


def parse_yaml(text: str, model: type[Model], path: Path, first_line: int = 1) -> Model:
    """Read YAML text, which begins at line `first_line` of `path`, into a pydantic model."""
    try:
        node, data = _load_yaml(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + first_line if error.problem_mark else None
        raise UserError(f"is not valid YAML: {error.problem}", path=path, line=line) from None
    except yaml.YAMLError as error:
        raise UserError(f"is not valid YAML: {error}", path=path) from None
    if not isinstance(data, dict):
        kind = "empty" if data is None else f"a {type(data).__name__}"
        raise UserError(f"must be a YAML mapping of names to values, but is {kind}", path=path, line=first_line)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        place: tuple[int | str, ...] = error.errors()[0]["loc"]
        raise UserError(describe(error), path=path, line=_line_of(node, place) + first_line) from None


def find_line(path: Path, place: tuple[int | str, ...]) -> int:
    """Return the 1-based line of the deepest name on the way to `place` in a YAML file."""
    return _line_of(_load_yaml(read_text(path))[0], place) + 1


def _load_yaml(text: str) -> tuple[yaml.Node | None, Any]:
    """Return the nodes of a YAML text, which know their lines, and its value."""
    with suppress(yaml.YAMLError):  # Python's own reader says better what is wrong, and where
        return _load_yaml_by(_LOADER, text)
    return _load_yaml_by(yaml.SafeLoader, text)


def _load_yaml_by(kind: type, text: str) -> tuple[yaml.Node | None, Any]:
    loader: Any = kind(text)
    try:
        node = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def _line_of(node: yaml.Node | None, place: tuple[int | str, ...]) -> int:
    """Return the 0-based line of the deepest YAML node on the way to `place`."""
    line = 0 if node is None else node.start_mark.line
    for step in place:
        child: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(step):
                    line, child = key.start_mark.line, value
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            child = node.value[step]
            line = child.start_mark.line
        if child is None:
            break
        node = child
    return int(line)


def describe(error: ValidationError) -> str:
    """Say the first problem of a pydantic error in words."""
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "missing":
        return f"the field {field!r} is missing"
    if first["type"] == "extra_forbidden":
        return f"unknown field {field!r}"
    message = message[:1].lower() + message[1:]
    return f"field {field!r}: {message}" if field else message


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line number and mapping for each row of a JSONL, CSV or TSV file, one at a time.

    Blank lines are passed over. In CSV files the separator (comma, semicolon or tab) is taken from the header.

    Raises
    ------
    UserError
        At the first line that can't be read.
    """
    suffix = path.suffix.lower()
    if suffix not in TABLE_SUFFIXES:
        raise UserError(f"must end in one of {', '.join(TABLE_SUFFIXES)}", path=path)
    with open_text(path) as file:
        try:
            yield from _json_rows(path, file) if suffix == ".jsonl" else _csv_rows(path, file)
        except UnicodeDecodeError as error:
            raise UserError(f"is not UTF-8 text (byte {error.start}): save it as UTF-8", path=path) from None


def _json_rows(path: Path, file: TextIO) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(file, 1):
        if line.isspace():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise UserError(f"is not valid JSON: {error.msg} at column {error.colno}", path=path, line=number) from None
        except RecursionError:
            raise UserError("is nested too deeply", path=path, line=number) from None
        if not isinstance(row, dict):
            raise UserError(f"must be a JSON object, but is a {type(row).__name__}", path=path, line=number)
        yield number, row


def _csv_rows(path: Path, file: TextIO) -> Iterator[tuple[int, dict[str, Any]]]:
    header = file.readline()
    separator = "\t" if path.suffix.lower() == ".tsv" else max(",;\t", key=header.count)
    file.seek(0)
    reader = csv.reader(file, delimiter=separator, strict=True)
    try:
        names = [name.strip() for name in next(reader, [])]
        if len(set(names)) != len(names):
            twice = next(n for n in names if names.count(n) > 1)
            raise UserError(f"the column {twice!r} appears twice", path=path, line=1)
        start = reader.line_num + 1
        for cells in reader:
            if any(cells):
                if len(cells) != len(names):
                    raise UserError(f"has {len(cells)} cells where the header has {len(names)}", path=path, line=start)
                yield start, dict(zip(names, cells, strict=True))
            start = reader.line_num + 1
    except csv.Error as error:
        raise UserError(f"is not valid CSV: {error}", path=path, line=reader.line_num) from None


def sha256_of(*parts: str | bytes) -> str:
    """Return the SHA-256 of some texts, in hexadecimal."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def sha256_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def writing(path: Path) -> Iterator[TextIO]:
    """Open a UTF-8 file for writing so that whoever looks sees the old one or the new one, never a part.

    Raises
    ------
    UserError
        If it can't be written; the old file is as it was then.
    """
    part = path.with_name(f".{path.name}{PART}")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            yield file
        os.replace(part, path)
    except BaseException as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise UserError(f"cannot be written: {error.strerror}", path=path) from None
        raise


def write_whole(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    with writing(path) as file:
        file.write(text)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a binary file, whole or not at all.

    Raises
    ------
    UserError
        If it can't be written; the old file is as it was then.
    """
    part = path.with_name(f".{path.name}{PART}")
    try:
        part.write_bytes(data)
        os.replace(part, path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise UserError(f"cannot be written: {error.strerror}", path=path) from None


def make_folder(path: str | Path) -> Path:
    """Return a folder, which is made if need be.

    Raises
    ------
    UserError
        If it can't be made.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot be written: {error.strerror}", path=folder) from None
    return folder


def to_json(value: Mapping[str, Any]) -> str:
    """Return indented JSON that ends in a newline; the form of every JSON file that a run leaves."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
