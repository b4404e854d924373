"""What the columns of a sheet hold, judged by their cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ecg_bench.ratings.intake._grid import Row, Sheet
from ecg_bench.ratings.intake._levels import EXPLAINED, UNRATED, LevelReader, guess_scale, number
from ecg_bench.ratings.intake._mapping import SheetMapping
from ecg_bench.ratings.intake._marks import Mark, read_mark
from ecg_bench.ratings.intake._text import key

JUDGES = frozenset({"judge", "llm judge", "judge verdict", "llm as a judge"})  # whose columns are no human's
# Words with which the header of a column of one rater's levels begins.
_PERSONS = frozenset(
    (
        *("rater", "annotator", "reviewer", "expert", "evaluator", "assessor", "grader", "physician", "doctor", "r"),
        *("cardiologist", "clinician", "rating", "bewertung", "bewerter", "bewerterin", "gutachter", "gutachterin"),
        *("arzt", "aerztin", "kardiologe", "kardiologin", "experte", "expertin", "label", "human", "judge"),
    )
)
_RIGHT = frozenset({"correct", "is correct", "richtig", "korrekt", "ist richtig", "ist korrekt"})
YES_NO = {
    **dict.fromkeys(("yes", "y", "ja", "j", "true", "wahr", "1", "x"), "correct"),
    **dict.fromkeys(("no", "n", "nein", "false", "falsch", "0"), "incorrect"),
}


class Content:
    """The cells below a header.

    Parameters
    ----------
    sheet : Sheet
        The sheet.
    place : int
        Of the header, in `sheet.rows`.
    told : SheetMapping
        What the user says.
    """

    def __init__(self, sheet: Sheet, place: int, told: SheetMapping) -> None:
        self.path = sheet.path
        self.header: Row = sheet.rows[place]
        self.heads = [cell.strip() for cell in self.header.cells]
        self.told = told
        self._rows = sheet.rows[place + 1 :]
        self._texts: dict[int, list[str]] = {}

    def texts(self, column: int) -> list[str]:
        """Return the cells of a column that say something."""
        if column not in self._texts:
            cells = (row.cells[column].strip() for row in self._rows if column < len(row.cells))
            self._texts[column] = [cell for cell in cells if cell]
        return self._texts[column]

    def has_levels(self, column: int) -> bool:
        """Whether the cells of a column are levels; of whole numbers only where its header names a person."""
        texts = [text for text in self.texts(column) if text.casefold() not in UNRATED]
        if self.told.scale is not None:
            reader = LevelReader(self.told.scale, self.told.level_names)
            return bool(texts) and sum(bool(reader.read(text).levels) for text in texts) >= EXPLAINED * len(texts)
        if not texts or guess_scale(texts) is None:
            return False
        return self.names_person(column) or not self.numeric(column)

    def numeric(self, column: int) -> bool:
        """Whether all cells of a column are numbers."""
        return all(number(text) is not None for text in self.texts(column))

    def names_person(self, column: int) -> bool:
        """Whether a header sounds like a rater."""
        head = key(self.heads[column])
        return head in JUDGES or head.partition(" ")[0] in _PERSONS or self.heads[column] in self.told.sources

    def judges(self) -> set[int]:
        """Return the columns of judges: those that the user names, and those that are called so and hold levels."""
        named = {column for column, head in enumerate(self.heads) if head in self.told.sources}
        called = {column for column, head in enumerate(self.heads) if key(head) in JUDGES}
        return named | {column for column in called if self.has_levels(column)}

    def raters(self, columns: Iterable[int], judges: set[int]) -> list[int]:
        """Return those of some columns whose cells are levels of one scale."""
        found = [one for one in columns if self.heads[one] and (one in judges or self.has_levels(one))]
        while found and self.told.scale is None and guess_scale(t for c in found for t in self.texts(c)) is None:
            found.remove(min(found, key=lambda column: (self._fits(column, found), column)))
        return found

    def _fits(self, column: int, others: Sequence[int]) -> int:
        """Return with how many other columns a column shares a scale."""
        return sum(guess_scale(self.texts(column) + self.texts(other)) is not None for other in others)

    def marked(self, column: int) -> bool:
        """Whether a column holds marks and nothing else; ones alone may as well number something."""
        texts = self.texts(column)
        return bool(texts) and all(read_mark(one) is Mark.MARK for one in texts) and not self.numeric(column)

    def says_correct(self) -> int | None:
        """Return a column that is named after the best level alone, and whose cells say yes and no."""
        found = [column for column, head in enumerate(self.heads) if key(head) in _RIGHT]
        if len(found) != 1:
            return None
        cells = {_whole(text.casefold()) for text in self.texts(found[0])} - UNRATED
        return found[0] if cells and cells <= YES_NO.keys() else None


def _whole(cell: str) -> str:
    value = number(cell)
    return cell if value is None or not value.is_integer() else str(int(value))
