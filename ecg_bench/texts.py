"""Text that came from a model, a data set or a person, as it may stand on a terminal or in a spreadsheet's cell."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 32_767  # of a cell in Excel, in UTF-16 units
_ROOM = 200  # for the note that a text was cut, and for what defuses it
# What XML or a terminal can't hold: controls other than tab and line feed, halves of pairs, and no characters at all.
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

# Controls, directions, halves of pairs, other lines' ends, and what has no meaning that all agree on.
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def plain(text: str) -> str:
    """Return a text that does nothing to a terminal: without control and invisible characters but for line feeds."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    if lines.isascii() and lines.isprintable():
        return lines
    return "".join(one for one in lines if one == "\n" or unicodedata.category(one) not in _INVISIBLE)


def one_line(text: str) -> str:
    """Return a plain text in one line."""
    return " ".join(plain(text).split())


def clean(text: str) -> str:
    """Return a text without control characters and outer blanks, its lines ended alike, cut to what a cell can hold."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = _UNWRITABLE.sub("", plain).strip()
    data = kept.encode("utf-16-le")
    if len(data) <= 2 * (LONGEST - _ROOM):
        return kept
    shown = data[: 2 * (LONGEST - _ROOM)].decode("utf-16-le", errors="ignore")
    return f"{shown}\n[cut here: the text has {len(kept):,} characters, more than a cell can hold]"


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may take a text for a formula: it begins with ``= + - @``, perhaps after blanks.

    Their full-width forms, tabs and line feeds count, and so do characters that can't be seen.
    """
    if text[:1] in ("\t", "\r", "\n"):
        return True
    for one in text:
        if not one.isspace() and unicodedata.category(one) not in ("Cf", "Cc"):
            return unicodedata.normalize("NFKC", one)[:1] in ("=", "+", "-", "@")
    return False


def defused(text: str) -> str:
    """Return a text for a CSV file: each line that a spreadsheet may take for a formula begins with an apostrophe.

    Each line, because where the separator of a country is a semicolon, Excel does not see the quotes around a cell, and
    its second line begins a row.
    """
    return "\n".join(f"'{line}" if is_formula(line) else line for line in text.split("\n"))
