"""Taking out of a document, by rule, what teaches nothing: references, contents, authors, index and the like."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import Field

from ecg_bench.adapters.datagen.converters._markdown import FENCE
from ecg_bench.cards import Card
from ecg_bench.files import parse_yaml

HEADING = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*")
_BOLD = re.compile(r"\*\*([^*]+)\*\*:?")
_NUMBER = re.compile(r"(?:\d+(?:\.\d+)*\.?|[ivxlc]+\.|[a-z]\.|§\s*\d+)\s+")
_ENTRY = re.compile(r".*(?:\.\s?){4,}\s*\d{1,4}\s*(?:<br>)?")
_FEWEST_ENTRIES = 3


class Rules(Card):
    """``cleaning.yaml``: the titles of sections that go, by kind."""

    version: int = Field(ge=1)
    sections: dict[str, list[str]]

    def kind_of(self, title: str) -> str | None:
        """Return under which kind a section with this title goes; None if it stays."""
        plain = _plain(title)
        return next((kind for kind, titles in self.sections.items() if plain in titles), None)


@dataclass(frozen=True)
class Removed:
    """A part that was taken out.

    Attributes
    ----------
    kind : str
        Under which rule.
    heading : str
        The section's heading; empty for entries of a table of contents without one.
    first_line, last_line : int
        1-based, in the Markdown as it was converted.
    """

    kind: str
    heading: str
    first_line: int
    last_line: int


@cache
def shipped_rules() -> Rules:
    """Return the rules that come with ecg-bench."""
    path = Path(str(files("ecg_bench.adapters.datagen"))) / "cleaning.yaml"
    return parse_yaml(path.read_text(encoding="utf-8"), Rules, path)


def headings(lines: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Yield position, level and title of each heading outside of code."""
    fence = ""
    for n, line in enumerate(lines):
        mark = FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        elif not fence and (found := HEADING.fullmatch(line)):
            yield n, len(found[1]), plain_title(found[2])


def plain_title(title: str) -> str:
    """Return a heading's text without emphasis and links."""
    bare = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", title)
    return " ".join(re.sub(r"[*`]|(?<!\w)_+|_+(?!\w)", "", bare).split())


def clean(lines: Sequence[str], rules: Rules) -> tuple[list[str], list[Removed]]:
    """Return the lines that stay, and what was taken out.

    Parameters
    ----------
    lines : sequence of str
        Of the Markdown as it was converted.
    rules : Rules
        What goes.
    """
    removed = [*_sections(lines, rules)]
    removed += [
        one for one in _entries(lines) if not any(r.first_line <= one.first_line <= r.last_line for r in removed)
    ]
    gone = {n for one in removed for n in range(one.first_line - 1, one.last_line)}
    return [line for n, line in enumerate(lines) if n not in gone], sorted(removed, key=lambda one: one.first_line)


def _sections(lines: Sequence[str], rules: Rules) -> Iterator[Removed]:
    marks = [*headings(lines)]
    places = {n for n, _, _ in marks}
    # A line in bold alone is a heading to whoever reads it; it ends with the next heading, whatever its level.
    marks += [
        (n, 7, bold[1])
        for n, line in enumerate(lines)
        if n not in places and (bold := _BOLD.fullmatch(line.strip())) and rules.kind_of(bold[1])
    ]
    marks.sort()
    end = 0
    for at, (n, level, title) in enumerate(marks):
        kind = rules.kind_of(title)
        if kind is None or n < end:
            continue
        end = next((other for other, below, _ in marks[at + 1 :] if below <= level), len(lines))
        last = max(k for k in range(n, end) if k == n or lines[k].strip())
        yield Removed(kind, title, n + 1, last + 1)


def _entries(lines: Sequence[str]) -> Iterator[Removed]:
    """Yield the tables of contents that have no heading: lines that end in dots and a page."""
    run: list[int] = []
    for n, line in enumerate([*lines, "#"]):
        if _ENTRY.fullmatch(line):
            run.append(n)
        elif line.strip():
            if len(run) >= _FEWEST_ENTRIES:
                yield Removed("contents", "", run[0] + 1, run[-1] + 1)
            run = []


def _plain(title: str) -> str:
    text = plain_title(title).casefold().strip(" .:;,-–—\t")
    return _NUMBER.sub("", text, count=1).strip(" .:;,-–—") if _NUMBER.match(text) else text
