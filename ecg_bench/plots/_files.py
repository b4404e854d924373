"""Writing plots into a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ecg_bench.errors import UserError
from ecg_bench.files import write_bytes, write_whole
from ecg_bench.plots._png import png
from ecg_bench.plots._svg import standalone


def write_plots(plots: Mapping[str, str], folder: Path) -> str:
    """Write plots as ``NAME.svg`` and ``NAME.png``, and return why there are no PNGs; empty where there are.

    A machine without fonts, as small containers are, still gets every SVG.

    Raises
    ------
    UserError
        If the folder can't be written.
    """
    for name, svg in plots.items():
        write_whole(folder / f"{name}.svg", standalone(svg))
    for name, svg in plots.items():
        try:
            picture = png(svg)
        except UserError as error:
            return f"no PNGs were written: {error}"
        write_bytes(folder / f"{name}.png", picture)
    return ""
