"""From a file to Markdown: ``--converter``.

A converter is a function that takes a path and returns a `Converted`. To add one, write such a function and add a line
to `CONVERTERS` (or, in a package of your own, an entry point of the group ``ecg_bench.converters``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ecg_bench.adapters.datagen.converters._base import Converted
from ecg_bench.errors import UserError
from ecg_bench.registry import Registry

Converter = Callable[[Path], Converted]

CONVERTERS: Registry[Converter] = Registry(
    "converter",
    "ecg_bench.converters",
    {
        "html": "ecg_bench.adapters.datagen.converters._html:convert",
        "markdown": "ecg_bench.adapters.datagen.converters._markdown:convert",
        "pymupdf": "ecg_bench.adapters.datagen.converters._pymupdf:convert",
        "text": "ecg_bench.adapters.datagen.converters._text:convert",
    },
)
BY_SUFFIX = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
    ".html": "html",
    ".htm": "html",
    ".pdf": "pymupdf",
}

__all__ = ["BY_SUFFIX", "CONVERTERS", "Converted", "Converter", "choose_converters"]


def choose_converters(chosen: Sequence[str]) -> dict[str, str]:
    """Return the name of the converter of each suffix.

    Parameters
    ----------
    chosen : sequence of str
        ``.SUFFIX=NAME`` for files that end so, or ``NAME`` for all files.

    Raises
    ------
    UserError
        If there is no such converter.
    """
    found = dict(BY_SUFFIX)
    for one in chosen:
        suffix, sign, name = one.rpartition("=")
        CONVERTERS.get(name)
        if sign and not suffix.startswith("."):
            raise UserError(f"--converter takes NAME or .SUFFIX=NAME, such as .pdf=pymupdf, but got {one!r}")
        found.update({suffix.lower(): name} if sign else dict.fromkeys(found, name))
    return found
