"""Chunks: runs of whole lines of a stored document, so that where a chunk stands is exact at whatever size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ecg_bench.adapters.datagen._cleaning import headings
from ecg_bench.domains import Corpus, Document
from ecg_bench.errors import UserError
from ecg_bench.files import read_text

Measure = Callable[[str], int]
CHARACTERS = "characters"
SHORTEST = 120  # characters; of less, nothing can be asked that stands by itself


@dataclass(frozen=True)
class Lines:
    """A run of lines of a document.

    Attributes
    ----------
    first_line, last_line : int
        1-based, both included.
    text : str
        These lines, joined by line feeds.
    """

    first_line: int
    last_line: int
    text: str


@dataclass(frozen=True)
class Chunk:
    """What a model is shown at a time: a passage of the corpus, or a part of one.

    Attributes
    ----------
    id : str
        Unique among the chunks.
    document, passage : str
        Ids in the corpus; questions have the passage as their group.
    title, section : str
        Of the document; the headings under which the chunk stands.
    topic : str
        The document's first.
    lines : Lines
        Where it stands in the file of the document.
    size : int
        In the unit of the chunk size.
    """

    id: str
    document: str
    passage: str
    title: str
    section: str
    topic: str
    lines: Lines
    size: int

    @property
    def text(self) -> str:
        """The chunk's text."""
        return self.lines.text

    @property
    def is_short(self) -> bool:
        """Whether it is too short for a question."""
        return len(self.text) < SHORTEST


def take(document: Sequence[str], first_line: int, last_line: int) -> Lines:
    """Return lines of a document, without blank ones at either end."""
    while first_line < last_line and not document[first_line - 1].strip():
        first_line += 1
    while last_line > first_line and not document[last_line - 1].strip():
        last_line -= 1
    return Lines(first_line, last_line, "\n".join(document[first_line - 1 : last_line]))


def split(document: Sequence[str], whole: Lines, size: int, measure: Measure = len) -> list[Lines]:
    """Split a run of lines so that each part is at most `size` long, where lines allow it.

    The run is cut at its highest headings, then at lower ones, then between paragraphs, then between lines; neighbours
    that fit together stay together. A single line is never cut. Parts that are split again give lines of the same
    document.

    Parameters
    ----------
    document : sequence of str
        All lines of the file.
    whole : Lines
        What to split.
    size : int
        The longest that a part should be, as `measure` counts.
    measure : callable
        Returns the size of a text; its characters by default.
    """
    if not whole.text.strip():
        return []
    if whole.first_line == whole.last_line or measure(whole.text) <= size:
        return [whole]
    parts: list[Lines] = []
    for start, stop in _pieces(document, whole):
        joined = take(document, parts[-1].first_line, stop) if parts else None
        if joined is not None and measure(joined.text) <= size:
            parts[-1] = joined
            continue
        piece = take(document, start, stop)
        parts += split(document, piece, size, measure)
    return parts


def _pieces(document: Sequence[str], whole: Lines) -> list[tuple[int, int]]:
    """Return first and last line of the pieces at the highest boundary there is inside a run of several lines."""
    first, last = whole.first_line, whole.last_line
    inside = [(level, first + n) for n, level, _ in headings(document[first - 1 : last])]
    levels = sorted({level for level, line in inside if line > first})
    starts: list[int] = []
    if levels:
        starts = [line for level, line in inside if level == levels[0] and line > first]
    else:
        starts = [
            line for line in range(first + 1, last + 1) if document[line - 1].strip() and not document[line - 2].strip()
        ]
    starts = starts or list(range(first + 1, last + 1))
    return [*zip([first, *starts], [start - 1 for start in [*starts, last + 1]], strict=True)]


def chunks_of(corpus: Corpus, size: int, measure: Measure) -> Iterator[Chunk]:
    """Yield the chunks of all documents in order."""
    for document in corpus:
        lines = read_text(document.path).split("\n")
        for passage, first, last in _places(document, len(lines)):
            whole = take(lines, first, last)
            for part in split(lines, whole, size, measure):
                yield Chunk(
                    id=f"{document.card.id}-l{part.first_line:04d}",
                    document=document.card.id,
                    passage=passage,
                    title=document.card.title,
                    section=_section(lines, first, part.first_line),
                    topic=document.card.topics[0],
                    lines=part,
                    size=measure(part.text),
                )


def _places(document: Document, n: int) -> Iterator[tuple[str, int, int]]:
    """Yield each passage with its first and last line."""
    starts = [passage.line for passage in document.passages]
    for passage, stop in zip(document.passages, [*starts[1:], n + 1], strict=True):
        yield passage.id, passage.line, stop - 1


def _section(lines: Sequence[str], first: int, at: int) -> str:
    """Return the headings under which a line stands, from the passage's own on."""
    path: list[tuple[int, str]] = []
    for _, level, name in headings(lines[first - 1 : at]):
        path = [*(one for one in path if one[0] < level), (level, name)]
    return " > ".join(name for _, name in path)


def measure_by(unit: str) -> Measure:
    """Return what measures texts: ``characters``, or the path or id of a tokenizer, whose tokens then count.

    Raises
    ------
    UserError
        If the tokenizer can't be loaded.
    """
    if unit == CHARACTERS:
        return len
    try:
        from transformers import AutoTokenizer
    except ImportError:
        raise UserError("counting tokens needs transformers: install it with pip install 'ecg-bench[hf]'") from None
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(unit)
    except (OSError, ValueError) as error:
        raise UserError(
            f"--chunk-unit {unit}: no tokenizer can be loaded from there ({str(error).split(chr(10))[0]}); "
            f"give {CHARACTERS}, or a path or id of one"
        ) from None

    def count(text: str) -> int:
        return len(tokenizer(text, add_special_tokens=False)["input_ids"])

    return count
