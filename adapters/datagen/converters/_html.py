"""HTML to Markdown with the standard library: headings, paragraphs, lists, tables, code. Nothing in it is run."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from ecg_bench.adapters.datagen.converters._base import HIDDEN, Converted, decoded

_DROPPED = frozenset(
    {"script", "style", "noscript", "template", "svg", "math", "canvas", "iframe", "object", "nav", "button"}
    | {"select", "audio", "video", "dialog"}
)
_VOID = frozenset(
    {"br", "hr", "img", "input", "meta", "link", "wbr", "col", "area", "base", "embed", "source", "track"}
)
_BLOCKS = frozenset(
    {"p", "div", "section", "article", "main", "header", "footer", "aside", "figure", "figcaption", "address", "body"}
    | {"details", "summary", "dl", "dt", "dd", "hr", "html", "fieldset", "blockquote"}
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_LINE_START = re.compile(r"^(?=#{1,6}(?:\s|$)|```|~~~|(?:-{3,}|={3,}|\*{3,})\s*$)")
_MARKED = re.compile(r"<!\[[^>]*>?")  # such as <![if !IE]>; the parser stumbles over those that it doesn't know
_DEEPEST = 8  # levels by which a list is indented


def convert(path: Path) -> Converted:
    """Convert an HTML file: what a reader sees of it, without scripts, styles, forms, navigation and hidden parts."""
    reader = _Reader()
    reader.feed(_MARKED.sub("", HIDDEN.sub("", decoded(path))))
    reader.close()
    return Converted(reader.markdown(), " ".join("".join(reader.title).split()))


class _Reader(HTMLParser):
    """Gathers blocks of Markdown. It keeps its own stacks, so that deep nesting costs no recursion."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title: list[str] = []
        self._blocks: list[str] = []
        self._text: list[str] = []
        self._prefix = ""
        self._dropping: list[str] = []  # the open element that is dropped, with those of its name inside
        self._lists: list[int | None] = []  # the number of the last entry; None in a list without numbers
        self._joins = False  # whether an entry goes on with the list that the last block is
        self._rows: list[list[str]] = []  # of the open table
        self._tables = 0
        self._quotes = 0
        self._pre = 0
        self._in_title = False

    def markdown(self) -> str:
        self._end_block()
        return "\n\n".join(self._blocks) + "\n"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._dropping == ["p"] and (tag in _BLOCKS or tag in _HEADINGS or tag in ("ul", "ol", "table", "pre")):
            self._dropping.clear()  # a paragraph needs no end tag
        if self._dropping:
            if tag == self._dropping[-1]:
                self._dropping.append(tag)
            return
        if tag not in _VOID and (tag in _DROPPED or _is_hidden(attrs)):
            self._dropping.append(tag)
        elif tag == "title":
            self._in_title = True
        elif tag == "br":
            self._text.append("\n")
        elif tag in _HEADINGS:
            self._begin(f"{'#' * _HEADINGS[tag]} ")
        elif tag in ("ul", "ol"):
            self._end_block()
            self._joins = bool(self._lists)  # to the entry before; the first entry of a list is a block of its own
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._begin(self._entry())
        elif tag == "table":
            self._end_block()
            self._tables += 1
            if self._tables == 1:
                self._rows = []
        elif tag == "tr" and self._tables:
            self._rows.append([])
            self._text.clear()
        elif tag in ("td", "th") and self._tables:
            self._text.clear()
        elif tag == "pre":
            self._end_block()
            self._pre += 1
        elif tag == "sup":
            self._text.append("^")
        elif tag in _BLOCKS:
            self._end_block()
            self._quotes += tag == "blockquote"

    def handle_endtag(self, tag: str) -> None:
        if self._dropping:
            if tag == self._dropping[-1]:
                self._dropping.pop()
            return
        if tag == "title":
            self._in_title = False
        elif tag in ("td", "th") and self._tables:
            self._end_cell()
        elif tag == "table" and self._tables:
            self._tables -= 1
            if not self._tables:
                self._end_table()
        elif tag == "pre" and self._pre:
            self._pre -= 1
            self._end_code()
        elif tag in ("ul", "ol") and self._lists:
            self._end_block()
            self._lists.pop()
        elif tag in _HEADINGS or tag == "li" or tag in _BLOCKS:
            self._end_block()
            self._quotes -= tag == "blockquote" and self._quotes > 0

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title.append(data)
        elif not self._dropping:
            self._text.append(data if self._pre else re.sub(r"\s+", " ", data))

    def _begin(self, prefix: str) -> None:
        self._end_block()
        self._prefix = prefix

    def _entry(self) -> str:
        """Return how an entry of the innermost list begins."""
        if not self._lists:
            return "- "
        number = self._lists[-1]
        if number is not None:
            self._lists[-1] = number = number + 1
        indent = "  " * min(len(self._lists) - 1, _DEEPEST)
        return f"{indent}- " if number is None else f"{indent}{number}. "

    def _taken(self) -> str:
        lines = [" ".join(line.split()) for line in "".join(self._text).split("\n")]
        self._text.clear()
        return "\n".join(line for line in lines if line)

    def _end_block(self) -> None:
        if self._tables:  # paragraphs in a cell are lines of it
            self._text.append(" ")
            return
        if self._pre:
            return
        prefix, text = self._prefix, self._taken()
        if not text:
            return
        self._prefix = ""
        if prefix.startswith("#"):
            self._add(prefix + text.replace("\n", " "))
            return
        # A line that only looks like mark-up must not become any.
        lines = [_LINE_START.sub(r"\\", line, count=1) for line in text.split("\n")]
        block = prefix + f"\n{' ' * len(prefix)}".join(lines)
        if self._quotes:
            block = "\n".join(f"> {line}" for line in block.split("\n"))
        if prefix and self._joins:
            self._blocks[-1] += f"\n{block}"
        else:
            self._add(block)
        self._joins = bool(prefix)

    def _add(self, block: str) -> None:
        self._blocks.append(block)
        self._joins = False

    def _end_cell(self) -> None:
        text = self._taken().replace("\n", " ").replace("|", "\\|")
        if not self._rows:
            self._rows.append([])
        self._rows[-1].append(text)

    def _end_table(self) -> None:
        self._text.clear()
        rows = [row for row in self._rows if any(row)]
        self._rows = []
        if not rows:
            return
        width = max(map(len, rows))
        lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in rows]
        self._add("\n".join([lines[0], f"|{' --- |' * width}", *lines[1:]]))

    def _end_code(self) -> None:
        code = "".join(self._text).strip("\n")
        self._text.clear()
        if code.strip():
            fence = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
            self._add(f"{fence}\n{code}\n{fence}")


def _is_hidden(attrs: list[tuple[str, str | None]]) -> bool:
    given = dict(attrs)
    return "hidden" in given or _UNSEEN.search(given.get("style") or "") is not None
