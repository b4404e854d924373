"""Which column of a sheet holds what, by header and by content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.ratings._scale import Scale
from ecg_bench.ratings.intake._grid import Row, Sheet
from ecg_bench.ratings.intake._headers import bare, match_headers
from ecg_bench.ratings.intake._levels import EXPLAINED, UNRATED, LevelReader, guess_scale, number
from ecg_bench.ratings.intake._lexicon import FIELD_NAMES, RANKS, SCALES
from ecg_bench.ratings.intake._mapping import SheetMapping
from ecg_bench.ratings.intake._marks import Mark, read_mark
from ecg_bench.ratings.intake._report import ColumnRecord, Layout
from ecg_bench.ratings.intake._text import Near, key

_PERSONS = frozenset(
    (
        *("rater", "annotator", "reviewer", "expert", "evaluator", "assessor", "grader", "physician", "doctor", "r"),
        *("cardiologist", "clinician", "rating", "bewertung", "bewerter", "bewerterin", "gutachter", "gutachterin"),
        *("arzt", "aerztin", "kardiologe", "kardiologin", "experte", "expertin", "label", "human", "judge"),
    )
)
JUDGES = frozenset({"judge", "llm judge", "judge verdict", "llm as a judge"})  # whose columns are no human's
_RIGHT = frozenset({"correct", "is correct", "richtig", "korrekt", "ist richtig", "ist korrekt"})
_YES_NO = {
    **dict.fromkeys(("yes", "y", "ja", "j", "true", "wahr", "1", "x"), "correct"),
    **dict.fromkeys(("no", "n", "nein", "false", "falsch", "0"), "incorrect"),
}


@dataclass
class Columns:
    """The columns of a sheet.

    Parameters
    ----------
    layout : str
        How ratings are laid out.
    header : Row
        The row with the names.
    fields : dict of str to int
        Where the fields of `ecg_bench.ratings.intake._lexicon.FIELDS` stand.
    levels : dict of int to str
        Columns of marks, and for which level.
    raters : dict of int to str
        Columns of one rater's levels, and whose.
    scale : Scale or None
        Where the columns themselves say it.
    names : mapping of str to str
        Further names of levels that the sheet implies.
    records : list of ColumnRecord
        What each column was taken for, and why.
    doubtful : list of str
        Decisions that could have fallen otherwise.
    """

    layout: Layout
    header: Row
    fields: dict[str, int]
    levels: dict[int, str] = field(default_factory=dict)
    raters: dict[int, str] = field(default_factory=dict)
    scale: Scale | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    records: list[ColumnRecord] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)


def find_columns(sheet: Sheet, place: int, told: SheetMapping) -> Columns | None:
    """Return what the columns below a row hold, if that row may be a header; None where it is none.

    Parameters
    ----------
    sheet : Sheet
        The sheet.
    place : int
        Of the row, in `sheet.rows`.
    told : SheetMapping
        What the user says; it goes before everything else.
    """
    return _Finder(sheet, place, told).find()


class _Finder:
    def __init__(self, sheet: Sheet, place: int, told: SheetMapping) -> None:
        self.header = sheet.rows[place]
        self.rows = sheet.rows[place + 1 :]
        self.told = told
        self.path = sheet.path
        self.heads = [cell.strip() for cell in self.header.cells]
        self.why: dict[int, tuple[str, str]] = {}
        self.doubtful: list[str] = []
        self._texts: dict[int, list[str]] = {}

    def find(self) -> Columns | None:
        fields = self._told_fields()
        raters = {self._column(name): name for name in self.told.rater_columns}
        for column, name in raters.items():
            self.why[column] = f"rater {name}", "a flag"
        levels, scale = ({}, None) if raters or "level" in fields else self._levels(set(fields.values()))
        names: Mapping[str, str] = {}
        right = None if raters or levels or "level" in fields else self._right()
        if right is not None:
            fields["level"], scale, names = right, SCALES[0].scale, _YES_NO
            self.why[right] = "level", "its cells: a column of yes and no for one level"
            self.doubtful.append(f"the column {self.heads[right]!r} says of each answer whether it is correct")
        self._fields(fields, taken={*levels, *raters})
        self._no_people(fields)
        judges = set() if raters or levels else self._judges()
        if judges and "level" in fields and self.why[fields["level"]][1] != "a flag":
            del self.why[fields.pop("level")]
        if "level" not in fields and "score" in fields and not levels and not raters:
            fields["level"] = fields.pop("score")
        if not levels and not raters and "level" not in fields and "code" not in fields:
            raters = self._raters(set(fields.values()) - judges, judges)
        if levels and "level" in fields:
            self.why[fields.pop("level")] = "", "the columns of marks have the levels"
        layout = self._layout(fields, levels, raters)
        if layout is None:
            return None
        if layout == "one column per system":
            for column, name in raters.items():
                self.why[column] = f"system {name}", "its cells are levels"
        self._unused({*fields.values(), *levels, *raters}, marks=bool(levels), rated=bool(levels) or "level" in fields)
        return Columns(layout, self.header, fields, levels, raters, scale, names, self._records(), self.doubtful)

    def _layout(self, fields: Mapping[str, int], levels: object, raters: Mapping[int, str]) -> Layout | None:
        if "code" in fields and "system" not in fields:
            return "a blinded sheet" if levels or "level" in fields else None
        if levels:
            return "one mark column per level" if fields or self.told.system else None
        if "level" in fields:
            return "one row per rating" if len(fields) > 1 or self.told.system else None
        if raters and ("system" in fields or self.told.system):
            return "one column per rater"
        return "one column per system" if raters and fields and "rater" not in fields else None

    def texts(self, column: int) -> list[str]:
        """Return the cells of a column that say something."""
        if column not in self._texts:
            cells = (row.cells[column].strip() for row in self.rows if column < len(row.cells))
            self._texts[column] = [cell for cell in cells if cell]
        return self._texts[column]

    def _column(self, name: str) -> int:
        for column, head in enumerate(self.heads):
            if head == name.strip():
                return column
        found = [column for column, head in enumerate(self.heads) if key(head) == key(name)]
        if len(found) == 1:
            return found[0]
        which = "no column" if not found else f"{len(found)} columns"
        raise UserError(
            f"has {which} {name!r}{did_you_mean(name, filter(None, self.heads)) if not found else ''}",
            path=self.path,
            line=self.header.line,
        )

    def _told_fields(self) -> dict[str, int]:
        found = {name: self._column(head) for name, head in self.told.columns.items()}
        for name, column in found.items():
            self.why[column] = name, "a flag"
        return found

    def _levels(self, taken: set[int]) -> tuple[dict[int, str], Scale | None]:
        """Return the columns of marks: those of the scale of which most are there."""
        heads = {
            c: head for c, head in enumerate(self.heads) if head and c not in taken and key(head) not in FIELD_NAMES
        }
        given = self.told.scale
        best: tuple[dict[int, Near[str]], Scale] | None = None
        for scale in (given,) if given else (known.scale for known in SCALES):
            found = match_headers(heads, LevelReader(scale, self.told.level_names if given else None).names)
            if len(found) > 1 and (best is None or len(found) > len(best[0])):
                best = found, scale
        if best is None or all(near.how == "misspelt" for near in best[0].values()):
            return {}, None
        found, scale = best
        # A sheet of long answers whose columns only sound like levels has no marks in them.
        odd = sum(read_mark(text) is Mark.ODD and len(text) > 60 for c in found for text in self.texts(c))
        if odd > sum(len(self.texts(c)) for c in found) / 2:
            return {}, None
        for column, near in found.items():
            self.why[column] = f"level {near.target}", near.how
            if near.how == "misspelt":
                self.doubtful.append(f"the column {self.heads[column]!r} is taken for the level {near.target!r}")
        self._refuse_copies(found, heads)
        return {column: near.target for column, near in found.items()}, scale

    def _refuse_copies(self, found: Mapping[int, Near[str]], heads: Mapping[int, str]) -> None:
        named = {key(self.heads[column]) for column in found}
        for column, head in heads.items():
            if column not in found and key(head) in named and self.texts(column):
                raise UserError(
                    f"has two columns {head!r}: which marks count can't be known, so delete or rename one",
                    path=self.path,
                    line=self.header.line,
                )

    def _right(self) -> int | None:
        """Return a column named after the best level alone, whose cells say yes and no."""
        found = [column for column, head in enumerate(self.heads) if key(head) in _RIGHT]
        if len(found) != 1 or not self.texts(found[0]):
            return None
        cells = {text.casefold() for text in self.texts(found[0])} - UNRATED
        return found[0] if cells and all(_plain(cell) in _YES_NO for cell in cells) else None

    def _judges(self) -> set[int]:
        """Return the columns of judges: those that the user names, and those that are called so and hold levels."""
        named = {c for c, head in enumerate(self.heads) if head in self.told.sources}
        return named | {c for c, head in enumerate(self.heads) if key(head) in JUDGES and self._has_levels(c)}

    def _fields(self, fields: dict[str, int], taken: set[int]) -> None:
        """Add the columns that are known by their headers; of two for the same field the more usual name wins."""
        free = {c: head for c, head in enumerate(self.heads) if head and c not in {*taken, *fields.values()}}
        exact = sorted((RANKS[key(head)], c) for c, head in free.items() if key(head) in FIELD_NAMES)
        for _, column in exact:
            name = FIELD_NAMES[key(self.heads[column])]
            if name in fields:
                self.why[column] = "", f"{self.heads[fields[name]]!r} is taken for {name}"
            else:
                fields[name] = column
                self.why[column] = name, "exact"
            free.pop(column)
        names = {name: target for name, target in FIELD_NAMES.items() if target not in fields}
        for column, near in match_headers({c: bare(head) for c, head in free.items()}, names).items():
            fields[near.target] = column
            self.why[column] = near.target, near.how
            if near.how == "misspelt":
                self.doubtful.append(f"the column {self.heads[column]!r} is taken for {near.target}")

    def _no_people(self, fields: dict[str, int]) -> None:
        """Take back a column of raters that holds levels, not names: it is one rater's column."""
        column = fields.get("rater")
        if column is not None and self.why[column][1] != "a flag" and self._has_levels(column):
            del fields["rater"], self.why[column]

    def _has_levels(self, column: int) -> bool:
        """Whether the cells of a column are levels; of whole numbers only where its header names a person."""
        texts = [text for text in self.texts(column) if text.casefold() not in UNRATED]
        if self.told.scale is not None:
            reader = LevelReader(self.told.scale, self.told.level_names)
            return bool(texts) and sum(bool(reader.read(text).levels) for text in texts) >= EXPLAINED * len(texts)
        if not texts or guess_scale(texts) is None:
            return False
        return self._names_person(column) or not all(number(text) is not None for text in texts)

    def _names_person(self, column: int) -> bool:
        head = key(self.heads[column])
        return head in JUDGES or head.partition(" ")[0] in _PERSONS or self.heads[column] in self.told.sources

    def _raters(self, taken: set[int], judges: set[int]) -> dict[int, str]:
        """Return the columns whose cells are levels of one scale."""
        found = [c for c, head in enumerate(self.heads) if head and c not in taken]
        found = [column for column in found if column in judges or self._has_levels(column)]
        while found and self.told.scale is None and guess_scale(t for c in found for t in self.texts(c)) is None:
            found.remove(min(found, key=lambda c: (self._fit(c, found), c)))
        for column in found:
            self.why[column] = f"rater {self.heads[column]}", "its cells are levels"
            if not self._names_person(column):
                self.doubtful.append(f"the column {self.heads[column]!r} is taken for one rater's (or system's) levels")
        return {column: self.heads[column] for column in found}

    def _fit(self, column: int, others: Sequence[int]) -> int:
        """Return with how many other columns a column shares a scale."""
        return sum(guess_scale(self.texts(column) + self.texts(other)) is not None for other in others)

    def _unused(self, used: set[int], *, marks: bool, rated: bool) -> None:
        for column, head in enumerate(self.heads):
            if column in used or not self.texts(column):
                continue
            self.why.setdefault(column, ("", "not known"))
            texts = self.texts(column)
            if marks and all(read_mark(text) is Mark.MARK for text in texts) and not all(t == "1" for t in texts):
                self.doubtful.append(f"the column {head!r} holds marks but is no level: it is not read")
            elif rated and not all(number(text) is not None for text in texts) and self._has_levels(column):
                self.doubtful.append(f"the column {head!r} holds levels too, but is not read")
            elif not head:
                self.doubtful.append(f"column {column + 1} has cells but no header: it is not read")

    def _records(self) -> list[ColumnRecord]:
        return [
            ColumnRecord(header=self.heads[column], meaning=meaning, why=why)
            for column, (meaning, why) in sorted(self.why.items())
            if column < len(self.heads)
        ]


def _plain(cell: str) -> str:
    value = number(cell)
    return cell if value is None or not value.is_integer() else str(int(value))
