"""What a row says beside its levels: whose answer to what it is about, who rated it, and how many answers it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ecg_bench.ratings._records import SOURCES, Source, item_id
from ecg_bench.ratings.intake._content import JUDGES
from ecg_bench.ratings.intake._grid import Row
from ecg_bench.ratings.intake._key import Coded
from ecg_bench.ratings.intake._levels import number
from ecg_bench.ratings.intake._mapping import SheetMapping
from ecg_bench.ratings.intake._notes import Notes
from ecg_bench.ratings.intake._open import Opened
from ecg_bench.ratings.intake._text import key

MOST_COUNTED = 1_000_000  # answers that the rows of a file may stand for
_TEXTS = ("task", "sample", "system", "question", "answer", "group", "topic", "time", "stratum", "comment")
# Tasks that samples of no run are given; nothing is joined with them.
COUNTED, LOOSE = "audit", "sheet"


class About:
    """Reads what is said beside the levels.

    Parameters
    ----------
    opened : Opened
        The file.
    codes : mapping of str to sequence of Coded
        The key, for a blinded sheet.
    told : SheetMapping
        What the user says.
    rater : str
        Who rated, where the sheet doesn't say; may be empty.
    notes : Notes
        Takes the decisions.
    """

    def __init__(
        self, opened: Opened, codes: Mapping[str, Sequence[Coded]], told: SheetMapping, rater: str, notes: Notes
    ) -> None:
        self.opened, self.codes, self.told, self.rater, self.notes = opened, codes, told, rater, notes
        self.fields = opened.columns.fields
        self.counts = "count" in self.fields
        self._counted = 0
        self._prefix = f"{opened.number + 1}/" if opened.number else ""

    def read(self, row: Row, cells: Sequence[str]) -> list[dict[str, Any]]:
        """Return the fields of a rating for each answer that a row is about: more than one only where a code is shared.

        Raises
        ------
        ValueError
            If the row can't be used; the message says why.
        """
        fields = self.fields
        said = {name: text for name in _TEXTS if name in fields and (text := cells[fields[name]].strip())}
        layout = self.opened.columns.layout
        if layout == "a blinded sheet":
            return [self._completed(row, cells, one) for one in self._decoded(cells, said)]
        if "system" not in said and layout != "one column per system":
            if not self.told.system:
                raise ValueError("names no system")
            said["system"] = self.told.system
        return [self._completed(row, cells, said)]

    def _completed(self, row: Row, cells: Sequence[str], said: Mapping[str, Any]) -> dict[str, Any]:
        made = {"criterion": self.cell(cells, "criterion") or self.told.criterion, **said}
        for name in ("epoch", "repeat", "position"):
            value = self._whole(row, cells, name)
            if value is not None:
                made[name] = value
        share = self.cell(cells, "inclusion")
        if share:
            made["inclusion"] = number(share)
            if made["inclusion"] is None or not 0 < made["inclusion"] <= 1:
                raise ValueError(f"the inclusion must be above 0 and at most 1, but is {share!r}")
        made["rater"] = self.cell(cells, "rater") or self.rater
        made["source"] = self.source(cells, made["rater"])
        made["origin"] = f"{self.opened.path}:{row.line}"
        if not self.counts and not made.get("sample") and not made.get("question"):
            made |= self._own_sample(row, made)
        return made

    def _own_sample(self, row: Row, made: Mapping[str, Any]) -> dict[str, str]:
        """Give a row that doesn't say what was asked a sample of its own, so that it is no copy of another."""
        text = "doesn't say what was asked: a sample of its own"
        self.notes.decide("NO_QUESTION", text, self.opened.path, row.line, guess=True)
        answer = made.get("answer")
        sample = item_id("", answer) if answer else f"{self._prefix}{row.line}"
        return {"task": made.get("task", LOOSE), "sample": sample}

    def _decoded(self, cells: Sequence[str], said: Mapping[str, str]) -> list[dict[str, Any]]:
        code = self.cell(cells, "code")
        coded = self.codes.get(code.casefold())
        if coded is None:
            raise ValueError(f"the code {code!r} is not in the key" if code else "has no code")
        if not all(one.is_about(said.get("question", ""), said.get("answer", "")) for one in coded):
            raise ValueError(f"shows another question or answer than {code!r} stands for: was one column sorted?")
        own = {name: said[name] for name in ("comment", "time") if name in said}
        return [one.fields | own for one in coded]

    def count(self, cells: Sequence[str]) -> int:
        """Return for how many answers a row stands.

        Raises
        ------
        ValueError
            If that is no whole number, or too many.
        """
        if not self.counts:
            return 1
        text = self.cell(cells, "count")
        value = number(text)
        if value is None or not value.is_integer() or not 0 <= value <= MOST_COUNTED:
            raise ValueError(f"the count must be a whole number up to {MOST_COUNTED:,}, but is {text!r}")
        self._counted += int(value)
        if self._counted > MOST_COUNTED:
            raise ValueError(f"the counts of the file exceed {MOST_COUNTED:,} answers")
        return int(value)

    def counted(self, row: Row, place: int) -> dict[str, str]:
        """Return the sample of one of the answers that a row stands for; `place` from 1."""
        return {"task": COUNTED, "sample": f"{self._prefix}{row.line}.{place}"} if self.counts else {}

    def cell(self, cells: Sequence[str], name: str) -> str:
        """Return what the column of a field says, or nothing where there is none."""
        column = self.fields.get(name)
        return "" if column is None else cells[column].strip()

    def source(self, cells: Sequence[str], rater: str) -> Source:
        """Say whether a rater is a human or a judge: as the user says, then the sheet, then the name."""
        told = self.told.sources.get(rater)
        if told is not None:
            return told
        said = self.cell(cells, "source").casefold()
        if said in SOURCES:
            return "judge" if said == "judge" else "human"
        return "judge" if key(rater) in JUDGES else "human"

    def _whole(self, row: Row, cells: Sequence[str], name: str) -> int | None:
        text = self.cell(cells, name)
        if not text:
            return None
        value = number(text)
        if value is not None and value.is_integer() and value >= 0:
            return int(value)
        said = f"the {name} {text[:40]!r} is no whole number and is left out"
        self.notes.decide("NOT_A_NUMBER", said, self.opened.path, row.line, guess=True)
        return None
