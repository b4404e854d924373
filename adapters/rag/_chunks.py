"""Chunks: what is searched, cited and shown to a model."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from ecg_bench.adapters.rag._documents import Source
from ecg_bench.adapters.rag._split import Splitter
from ecg_bench.errors import UserError
from ecg_bench.files import read_rows


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of one passage.

    Parameters
    ----------
    id : str
        ``passage@number``, counted from 1 in its passage.
    document, passage, title, heading : str
        Where it stands; see `ecg_bench.adapters.rag.Section`.
    first_line, last_line : int
        Of the document's file, 1-based and inclusive.
    length : int
        In the unit of the index.
    text : str
        As in the document.
    """

    id: str
    document: str
    passage: str
    title: str
    heading: str
    first_line: int
    last_line: int
    length: int
    text: str

    @property
    def indexed(self) -> str:
        """What is embedded and searched: the text under its title and heading."""
        return f"{self.title}. {self.heading}.\n{self.text}" if self.heading else f"{self.title}.\n{self.text}"


def chunks_of(documents: Sequence[Source], splitter: Splitter, advance: Callable[[int], None]) -> list[Chunk]:
    """Split documents; no chunk reaches out of its passage.

    Parameters
    ----------
    documents : sequence of Source
        What to split.
    splitter : Splitter
        How.
    advance : callable
        Is told of each document that is done.
    """
    found: list[Chunk] = []
    for document in documents:
        measure = splitter.measure(document.text)
        breaks = [place for place, character in enumerate(document.text) if character == "\n"]
        numbers: Counter[str] = Counter()
        for section in document.sections:
            for start, end in splitter.split(document.text, section.start, section.end, measure):
                numbers[section.passage] += 1
                found.append(
                    Chunk(
                        id=f"{section.passage}@{numbers[section.passage]}",
                        document=section.document,
                        passage=section.passage,
                        title=section.title,
                        heading=section.heading,
                        first_line=bisect_right(breaks, start - 1) + 1,
                        last_line=bisect_right(breaks, end - 1) + 1,
                        length=measure(start, end),
                        text=document.text[start:end],
                    )
                )
        advance(1)
    return found


def write_chunks(file: TextIO, chunks: Sequence[Chunk]) -> None:
    """Write chunks, one JSON object a line."""
    file.writelines(json.dumps(asdict(chunk), ensure_ascii=False) + "\n" for chunk in chunks)


def read_chunks(path: Path) -> list[Chunk]:
    """Read what `write_chunks` wrote.

    Raises
    ------
    UserError
        If a line is no chunk.
    """
    chunks = []
    for line, row in read_rows(path):
        try:
            chunks.append(Chunk(**row))
        except TypeError:
            raise UserError("is no chunk: build the index again", path=path, line=line) from None
    return chunks
