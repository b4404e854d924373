"""Finding publications: those that are shipped, and one in any JSON file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any, NoReturn

import yaml
from pydantic import ValidationError

from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.files import describe, find_line, read_text
from ecg_bench.published._build import build
from ecg_bench.published._consistency import Place, problems
from ecg_bench.published._file import Publication
from ecg_bench.published._records import PublishedRecord


def names() -> list[str]:
    """Return the names of the publications that are shipped, in alphabetical order."""
    return [path.stem for path in _shipped()]


def published(name_or_path: str | Path) -> PublishedRecord:
    """Load a publication's results, with the intervals and contradictions that are computed from them.

    Parameters
    ----------
    name_or_path : str or path
        One of `names`, or a JSON file of the same form.

    Raises
    ------
    UserError
        If there is none of this name, or the file is none of this form; with file and line.
    """
    path, name = Path(name_or_path), str(name_or_path)
    if path.suffix.lower() == ".json":
        return build(read_publication(path))
    known = {path.stem: path for path in _shipped()}
    if name not in known:
        raise UserError(
            f"there are no published results named {name!r}{did_you_mean(name, known)}; those of your own are named by "
            "their file, which ends in .json"
        )
    return build(read_publication(known[name]))


def read_publication(path: Path) -> Publication:
    """Read a file of printed tables.

    Raises
    ------
    UserError
        If it is no JSON, or not of the form of `Publication`; with file and line.
    """
    text = read_text(path)
    try:
        json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        message = f"is not valid JSON: {error.msg} at column {error.colno}"
        raise UserError(message, path=path, line=error.lineno) from None
    except _TwiceError as error:
        raise UserError(f"the name {error.name!r} appears twice in one object", path=path) from None
    except ValueError as error:  # a number with thousands of digits
        raise UserError(f"is not valid JSON: {error}", path=path) from None
    except RecursionError:
        raise UserError("is nested too deeply", path=path) from None
    try:
        publication = Publication.model_validate_json(text)
    except ValidationError as error:
        _fail(path, error.errors()[0]["loc"], describe(error))
    for place, message in problems(publication):
        _fail(path, place, message)
    return publication


class _TwiceError(ValueError):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a row that is there twice, of which JSON would keep the last."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _TwiceError(name)
        found[name] = value
    return found


def _fail(path: Path, place: Place, message: str) -> NoReturn:
    line = None
    with suppress(yaml.YAMLError, RecursionError):  # JSON is nearly YAML, and YAML's nodes know their lines
        line = find_line(path, place)
    raise UserError(message, path=path, line=line)


def _shipped() -> list[Path]:
    return sorted(Path(str(files("ecg_bench.published.data"))).glob("*.json"))
