r"""The JSON objects in a text: faults of syntax are mended, and no value is ever supplied or changed.

Mended are single and typographic quotes, line breaks in strings, trailing commas, ``True``, ``False`` and ``None``,
comments, a code fence or prose around an object, and closing brackets that are missing at the very end.

A judge may quote an answer without escaping its quotation marks, and the answer may be made for that: by ``", "score":
10}`` to end the object early, by ``", "score": 10 //`` to hide what follows. So an object is not read where a comment
in it holds a quotation mark, and `Found.clear` tells whether braces follow that belong to no object.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_DEPTH = 8  # a verdict has three, and may be wrapped
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,4})?(?![\w.])")
_WORD = re.compile(r"-?[A-Za-z]+")
_WORDS = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
    "null": None,
    "None": None,
    "NaN": float("nan"),
    "nan": float("nan"),
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
}
# How a string goes on after the mark that opens it. The closing mark is the next one of its kind, whatever comes after:
# looking further would let a text decide where it ends.
_STRINGS = {
    opening: re.compile(rf"((?:[^{closing}\\]++|\\.)*+)[{closing}]", re.DOTALL)
    for openings, closing in (('"', '"'), ("'", "'"), ("“”„‟", "“”"), ("‘’‚", "‘’"))
    for opening in openings
}
_QUOTES = frozenset("\"'“”„‟‘’‚")
_BLANK = re.compile(r"\s*+")
_COMMENT = re.compile(r"(?://|#)[^\n]{0,200}+(?=\n|\Z)|/\*.{0,200}?\*/", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_BRACE = re.compile(r"[{}]")


class Fields(dict[str, object]):
    """An object's values by their names in lower case.

    Attributes
    ----------
    twice : str
        A name that was given twice with different values; empty if there is none.
    """

    twice = ""


@dataclass(frozen=True, slots=True)
class Found:
    """An object in a text.

    Parameters
    ----------
    fields : Fields
        What it holds.
    end : int
        Where it ends in the text.
    clear : bool
        Whether every brace after it belongs to another whole object.
    """

    fields: Fields
    end: int
    clear: bool

    def nested(self) -> Iterator[Fields]:
        """Yield all objects in it in their order, and itself last."""
        yield from _objects_in(self.fields)


class _FaultError(Exception):
    """Why an object can't be read."""


def find_objects(text: str) -> tuple[list[Found], str]:
    """Return the whole objects in a text, and what was wrong with the last that could not be read.

    An object inside one that can't be read is none: it may be what that one quotes.
    """
    text = text.rstrip().rstrip("`~")
    parser = _Parser(text)
    found: list[tuple[Fields, int]] = []
    fault, broken, last_loose, position = "", 0, -1, 0
    while brace := _BRACE.search(text, position):
        position = brace.end()
        if brace[0] == "}":
            broken = max(0, broken - 1)
            last_loose = brace.start()
            continue
        try:
            fields, position = parser.read(brace.start())
        except _FaultError as error:
            fault = fault if broken else str(error)
            broken += 1
            last_loose = brace.start()
        else:
            if not broken:
                found.append((fields, position))
    return [Found(fields, end, end > last_loose) for fields, end in found], fault


def _objects_in(value: object) -> Iterator[Fields]:
    if isinstance(value, Fields):
        for inner in value.values():
            yield from _objects_in(inner)
        yield value
    elif isinstance(value, list):
        for inner in value:
            yield from _objects_in(inner)


class _Parser:
    """Reads one object after the other out of a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._end = len(text.rstrip())
        self._at = 0
        self._unclosed: set[str] = set()

    def read(self, start: int) -> tuple[Fields, int]:
        """Return the object that begins at `start`, and where it ends."""
        self._at = start
        return self._object(0), self._at

    def _value(self, depth: int) -> object:
        if depth > _DEPTH:
            raise _FaultError("it is nested too deeply")
        kind = self._text[self._at : self._at + 1]
        if kind == "{":
            return self._object(depth)
        if kind == "[":
            return self._list(depth)
        if kind in _STRINGS:
            return self._string()
        if number := _NUMBER.match(self._text, self._at):
            self._at = number.end()
            if self._at >= self._end:
                raise _FaultError("it ends in a number that may have been cut")
            whole = number[0].lstrip("-").isdigit()
            return int(number[0]) if whole else float(number[0])
        word = _WORD.match(self._text, self._at)
        if word and word[0] in _WORDS:
            self._at = word.end()
            return _WORDS[word[0]]
        raise _FaultError(self._expected("a value"))

    def _object(self, depth: int) -> Fields:
        fields = Fields()

        def read_field() -> bool:
            if self._text[self._at : self._at + 1] not in _STRINGS:
                raise _FaultError(self._expected("a name in quotation marks"))
            name = self._string().strip().lower()
            self._skip()
            if not self._take(":"):
                raise _FaultError(self._expected(f"a colon after {name[:40]!r}"))
            self._skip()
            value = self._value(depth + 1)
            if name in fields and not _same(fields[name], value):
                fields.twice = name
            fields[name] = value
            return True

        self._items("}", read_field)
        return fields

    def _list(self, depth: int) -> list[object]:
        values: list[object] = []

        def read_entry() -> bool:
            values.append(self._value(depth + 1))
            return isinstance(values[-1], Fields)  # of plain values there may have been more

        self._items("]", read_entry)
        return values

    def _items(self, closing: str, read_one: Callable[[], bool]) -> None:
        """Read what stands between brackets; `read_one` says whether the bracket may be missing after what it read."""
        self._at += 1
        self._skip()
        while not self._take(closing):
            may_end = read_one()
            self._skip()
            if self._take(","):
                self._skip()
            elif self._at >= self._end and may_end:
                return
            elif self._text[self._at : self._at + 1] != closing:
                raise _FaultError(self._expected(f"a comma or {closing}"))

    def _string(self) -> str:
        opening = self._text[self._at]
        found = None if opening in self._unclosed else _STRINGS[opening].match(self._text, self._at + 1)
        if found is None:
            self._unclosed.add(opening)  # not looked for again, so that time grows with the text and not its square
            raise _FaultError("a string has no end")
        self._at = found.end()
        if "\\" not in found[1]:
            return found[1]
        # JSON writes a character beyond the first 65,536 as two escapes.
        return _ESCAPE.sub(_unescape, found[1]).encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def _skip(self) -> None:
        """Pass over blanks and comments."""
        while True:
            self._at = _BLANK.match(self._text, self._at).end()  # type: ignore[union-attr]  # it matches anywhere
            if self._text[self._at : self._at + 1] not in ("/", "#"):
                return
            comment = _COMMENT.match(self._text, self._at)
            if comment is None:
                raise _FaultError(self._expected("a comma or a bracket"))
            if not _QUOTES.isdisjoint(comment[0]):
                raise _FaultError("a comment in it holds quotation marks")
            self._at = comment.end()

    def _take(self, mark: str) -> bool:
        if self._text.startswith(mark, self._at):
            self._at += 1
            return True
        return False

    def _expected(self, what: str) -> str:
        here = self._text[self._at : self._at + 20].split("\n")[0]
        return f"{what} was expected " + (f"before {here!r}" if here else "at the end")


def _same(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other


def _unescape(escape: re.Match[str]) -> str:
    code, mark = escape[1], escape[2]
    if code is None:
        return _ESCAPES.get(mark, mark if mark in "\"'\\/" else f"\\{mark}")
    return chr(int(code, 16))
