"""From a converted file to a document of a pack's corpus: its form, its sections and its front matter."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

from ecg_bench.adapters.datagen._cleaning import HEADING, Removed, Rules, clean, headings
from ecg_bench.adapters.datagen.converters import CONVERTERS, Converted
from ecg_bench.domains import slug
from ecg_bench.errors import UserError

TOPIC = "general"  # of documents that name none
LONGEST_LINE = 2_000  # characters; a longer paragraph is broken after a sentence
# What str.splitlines takes for the end of a line, and what else a text file should not hold.
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff]"
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=\S)")


@dataclass(frozen=True)
class Prepared:
    """A document as it goes into the corpus.

    Attributes
    ----------
    id : str
        Of the document, and the name of its file.
    text : str
        The whole file: front matter, then sections that begin with ``##``.
    converted : str
        The Markdown before anything was taken out; the lines of `removed` are its lines.
    removed : tuple of Removed
        What was taken out.
    title : str
        Of the document.
    converter : str
        What converted it.
    """

    id: str
    text: str
    converted: str
    removed: tuple[Removed, ...]
    title: str
    converter: str


def prepare_document(path: Path, file: str, converter: str, rules: Rules, taken: Sequence[str]) -> Prepared:
    """Convert and clean one file.

    Parameters
    ----------
    path : Path
        The file.
    file : str
        What it is called in records.
    converter : str
        The name of its converter.
    rules : Rules
        Which sections go.
    taken : sequence of str
        Ids that other documents have.

    Raises
    ------
    UserError
        If nothing can be read in it, or nothing is left of it.
    """
    try:
        found = CONVERTERS.get(converter)(path)
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror or error}", path=file) from None
    except UserError as error:
        raise UserError(str(error), path=file) from None
    lines = tidy(found.text)
    if not any(line.strip() for line in lines):
        raise UserError("is empty: there is no text in it", path=file)
    kept, removed = clean(lines, rules)
    title = " ".join(tidy(found.title)) or _first_title(kept) or path.stem
    body = sections(kept, title)
    if not any(line.strip() and not line.startswith("#") for line in body):
        kinds = ", ".join(dict.fromkeys(one.kind for one in removed)) or "headings"
        raise UserError(f"has nothing to ask about: it holds {kinds} only", path=file)
    id_ = _id(found, path, taken)
    head = yaml.safe_dump(_front_matter(found, id_, title, path), sort_keys=False, allow_unicode=True, width=120)
    text = "\n".join(["---", *tidy(head), "---", "", *body, ""])
    return Prepared(id_, text, "\n".join(lines) + "\n", tuple(removed), title, converter)


def tidy(text: str) -> list[str]:
    """Return the lines of a text without control and invisible characters, blanks at the ends and needless gaps."""
    text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    plain = _CONTROLS.sub("", _BREAKS.sub("\n", text)).replace("\t", "    ")
    lines: list[str] = []
    for line in plain.split("\n"):
        line = line.rstrip()
        if line or (lines and lines[-1]):
            lines += _broken(line)
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _broken(line: str) -> list[str]:
    """Return a line that is too long for a prompt as several, broken between sentences; Markdown reads it the same."""
    if len(line) <= LONGEST_LINE or line.lstrip().startswith("|"):
        return [line]
    parts = [""]
    for sentence in _SENTENCE_END.split(line):
        if parts[-1] and len(parts[-1]) + len(sentence) >= LONGEST_LINE:
            parts.append(sentence)
        else:
            parts[-1] = f"{parts[-1]} {sentence}" if parts[-1] else sentence
    return parts


def sections(lines: Sequence[str], title: str) -> list[str]:
    """Return lines in which every text belongs to a section that begins with ``##`` and has a name of its own.

    The headings keep their order among each other: the highest level that occurs becomes the second, and a single
    heading of the first level, which is the title, is left out.
    """
    marks = {n: (level, name) for n, level, name in headings(lines)}
    tops = [n for n, (level, _) in marks.items() if level == 1]
    if len(tops) == 1 and not any(lines[n].strip() for n in range(tops[0])):
        del marks[tops[0]]
        lines = ["", *lines[tops[0] + 1 :]]
        marks = {n - tops[0]: mark for n, mark in marks.items()}
    shift = 2 - min((level for level, _ in marks.values()), default=2)
    first = min((n for n, (level, _) in marks.items() if level + shift == 2), default=len(lines))
    out: list[str] = []
    used: set[str] = set()
    if any(line.strip() for line in lines[:first]):
        out += [f"## {_unique(title, used)}", ""]
    for n, line in enumerate(lines):
        if n in marks:
            level, name = marks[n]
            level = min(6, level + shift)
            out.append(f"{'#' * level} {_unique(name, used) if level == 2 else name}".rstrip())
        elif line.startswith("## ") or (not out and not line):  # in code, where it is no heading
            out += [f" {line}"] if line else []
        else:
            out.append(line)
    return [line for n, line in enumerate(out) if line or (n and out[n - 1])]


def _unique(name: str, used: set[str]) -> str:
    """Return a heading whose slug no other section of the document has."""
    number, found = 2, name or "Section"
    if not slug(found):
        found = f"{name} (section {len(used) + 1})"
    base = found
    while slug(found) in used:
        found = f"{base} ({number})"
        number += 1
    used.add(slug(found))
    return found


def _first_title(lines: Sequence[str]) -> str:
    first = next((line for line in lines if line.strip()), "")
    found = HEADING.fullmatch(first)
    return next((name for _, level, name in headings([first]) if level == 1), "") if found else ""


def _id(found: Converted, path: Path, taken: Sequence[str]) -> str:
    base = found.card.id if found.card else slug(path.stem) or "document"
    id_, number = base, 2
    while id_ in taken:
        id_ = f"{base}-{number}"
        number += 1
    return id_


def _front_matter(found: Converted, id_: str, title: str, path: Path) -> dict[str, Any]:
    if found.card is not None:
        data = found.card.model_dump(exclude_defaults=True)
        return data | {"id": id_, "sources": [dict(source) for source in data["sources"]]}
    day = _day(path)
    source = {"title": path.name, "publisher": "the file given; its year is that of the file", "year": day.year}
    return {"id": id_, "title": title, "topics": [TOPIC], "date": day, "sources": [source]}


def _day(path: Path) -> date:
    return datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).date()
