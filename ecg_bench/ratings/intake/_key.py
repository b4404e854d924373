"""The key of a blinded sheet: which answer each code stands for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ecg_bench.errors import UserError
from ecg_bench.files import read_rows
from ecg_bench.ratings._records import _probability, _whole
from ecg_bench.ratings._scale import Scale
from ecg_bench.ratings.intake._text import key as plain

NEEDED = ("code", "system", "scale", "question", "answer")
_CUT = 30_000  # Excel cuts texts at 32,767 characters


@dataclass(frozen=True)
class Coded:
    """What a code stands for.

    Parameters
    ----------
    fields : dict
        What a rating of it has in common, whoever gives it.
    line : int
        Its line in the key.
    """

    fields: dict[str, Any]
    line: int

    def is_about(self, question: str, answer: str) -> bool:
        """Whether a sheet shows the same texts beside the code; empty ones are not compared."""
        return _alike(question, self.fields["question"]) and _alike(answer, self.fields["answer"])


def _alike(shown: str, meant: str) -> bool:
    typed, known = plain(shown), plain(meant)
    return not typed or typed == known or (len(shown) > _CUT and known.startswith(typed))


def read_key(path: str | Path) -> dict[str, Coded]:
    """Return what each code stands for.

    Raises
    ------
    UserError
        If the file is no key; with the line at fault.
    """
    place = Path(path)
    if place.suffix.lower() != ".csv":
        raise UserError(
            "is no key: that is the CSV file written beside the sheet by ecg-bench ratings export", path=place
        )
    scale = lru_cache(maxsize=16)(Scale.parse)
    found: dict[str, Coded] = {}
    for line, row in read_rows(place):
        missing = [name for name in NEEDED if name not in row]
        if missing:
            raise UserError(f"is no key of a blinded sheet (it lacks the column {missing[0]!r})", path=place, line=1)
        code = row["code"].strip().casefold()
        if code in found:
            raise UserError(
                f"the code {row['code']!r} stands here and in line {found[code].line}", path=place, line=line
            )
        try:
            found[code] = Coded(_fields(row, scale(row["scale"])), line)
        except ValueError as error:
            raise UserError(str(error), path=place, line=line) from None
    return found


def _fields(row: dict[str, str], scale: Scale) -> dict[str, Any]:
    texts = ("task", "sample", "system", "question", "answer", "group", "topic", "stratum")
    fields: dict[str, Any] = {name: row.get(name, "") for name in texts}
    fields |= {"scale": scale, "criterion": row.get("criterion") or "correctness"}
    fields |= {"epoch": _whole(row, "epoch") or 0, "repeat": _whole(row, "repeat") or 0}
    fields |= {"position": _whole(row, "position"), "inclusion": _probability(row.get("inclusion", ""))}
    if not fields["system"]:
        raise ValueError("the system is missing")
    return fields
