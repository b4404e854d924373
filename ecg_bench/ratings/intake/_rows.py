"""From the rows of a sheet to ratings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ecg_bench.ratings._records import Rating
from ecg_bench.ratings._scale import Scale
from ecg_bench.ratings.intake._about import About
from ecg_bench.ratings.intake._checks import drop_row_numbers, refuse_counts_as_marks
from ecg_bench.ratings.intake._grid import Row, Uncomputed
from ecg_bench.ratings.intake._key import Coded
from ecg_bench.ratings.intake._levels import LevelReader
from ecg_bench.ratings.intake._mapping import SheetMapping
from ecg_bench.ratings.intake._marks import Mark, read_mark
from ecg_bench.ratings.intake._notes import Notes
from ecg_bench.ratings.intake._open import Opened, misshapen
from ecg_bench.ratings.intake._scales import Readers
from ecg_bench.ratings.intake._text import key

_LONG_MARK = 12  # letters; a longer mark is a comment in the wrong column


@dataclass(slots=True)
class Found:
    """A rating, and where it was found.

    Parameters
    ----------
    rating : Rating
        The rating; without a rater's name where the sheet has none.
    file, line : int, int
        The number of the file, and the line.
    numbered : bool
        Whether the sheet itself says which repeat it is.
    collapsed : bool
        Whether it says nothing that another one doesn't.
    """

    rating: Rating
    file: int
    line: int
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
    codes : mapping of str to sequence of Coded
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
        codes: Mapping[str, Sequence[Coded]],
        told: SheetMapping,
        notes: Notes,
        rater: str = "",
    ) -> None:
        drop_row_numbers(opened, told, notes)
        refuse_counts_as_marks(opened)
        self.opened, self.columns, self.notes = opened, opened.columns, notes
        self._about = About(opened, codes, told, rater, notes)
        self._readers = {criterion: reader for (file, criterion), reader in readers.items() if file == opened.number}
        self._scale = lru_cache(maxsize=64)(Scale.parse)
        self._reader_of = lru_cache(maxsize=64)(lambda scale: LevelReader(scale, told.level_names))

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

    def _used_of(self, cells: Sequence[str]) -> Iterator[int]:
        used = (*self.columns.fields.values(), *self.columns.levels, *self.columns.raters)
        return (column for column in used if column < len(cells))

    def _row(self, row: Row, cells: tuple[str, ...]) -> Iterator[Found]:
        aside = len(self.notes.set_aside)
        found: list[dict[str, Any]] = []
        try:
            abouts = self._about.read(row, cells)
            times = self._about.count(cells)
            for about in abouts:
                if len(self.notes.set_aside) == aside:
                    found += self._ratings(row, cells, about)
        except ValueError as error:
            self._set_aside(row, str(error))
            return
        if not times or (not found and len(self.notes.set_aside) == aside):
            self.opened.without_rating.add(row.line)
            self._decide("NO_RATING", "holds no rating", row)
        elif self._about.counts:
            self._decide("COUNT", "stands for as many answers as it says, each a sample of its own", row)
        for made in found:
            for place in range(1, times + 1):
                rating = Rating(**(made | self._about.counted(row, place)))
                yield Found(rating, self.opened.number, row.line, numbered="repeat" in made)

    def _ratings(self, row: Row, cells: tuple[str, ...], about: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the fields of each rating of one answer in a row."""
        if self.columns.levels:
            yield self._marked(row, cells, about)
            return
        columns = self.columns.raters or {self.columns.fields["level"]: ""}
        reader = self._reader(cells, about)
        for column, name in columns.items():
            whose = dict(about)
            if self.columns.layout == "one column per system":
                whose["system"] = name
            elif name:
                whose |= {"rater": name, "source": self._about.source(cells, name)}
            text = cells[column].strip()
            if not text and name and self._about.counts:
                continue  # such answers were never shown to this rater
            cell = reader.read(text)
            if cell.levels is None:
                known = ", ".join(map(repr, reader.scale.levels))
                self._set_aside(row, f"{text[:60]!r} is none of the levels {known}", name)
                continue
            self._explain(row, text, cell.levels, near=cell.how != "exact")
            yield {**whose, "scale": reader.scale, "levels": cell.levels}

    def _reader(self, cells: tuple[str, ...], about: Mapping[str, Any]) -> LevelReader:
        own = self._about.cell(cells, "scale")
        if own:
            return self._reader_of(self._scale(own))
        if "scale" in about:  # from the key
            return self._reader_of(about["scale"])
        reader = self._readers.get(about["criterion"]) or next(iter(self._readers.values()), None)
        if reader is None:
            raise ValueError("none of the ratings says on which scale they are: name it, as in --levels")
        return reader

    def _explain(self, row: Row, text: str, levels: tuple[str, ...], *, near: bool) -> None:
        if not levels:
            what = f"{text!r} counts as not rated" if text else "shown but not rated"
            self._decide("MISSING", f"{what}: kept without a level", row)
        elif len(levels) > 1:
            self._decide("SEVERAL_LEVELS", "more than one level: all are kept, as a response set", row)
        if levels and near:
            self._decide("LEVEL_NAME", f"{text!r} is taken for {' and '.join(levels)}", row, guess=True)
        elif text and len(levels) == 1 and key(text) != key(levels[0]):
            self._decide("LEVEL_NAME", f"{text!r} is called {levels[0]!r} in the table", row)

    def _marked(self, row: Row, cells: tuple[str, ...], about: Mapping[str, Any]) -> dict[str, Any]:
        """Return a rating from a row of marks."""
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
                said = "a text in a column of marks counts as a mark, and as a comment"
                self._decide("TEXT_MARK", said, row, guess=True)
        scale = next(iter(self._readers.values())).scale  # that of the columns; a sheet of marks has one
        levels = tuple(level for level in scale.levels if level in found)
        self._explain(row, "", levels, near=False)
        made = {**about, "scale": scale, "levels": levels}
        if remarks:
            made["comment"] = " / ".join(filter(None, [about.get("comment", ""), *remarks]))
        return made

    def _decide(self, code: str, text: str, row: Row, *, guess: bool = False) -> None:
        self.notes.decide(code, text, self.opened.path, row.line, guess=guess)

    def _set_aside(self, row: Row, reason: str, column: str = "") -> None:
        self.notes.put_aside(self.opened.path, row.line, reason, column)
