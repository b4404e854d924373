"""What a converter returns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ecg_bench.domains._corpus import FrontMatter

# Comments, scripts and styles, to the end of the file where they are not closed, as a browser reads them.
HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Converted:
    """A document as Markdown.

    Attributes
    ----------
    text : str
        The Markdown.
    title : str
        Empty where the file names none.
    card : FrontMatter or None
        The front matter of a file that has the form of a pack's corpus already.
    """

    text: str
    title: str = ""
    card: FrontMatter | None = None


def decoded(path: Path) -> str:
    """Return the text of a file: UTF-8, UTF-16 with a byte-order mark, or else Windows' Western European.

    Old text and HTML files are seldom UTF-8, and 1252 reads any byte that they hold.
    """
    data = path.read_bytes()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")
