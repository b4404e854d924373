"""Markdown: front matter taken off, underlined headings made plain ones, and what no reader sees left out."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from ecg_bench.adapters.datagen.converters._base import HIDDEN, Converted, decoded
from ecg_bench.domains._corpus import FrontMatter

_UNDERLINE = re.compile(r" {0,3}(=+|-{2,}) *")
_BLOCK = re.compile(r"\s*(?:$|[#>|]|[-*+] |\d+[.)] |```|~~~)| {4}|\t")
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


def convert(path: Path) -> Converted:
    """Convert a Markdown file; comments, scripts and styles in it are dropped."""
    text = decoded(path).replace("\r\n", "\n").replace("\r", "\n")
    data, body = _front_matter(text)
    card = None
    with suppress(ValueError):  # front matter of another kind, or none
        card = FrontMatter.model_validate(data)
    title = data.get("title")
    shown = title if isinstance(title, str) else ""
    return Converted(_plain_headings(HIDDEN.sub("", body)), card.title if card else shown, card)


def _front_matter(text: str) -> tuple[dict[str, Any], str]:
    lines = text.split("\n")
    ends = [n for n, line in enumerate(lines) if n and line.strip() in ("---", "...")]
    if lines[0].strip() != "---" or not ends:
        return {}, text
    try:
        data = yaml.safe_load("\n".join(lines[1 : ends[0]]))
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}, text
    return (data, "\n".join(lines[ends[0] + 1 :])) if isinstance(data, dict) else ({}, text)


def _plain_headings(text: str) -> str:
    """Turn headings that are underlined by = or - into those with # before them."""
    out: list[str] = []
    fence = ""
    for line in text.split("\n"):
        mark = FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        under = None if fence else _UNDERLINE.fullmatch(line)
        alone = len(out) > 0 and not _BLOCK.match(out[-1]) and (len(out) == 1 or not out[-2].strip())
        if under and alone:
            out[-1] = f"{'#' if under[1][0] == '=' else '##'} {out[-1].strip()}"
        else:
            out.append(line)
    return "\n".join(out)
