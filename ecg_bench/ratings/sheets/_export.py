"""Writing a sheet and its key: both or none, and never over marks."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ecg_bench.errors import UserError
from ecg_bench.files import PART
from ecg_bench.ratings.sheets._page import Page, Rubric, page
from ecg_bench.ratings.sheets._sample import Sample
from ecg_bench.ratings.sheets._table import key_bytes, table_bytes
from ecg_bench.ratings.sheets._workbook import workbook_bytes

SEPARATORS = {".csv": ",", ".tsv": "\t"}
SUFFIXES = (".xlsx", *SEPARATORS)


def check_targets(out: str | Path, key: str | Path) -> None:
    """Complain of names that no sheet or key can have, before anything is read.

    Raises
    ------
    UserError
        If the sheet has another suffix than ``.xlsx``, ``.csv`` or ``.tsv``, the key another than ``.csv``, or both
        are the same file.
    """
    if Path(out).suffix.lower() not in SUFFIXES:
        raise UserError(f"the name of a sheet ends in {', '.join(SUFFIXES)}", path=out)
    if Path(key).suffix.lower() != ".csv":
        raise UserError("the name of a key ends in .csv", path=key)
    if Path(out).resolve() == Path(key).resolve():
        raise UserError("--out and --key name the same file: the key must stay apart from the sheet", path=out)


def export_sheet(
    sample: Sample,
    by: Rubric,
    out: str | Path,
    key: str | Path,
    *,
    reference: bool = True,
    passage: bool = False,
    force: bool = False,
) -> Page:
    """Write a blinded sheet for the expert, and the key that says what its codes stand for.

    Parameters
    ----------
    sample : Sample
        What was drawn.
    by : Rubric
        By what is rated.
    out, key : path
        The sheet, whose suffix chooses the format, and the key, a CSV file.
    reference, passage : bool
        Whether these are shown to the rater.
    force : bool
        Write over a sheet or key that is there.

    Returns
    -------
    Page
        What the sheet shows.

    Raises
    ------
    UserError
        If one can't be written, or is there with other content: a sheet may hold an expert's marks, and without its key
        it is worth nothing. Neither is written then.
    """
    check_targets(out, key)
    shown = page(sample.assignments, by, reference=reference, passage=passage)
    suffix = Path(out).suffix.lower()
    sheet = workbook_bytes(shown) if suffix == ".xlsx" else table_bytes(shown, SEPARATORS[suffix])
    # The key first: a key without a sheet does no harm.
    _write({Path(key): key_bytes(sample.assignments, by), Path(out): sheet}, force=force)
    return shown


def _write(files: Mapping[Path, bytes], *, force: bool) -> None:
    before = {path: _read(path) for path in files}
    for path, old in before.items():
        if old not in (None, files[path]) and not force:
            raise UserError(
                "is there already, and may hold an expert's marks or be the key to them: choose another name, or "
                "--force to write over it",
                path=path,
            )
    parts = {path: path.with_name(f".{path.name}{PART}") for path in files}
    path = next(iter(files))
    done: list[Path] = []
    try:
        for path, part in parts.items():
            part.write_bytes(files[path])
        for path, part in parts.items():
            os.replace(part, path)
            done.append(path)
    except BaseException as error:
        with suppress(OSError):
            for one in parts.values():
                one.unlink(missing_ok=True)
            for one in done:
                _restore(one, before[one])
        if isinstance(error, OSError):
            raise UserError(f"cannot be written: {error.strerror}", path=path) from None
        raise


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"cannot be written: {error.strerror}", path=path) from None


def _restore(path: Path, data: bytes | None) -> None:
    if data is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(data)
