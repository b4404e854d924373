"""The documents of a domain: what items stem from, and what retrieval searches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from pydantic import Field

from ecg_bench.cards import NAME, Card
from ecg_bench.errors import UserError
from ecg_bench.files import parse_yaml, read_text, sha256_of


class Source(Card):
    """A work that a document or an item agrees with."""

    title: str
    year: int | None = Field(None, ge=1800, le=2100)
    authors: str = ""
    publisher: str = ""
    url: str = ""


class FrontMatter(Card):
    """The YAML at the head of a document."""

    id: str = Field(pattern=NAME)
    title: str
    topics: list[str] = Field(min_length=1)
    core: bool = Field(False, description="among the documents that matter most clinically")
    date: date
    sources: list[Source] = Field(min_length=1)


@dataclass(frozen=True)
class Passage:
    """One section of a document; `id` is ``document#slug-of-its-heading``, `line` is that of the heading."""

    id: str
    heading: str
    text: str
    line: int
    last_line: int


@dataclass(frozen=True)
class Document:
    """A Markdown document: its front matter and its sections."""

    path: Path
    card: FrontMatter
    passages: tuple[Passage, ...]

    @property
    def words(self) -> int:
        """The number of words in its sections."""
        return sum(len(passage.text.split()) for passage in self.passages)


def slug(heading: str) -> str:
    """Return a heading in lower case with every run of other characters than a-z and 0-9 as one hyphen."""
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


class Corpus(Sequence[Document]):
    """The documents of a folder, in the order of their file names.

    Parameters
    ----------
    folder : Path
        Holds one ``.md`` file for each document.

    Raises
    ------
    UserError
        If the folder is missing, or a document can't be read.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise UserError("the corpus folder does not exist", path=folder)
        self.folder = folder
        self._documents = tuple(read_document(path) for path in sorted(folder.glob("*.md")))

    def __len__(self) -> int:
        return len(self._documents)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]  # Sequence's own overloads apply
        return self._documents[index]

    def __iter__(self) -> Iterator[Document]:
        return iter(self._documents)

    @cached_property
    def passages(self) -> dict[str, Passage]:
        """Every passage by its id."""
        return {passage.id: passage for document in self for passage in document.passages}

    @cached_property
    def by_id(self) -> dict[str, Document]:
        """Every document by its id."""
        return {document.card.id: document for document in self}

    @cached_property
    def sha256(self) -> str:
        """A hash of all documents."""
        return sha256_of(*(part for d in self for part in (d.path.name, d.path.read_bytes())))


def read_document(path: Path) -> Document:
    """Read one Markdown document with front matter.

    Raises
    ------
    UserError
        If the front matter is missing or wrong, or two sections have the same heading.
    """
    lines = read_text(path).splitlines()
    if not lines or lines[0].strip() != "---" or "---" not in (line.strip() for line in lines[1:]):
        raise UserError("must begin with front matter between two lines of ---", path=path, line=1)
    end = next(number for number, line in enumerate(lines[1:], 1) if line.strip() == "---")
    card = parse_yaml("\n".join(lines[1:end]), FrontMatter, path, first_line=2)
    if card.id != path.stem:
        raise UserError(f"has the id {card.id!r}, but a document is named after its id", path=path, line=2)
    passages: dict[str, Passage] = {}
    starts = [n for n in range(end + 1, len(lines)) if lines[n].startswith("## ")]
    if not starts:
        raise UserError("has no section: begin each with a line '## Heading'", path=path)
    for start, stop in pairwise([*starts, len(lines)]):
        heading = lines[start][3:].strip()
        name = f"{card.id}#{slug(heading)}"
        if name in passages:
            raise UserError(f"has two sections headed {heading!r}", path=path, line=start + 1)
        text = "\n".join(lines[start:stop]).rstrip()
        last = start + 1 + text.count("\n")
        passages[name] = Passage(name, heading, text.partition("\n")[2].strip(), start + 1, last)
    return Document(path, card, tuple(passages.values()))
