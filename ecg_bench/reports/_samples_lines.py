"""Lines of ``samples.jsonl`` by their place in the file, so that several files can be read side by side."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ecg_bench.errors import UserError


def offsets(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each sample with the place at which its line begins.

    A last line without an end is left out: the run is being written.

    Raises
    ------
    UserError
        At a line that is no sample.
    """
    place = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            try:
                sample = json.loads(line)
                sample["task"], sample["id"], sample["request"]["messages"]
            except (ValueError, KeyError, TypeError):
                message = "is no sample of a run: the file was changed by hand; mend or delete the line"
                raise UserError(message, path=path, line=number) from None
            yield place, sample
            place += len(line)


def lines_at(path: Path, places: Iterable[int]) -> Iterator[dict[str, Any]]:
    """Yield the samples that begin at some places."""
    with path.open("rb") as file:
        for place in places:
            file.seek(place)
            yield json.loads(file.readline())
