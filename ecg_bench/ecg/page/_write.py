"""Writing a page as a file."""

from __future__ import annotations

from pathlib import Path

from ecg_bench.ecg import Ecg
from ecg_bench.ecg.page._page import page_png, page_svg
from ecg_bench.errors import UserError
from ecg_bench.files import make_folder, write_bytes, write_whole


def write_page(ecg: Ecg, path: str | Path, *, title: str = "", width: int = 1600) -> Path:
    """Write an ECG as a clinician's page (see `page_svg`), as SVG or PNG by the file's suffix, and return its path.

    Raises
    ------
    UserError
        If the suffix is neither, the width of a PNG is out of range, or the file can't be written.
    """
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix not in (".png", ".svg"):
        raise UserError("is no name for a page: it must end in .png or .svg", path=file)
    if suffix == ".png":
        picture = page_png(ecg, width=width, title=title)
        make_folder(file.parent)
        write_bytes(file, picture)
    else:
        make_folder(file.parent)
        write_whole(file, page_svg(ecg, title=title))
    return file
