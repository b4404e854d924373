"""Which files are documents, and what they are called in records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ecg_bench.errors import UserError
from ecg_bench.files import sha256_of_file


@dataclass(frozen=True)
class Given:
    """A file to make questions of.

    Attributes
    ----------
    path : Path
        Where it lies.
    file : str
        What it is called in records: its path inside of the folder given, or its name.
    converter : str
        The name of its converter.
    sha256 : str
        Of its bytes.
    """

    path: Path
    file: str
    converter: str
    sha256: str


def find_documents(
    documents: Sequence[str | Path], converters: Mapping[str, str], out: Path
) -> tuple[list[Given], list[str]]:
    """Return the documents among files and folders in the order of their names, and the files of other kinds.

    Hidden files and what lies in `out` are no documents.

    Raises
    ------
    UserError
        If a path doesn't exist, a named file has no converter, there is no document, or two are called the same.
    """
    found: dict[str, Path] = {}
    others: list[str] = []
    for given in map(Path, documents):
        if given.is_dir():
            inside = [(path, path.relative_to(given).as_posix()) for path in sorted(given.rglob("*")) if path.is_file()]
            inside = [(path, file) for path, file in inside if not _is_hidden(file) and not _lies_in(path, out)]
        elif given.is_file():
            inside = [(given, given.name)]
            if given.suffix.lower() not in converters:
                raise UserError(
                    f"no converter is known for {given.suffix or 'files without a suffix'}: give --converter "
                    f"{given.suffix or '.SUFFIX'}=NAME (known suffixes: {', '.join(sorted(converters))})",
                    path=given,
                )
        else:
            raise UserError("no such file or folder", path=given)
        for path, file in inside:
            if path.suffix.lower() not in converters:
                others.append(file)
                continue
            other = found.setdefault(file, path)
            if other.resolve() != path.resolve():
                raise UserError(f"two documents are called {file!r}: rename one, or give the folder above", path=path)
    if not found:
        raise UserError(f"there is no document: none of the files ends in {', '.join(sorted(converters))}")
    return [
        Given(path, file, converters[path.suffix.lower()], _hash(path)) for file, path in sorted(found.items())
    ], others


def _hash(path: Path) -> str:
    try:
        return sha256_of_file(path)
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", path=path) from None


def _is_hidden(file: str) -> bool:
    return any(part.startswith(".") for part in file.split("/"))


def _lies_in(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())
