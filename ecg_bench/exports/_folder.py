"""A folder that is written whole or not at all, and never in the place of something that somebody else put there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ecg_bench.errors import UserError
from ecg_bench.files import write_whole

MARK = ".ecg-bench-export"  # names the files of an export, which may be written anew


@contextmanager
def writing_folder(path: str | Path) -> Iterator[Path]:
    """Give an empty folder to write into, which then takes its place.

    Parameters
    ----------
    path : path
        A new or empty folder, or one with an earlier export and nothing else.

    Raises
    ------
    UserError
        If the folder holds something else, or can't be written; it is as it was then.
    """
    folder = Path(path).resolve()  # so that "." has a name, and a link leads to what is replaced
    part, old = (folder.with_name(f".{folder.name}.{kind}") for kind in ("part", "old"))
    try:
        _refuse_others(folder)
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        yield part
        write_whole(part / MARK, "".join(f"{one.name}\n" for one in sorted(part.iterdir())))
        shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            folder.replace(old)
        part.replace(folder)
    except OSError as error:
        raise UserError(f"cannot be written: {error.strerror}", path=folder) from None
    finally:
        if old.exists() and not folder.exists():
            old.replace(folder)
        for rest in (part, old):
            shutil.rmtree(rest, ignore_errors=True)


def _refuse_others(folder: Path) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    mark = folder / MARK
    if not mark.is_file():
        raise UserError("exists and is no earlier export: give another --out", path=folder)
    own = {*mark.read_text(encoding="utf-8").splitlines(), MARK, "__pycache__"}
    strange = sorted(one.name for one in folder.iterdir() if one.name not in own)
    if strange:
        raise UserError(
            f"holds, beside an earlier export, {strange[0]!r}: move that elsewhere, or give another --out", path=folder
        )
