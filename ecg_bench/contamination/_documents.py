"""Reading what a system was given: prose, tables and pages, a piece at a time."""

from __future__ import annotations

import html
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ecg_bench.domains import find_domains
from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.files import open_text, read_rows, read_text

PROSE = (".md", ".txt")
TABLES = (".jsonl", ".csv", ".tsv")
PAGES = (".html", ".htm")
SUFFIXES = (*PROSE, *TABLES, *PAGES, ".json")
_PIECE = 1 << 20  # characters of prose that are read at a time


class Documents:
    """The documents in files, in folders and in the corpora of domains.

    A file of prose, a page, a row of a table and an entry of a JSON list are a document each.

    Parameters
    ----------
    sources : sequence of str or path
        Files, folders with all that is in them, or names of domains, which stand for their corpora. A name that is both
        is the domain; ``./name`` is the folder.
    include : sequence of path
        Further packs.

    Attributes
    ----------
    files : tuple of Path
        What is read, each once.
    notices : tuple of str
        What in the folders can't be read.
    count : int
        Documents read so far.

    Raises
    ------
    UserError
        If there is no such source, it can't be read, or nothing in it can.
    """

    def __init__(self, sources: Sequence[str | Path], include: Sequence[str | Path] = ()) -> None:
        domains = find_domains(include)
        found: dict[Path, Path] = {}
        notices = []
        for source in sources:
            if isinstance(source, str) and source in domains:
                corpus = domains[source].corpus
                if corpus is None:
                    raise UserError(f"the domain {source!r} has no corpus: name files or folders")
                files = [document.path for document in corpus]
            else:
                files, others = _files_of(Path(source), domains)
                if others:
                    kinds = ", ".join(sorted(others))
                    notices.append(f"{source}: {others.total()} files were not read, as they are {kinds}")
            found |= {path.resolve(): path for path in files}
        self.files = tuple(found.values())
        self.notices = tuple(notices)
        self.count = 0

    def texts(self) -> Iterator[Iterable[str]]:
        """Yield each text, as pieces that follow one another and end between words.

        Raises
        ------
        UserError
            At the first file, and where it can be told the line, that can't be read.
        """
        self.count = 0
        for path in self.files:
            suffix = path.suffix.lower()
            if suffix in TABLES:
                for _, row in read_rows(path):
                    yield from self._values(row)
            elif suffix == ".json":
                value = _json_of(path)
                for entry in value if isinstance(value, list) else [value]:
                    yield from self._values(entry)
            else:
                self.count += 1
                yield [_without_tags(read_text(path))] if suffix in PAGES else _pieces(path)

    def _values(self, value: Any) -> Iterator[Iterable[str]]:
        """Yield each text in a row of a table, however deep it lies in lists and mappings."""
        self.count += 1
        left = [value]
        while left:
            one = left.pop()
            if isinstance(one, str):
                yield [one]
            elif isinstance(one, dict):
                left += one.values()
            elif isinstance(one, list):
                left += one


def _files_of(path: Path, domains: Iterable[str]) -> tuple[list[Path], Counter[str]]:
    """Return the files of a source that can be read, and how many others there are by suffix."""
    try:
        if path.is_file():
            if path.suffix.lower() not in SUFFIXES:
                raise UserError(f"must end in one of {', '.join(SUFFIXES)}", path=path)
            return [path], Counter()
        if not path.is_dir():
            near = did_you_mean(str(path), domains)
            raise UserError(f"there is no such file or folder, and no such domain{near}", path=path)
        inside = sorted(one for one in path.rglob("*") if one.is_file())
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", path=path) from None
    visible = [one for one in inside if not any(part.startswith(".") for part in one.relative_to(path).parts)]
    files = [one for one in visible if one.suffix.lower() in SUFFIXES]
    if not files:
        raise UserError(f"holds no document: no file in it ends in one of {', '.join(SUFFIXES)}", path=path)
    return files, Counter(one.suffix.lower() or "without a suffix" for one in visible if one not in set(files))


def _pieces(path: Path) -> Iterator[str]:
    with open_text(path) as file:
        try:
            while lines := file.readlines(_PIECE):
                yield "".join(lines)
        except UnicodeDecodeError as error:
            raise UserError(f"is not UTF-8 text (byte {error.start}): save it as UTF-8", path=path) from None


def _json_of(path: Path) -> Any:
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise UserError(f"is not valid JSON: {error.msg}", path=path, line=error.lineno) from None
    except RecursionError:
        raise UserError("is nested too deeply", path=path) from None


def _without_tags(page: str) -> str:
    """Return the text of an HTML page, in one pass, whatever is wrong with it; "<" before a space is no tag."""
    text, *parts = page.split("<")
    kept, inside = [text], ""  # inside: the script or style that is passed over
    for part in parts:
        tag, _, after = part.partition(">")
        name = tag.strip("/").split(maxsplit=1)[0].lower() if tag.strip("/ \t\r\n") else ""
        if inside:
            if tag.startswith("/") and name == inside:
                inside = ""
                kept.append(after)
        elif not tag[:1].isalpha() and tag[:1] not in ("/", "!", "?"):
            kept.append(f"<{part}")
        elif name in ("script", "style"):
            inside = name
        else:
            kept.append(after)
    return html.unescape(" ".join(kept))
