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
_CUT = "\n[cut here: "  # follows what is left of a text that is longer than a cell of Excel can be


@dataclass(frozen=True)
class Coded:
    """An answer that a code stands for.

    Parameters
    ----------
    fields : dict
        What a rating of it has in common, whoever gives it.
    """

    fields: dict[str, Any]

    def is_about(self, question: str, answer: str) -> bool:
        """Whether a sheet shows the same texts beside the code; empty ones are not compared."""
        return _alike(question, self.fields["question"]) and _alike(answer, self.fields["answer"])


def _alike(shown: str, meant: str) -> bool:
    """Compare words only: a sheet defuses what begins like a formula, and spreadsheets change quotes and blanks."""
    text, cut, _ = shown.partition(_CUT)
    return not text or plain(text) == plain(meant) or (bool(cut) and plain(meant).startswith(plain(text)))


def read_key(path: str | Path) -> dict[str, list[Coded]]:
    """Return what each code stands for: several answers, where systems gave the same one to a question.

    Raises
    ------
    UserError
        If the file is no key; with the line at fault.
    """
    place = Path(path)
    if place.suffix.lower() != ".csv":
        raise UserError("is no key: ecg-bench ratings export writes that beside the sheet, as a CSV file", path=place)
    scale = lru_cache(maxsize=16)(Scale.parse)
    found: dict[str, list[Coded]] = {}
    for line, row in read_rows(place):
        missing = [name for name in NEEDED if name not in row]
        if missing:
            raise UserError(f"is no key of a blinded sheet (it lacks the column {missing[0]!r})", path=place, line=1)
        try:
            coded = Coded(_fields(row, scale(row["scale"])))
        except ValueError as error:
            raise UserError(str(error), path=place, line=line) from None
        others = found.setdefault(row["code"].strip().casefold(), [])
        if others and not others[0].is_about(row["question"], row["answer"]):
            raise UserError(f"the code {row['code']!r} stands for different texts", path=place, line=line)
        others.append(coded)
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
