"""From the rows of a sheet to ratings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ecg_bench.ratings._records import SOURCES, Rating, Source, item_id
from ecg_bench.ratings._scale import Scale
from ecg_bench.ratings.intake._checks import drop_row_numbers, refuse_counts_as_marks
from ecg_bench.ratings.intake._columns import JUDGES
from ecg_bench.ratings.intake._grid import Row, Uncomputed
from ecg_bench.ratings.intake._key import Coded
from ecg_bench.ratings.intake._levels import LevelReader, number
from ecg_bench.ratings.intake._mapping import SheetMapping
from ecg_bench.ratings.intake._marks import Mark, read_mark
from ecg_bench.ratings.intake._notes import Notes
from ecg_bench.ratings.intake._open import Opened, misshapen
from ecg_bench.ratings.intake._scales import Readers
from ecg_bench.ratings.intake._text import key

MOST_COUNTED = 1_000_000  # answers that one row may stand for
_LONG_MARK = 12  # letters; a longer mark is a comment in the wrong column
_TEXTS = ("task", "sample", "system", "question", "answer", "group", "topic", "time", "stratum", "comment")


@dataclass(slots=True)
class Found:
    """A rating, and where it was found.

    Parameters
    ----------
    rating : Rating
        The rating; without a rater's name where the sheet has none.
    file, line : int, int
        The number of the file, and the line.
    column : str
        The column of levels, where a row has more than one; empty otherwise.
    numbered : bool
        Whether the sheet itself says which repeat it is.
    collapsed : bool
        Whether it says nothing that another one doesn't.
    """

    rating: Rating
    file: int
    line: int
    column: str = ""
    numbered: bool = False
    collapsed: bool = False


class RowReader:
    """Reads the rows of one file.

    Parameters
    ----------
    opened : Opened
        The file.
    readers : mapping
        Who reads its levels.
    codes : mapping of str to Coded
        The key, for a blinded sheet.
    told : SheetMapping
        What the user says.
    notes : Notes
        Takes what is decided and what is set aside.
    rater : str
        Who rated, where the sheet doesn't say; empty if that is settled later.
    """

    def __init__(
        self,
        opened: Opened,
        readers: Readers,
        codes: Mapping[str, Coded],
        told: SheetMapping,
        notes: Notes,
        rater: str = "",
    ) -> None:
        self._rater = rater
        self.opened, self.columns, self.told, self.notes = opened, opened.columns, told, notes
        self.codes = codes
        self._readers = {criterion: reader for (file, criterion), reader in readers.items() if file == opened.number}
        self._scale = lru_cache(maxsize=64)(Scale.parse)
        self._reader_of = lru_cache(maxsize=64)(lambda scale: LevelReader(scale, told.level_names))
        self._counted = 0
        self._prefix = f"{opened.number + 1}/" if opened.number else ""
        drop_row_numbers(opened, told, notes)
        refuse_counts_as_marks(opened)

    def read(self) -> Iterator[Found]:
        """Yield the ratings of each row; a row without any is empty or has been set aside."""
        for row in self.opened.rows:
            if row.blank:
                continue
            problem, cells = self._shape(row)
            if problem:
                self._set_aside(row, problem)
            else:
                yield from self._row(row, cells)

    def _shape(self, row: Row) -> tuple[str, tuple[str, ...]]:
        """Return why a row can't be read, if so, and as many cells as the header has."""
        cells, wanted = row.cells, len(self.columns.header.cells)
        problem = misshapen(row, self.opened)
        if self.opened.excel and any(isinstance(cells[column], Uncomputed) for column in self._used_of(cells)):
            problem = "a cell has a formula whose value the file doesn't hold: save the sheet as CSV"
        if problem:
            return problem, cells
        if len(cells) > wanted and any(cell.strip() for cell in cells[wanted:]):
            self._decide("BESIDE", "what stands beside the table is not read", row, guess=True)
        if len(cells) < wanted:
            if not self.opened.excel:
                text = f"has {len(cells)} cells where the header has {wanted}: the rest is blank"
                self._decide("SHORT_ROW", text, row, guess=True)
            cells = cells + ("",) * (wanted - len(cells))
        return "", cells

    def _used_of(self, cells: tuple[str, ...]) -> Iterator[int]:
        used = (*self.columns.fields.values(), *self.columns.levels, *self.columns.raters)
        return (column for column in used if column < len(cells))

    def _row(self, row: Row, cells: tuple[str, ...]) -> Iterator[Found]:
        try:
            base = self._base(row, cells)
            times = self._count(cells)
        except ValueError as error:
            self._set_aside(row, str(error))
            return
        aside = len(self.notes.set_aside)
        found = list(self._levels(row, cells, base))
        if not times or (not found and len(self.notes.set_aside) == aside):
            self.opened.without_rating.add(row.line)
            self._decide("NO_RATING", "holds no rating", row)
        if found and "count" in self.columns.fields:
            self._decide("COUNT", "stands for as many answers as it says, each a sample of its own", row)
        for column, made in found:
            for n in range(1, times + 1):
                if "count" in self.columns.fields:
                    made = made | {"task": "audit", "sample": f"{self._prefix}{row.line}.{n}"}
                yield Found(Rating(**made), self.opened.number, row.line, column, numbered="repeat" in base)

    def _base(self, row: Row, cells: tuple[str, ...]) -> dict[str, Any]:
        """Return what the ratings of a row share."""
        fields = self.columns.fields
        base: dict[str, Any] = {name: cells[fields[name]].strip() for name in _TEXTS if name in fields}
        base = {name: text for name, text in base.items() if text}
        if self.columns.layout == "a blinded sheet":
            base = self._uncoded(cells, base)
        elif not base.get("system") and self.columns.layout != "one column per system":
            if not self.told.system:
                raise ValueError("names no system")
            base["system"] = self.told.system
        for name in ("epoch", "repeat", "position"):
            value = self._whole(row, cells, name)
            if value is not None:
                base[name] = value
        if "inclusion" in fields and cells[fields["inclusion"]].strip():
            share = number(cells[fields["inclusion"]])
            if share is None or not 0 < share <= 1:
                raise ValueError(f"the inclusion must be above 0 and at most 1, but is {cells[fields['inclusion']]!r}")
            base["inclusion"] = share
        base.setdefault("criterion", self._cell(cells, "criterion") or self.told.criterion)
        base["rater"] = self._cell(cells, "rater") or self._rater
        base["source"] = self._source(cells, base["rater"])
        base["origin"] = f"{self.opened.path}:{row.line}"
        return self._anonymous(row, base)

    def _anonymous(self, row: Row, base: dict[str, Any]) -> dict[str, Any]:
        """Give a row that doesn't say what was asked a sample of its own, so that it is no copy of another."""
        if base.get("sample") or base.get("question") or "count" in self.columns.fields:
            return base
        answer = base.get("answer", "")
        sample = item_id("", answer) if answer else f"{self._prefix}{row.line}"
        self._decide("NO_QUESTION", "doesn't say what was asked: a sample of its own", row, guess=True)
        return {**base, "task": base.get("task", "sheet"), "sample": sample}

    def _uncoded(self, cells: tuple[str, ...], base: dict[str, Any]) -> dict[str, Any]:
        code = self._cell(cells, "code")
        coded = self.codes.get(code.casefold())
        if coded is None:
            raise ValueError(f"the code {code!r} is not in the key" if code else "has no code")
        if not coded.is_about(base.get("question", ""), base.get("answer", "")):
            raise ValueError(
                f"shows another question or answer than the code {code!r} stands for: was the sheet sorted?"
            )
        own = {name: base[name] for name in ("comment", "time") if name in base}
        return coded.fields | own

    def _levels(self, row: Row, cells: tuple[str, ...], base: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield column and fields of each rating in a row."""
        if self.columns.levels:
            yield "", self._marked(row, cells, base)
            return
        columns = self.columns.raters or {self.columns.fields["level"]: ""}
        for column, name in columns.items():
            whose = dict(base)
            if self.columns.layout == "one column per system":
                whose["system"] = name
            elif name:
                whose |= {"rater": name, "source": self._source(cells, name)}
            text = cells[column].strip()
            if not text and name and "count" in self.columns.fields:
                continue
            try:
                reader = self._reader(cells, base)
            except ValueError as error:
                self._set_aside(row, str(error))
                return
            cell = reader.read(text)
            if cell.levels is None:
                known = ", ".join(map(repr, reader.scale.levels))
                self._set_aside(row, f"{text[:60]!r} is none of the levels {known}", name)
                continue
            self._explain(row, text, cell.levels, cell.how != "exact")
            yield name, {**whose, "scale": reader.scale, "levels": cell.levels}

    def _reader(self, cells: tuple[str, ...], base: Mapping[str, Any]) -> LevelReader:
        own = self._cell(cells, "scale")
        if own:
            return self._reader_of(self._scale(own))
        if "scale" in base:  # from the key
            return self._reader_of(base["scale"])
        return self._readers.get(base["criterion"]) or next(iter(self._readers.values()))

    def _explain(self, row: Row, text: str, levels: tuple[str, ...], near: bool) -> None:
        if not levels:
            what = f"{text!r} counts as not rated" if text else "shown but not rated"
            self._decide("MISSING", f"{what}: kept without a level", row)
        elif len(levels) > 1:
            self._decide("SEVERAL_LEVELS", "more than one level: all are kept, as a response set", row)
        if levels and near:
            self._decide("LEVEL_NAME", f"{text!r} is taken for {' and '.join(levels)}", row, guess=True)
        elif text and len(levels) == 1 and key(text) != key(levels[0]):
            self._decide("LEVEL_NAME", f"{text!r} is called {levels[0]!r} in the table", row)

    def _marked(self, row: Row, cells: tuple[str, ...], base: dict[str, Any]) -> dict[str, Any]:
        found, remarks = [], []
        for column, level in self.columns.levels.items():
            text = cells[column].strip()
            mark = read_mark(text)
            if mark is Mark.NO:
                self._decide("NO_MARK", f"{text!r} counts as no mark", row)
            elif mark is not Mark.BLANK:
                found.append(level)
            if mark is Mark.NUMBER or (mark is Mark.ODD and len(text) <= _LONG_MARK):
                self._decide("ODD_MARK", f"{text!r} counts as a mark", row, guess=True)
            elif mark is Mark.ODD:
                remarks.append(text)
                self._decide(
                    "TEXT_MARK", "a text in a column of marks counts as a mark, and as a comment", row, guess=True
                )
        scale = next(iter(self._readers.values())).scale  # that of the columns; a sheet of marks has one
        levels = tuple(level for level in scale.levels if level in found)
        self._explain(row, "", levels, near=False)
        if remarks:
            base = base | {"comment": " / ".join(filter(None, [base.get("comment", ""), *remarks]))}
        return {**base, "scale": scale, "levels": levels}

    def _source(self, cells: tuple[str, ...], rater: str) -> Source:
        told = self.told.sources.get(rater)
        if told is not None:
            return told
        said = self._cell(cells, "source").casefold()
        if said in SOURCES:
            return "judge" if said == "judge" else "human"
        return "judge" if key(rater) in JUDGES else "human"

    def _cell(self, cells: tuple[str, ...], name: str) -> str:
        column = self.columns.fields.get(name)
        return "" if column is None else cells[column].strip()

    def _whole(self, row: Row, cells: tuple[str, ...], name: str) -> int | None:
        text = self._cell(cells, name)
        value = number(text)
        if not text or (value is not None and value.is_integer() and value >= 0):
            return None if value is None else int(value)
        self._decide("NOT_A_NUMBER", f"the {name} {text[:40]!r} is no whole number and is left out", row, guess=True)
        return None

    def _count(self, cells: tuple[str, ...]) -> int:
        if "count" not in self.columns.fields:
            return 1
        text = self._cell(cells, "count")
        value = number(text)
        if value is None or not value.is_integer() or not 0 <= value <= MOST_COUNTED:
            raise ValueError(f"the count must be a whole number up to {MOST_COUNTED:,}, but is {text!r}")
        self._counted += int(value)
        if self._counted > MOST_COUNTED:
            raise ValueError(f"the counts of the file exceed {MOST_COUNTED:,} answers")
        return int(value)

    def _decide(self, code: str, text: str, row: Row, *, guess: bool = False) -> None:
        self.notes.decide(code, text, self.opened.path, row.line, guess=guess)

    def _set_aside(self, row: Row, reason: str, column: str = "") -> None:
        self.notes.put_aside(self.opened.path, row.line, reason, column)
