"""Plain text: paragraphs, and headings where they can be told with certainty."""

from __future__ import annotations

import re
from pathlib import Path

from ecg_bench.adapters.datagen.converters._base import Converted, decoded

_NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,3})\.?[ \t]+([^\W\d_].*)")
_RULE = re.compile(r"=+|-{3,}|\*{3,}|_{3,}")
_LONGEST = 80  # characters of a heading


def convert(path: Path) -> Converted:
    """Convert a text file.

    A line between blank lines is a heading if it is numbered ("2.1 Conduction") or written in capitals, and so is a
    line that is underlined.
    """
    lines = decoded(path).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    out: list[str] = []
    for n, line in enumerate(lines):
        before = lines[n - 1].strip() if n else ""
        after = lines[n + 1].strip() if n + 1 < len(lines) else ""
        text = line.strip()
        if text and _RULE.fullmatch(text) and before and _RULE.fullmatch(before) is None and out[-1].startswith("# "):
            continue
        if text and not before and _RULE.fullmatch(after) and len(after) > 2 and len(text) <= _LONGEST:
            out.append(f"# {text}")
        elif text and not before and not after and (level := _level(text)):
            out.append(f"{'#' * level} {text}")
        else:
            out.append(line)
    return Converted("\n".join(out))


def _level(text: str) -> int:
    """Return the level of a heading, or 0."""
    if len(text) > _LONGEST or text[-1] in ".,;:":
        return 0
    if numbered := _NUMBERED.fullmatch(text):
        return min(6, 1 + numbered[1].count("."))
    letters = [one for one in text if one.isalpha()]
    return int(len(letters) > 3 and all(one.isupper() for one in letters))
