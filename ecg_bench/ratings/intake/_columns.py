"""Which column of a sheet holds what, by header and by content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.ratings._scale import Scale
from ecg_bench.ratings.intake._content import YES_NO, Content
from ecg_bench.ratings.intake._grid import Row, Sheet
from ecg_bench.ratings.intake._headers import bare, match_headers
from ecg_bench.ratings.intake._levels import guess_scale
from ecg_bench.ratings.intake._lexicon import FIELD_NAMES, RANKS, SCALES
from ecg_bench.ratings.intake._mapping import SheetMapping
from ecg_bench.ratings.intake._report import ColumnRecord, Layout
from ecg_bench.ratings.intake._text import key
from ecg_bench.ratings.intake._wide import mark_columns

_FLAG = "a flag"


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

    Raises
    ------
    UserError
        If a column that the user names is not there, or the level of a column of marks can't be known.
    """
    return _Finder(Content(sheet, place, told)).find()


class _Finder:
    def __init__(self, content: Content) -> None:
        self.content, self.told, self.heads = content, content.told, content.heads
        self.fields: dict[str, int] = {}
        self.levels: dict[int, str] = {}
        self.raters: dict[int, str] = {}
        self.scale: Scale | None = None
        self.names: Mapping[str, str] = {}
        self.why: dict[int, tuple[str, str]] = {}
        self.doubtful: list[str] = []

    def find(self) -> Columns | None:
        self._told()
        if not self.raters and "level" not in self.fields:
            self._marks()
        if not self.raters and not self.levels and "level" not in self.fields:
            self._yes_and_no()
        self._named()
        self._settle()
        layout = self._layout()
        if layout is None:
            return None
        if layout == "one column per system":
            for column, name in self.raters.items():
                self.why[column] = f"system {name}", "its cells are levels"
        self._unused()
        records = [
            ColumnRecord(header=self.heads[column], meaning=meaning, why=why)
            for column, (meaning, why) in sorted(self.why.items())
        ]
        header = self.content.header
        return Columns(
            layout, header, self.fields, self.levels, self.raters, self.scale, self.names, records, self.doubtful
        )

    def _layout(self) -> Layout | None:
        fields, system = self.fields, "system" in self.fields or self.told.system
        if "code" in fields and "system" not in fields:
            return "a blinded sheet" if self.levels or "level" in fields else None
        if self.levels:
            return "one mark column per level" if fields or system else None
        if "level" in fields:
            return "one row per rating" if len(fields) > 1 or system else None
        if self.raters and system:
            return "one column per rater"
        return "one column per system" if self.raters and fields and "rater" not in fields else None

    def _told(self) -> None:
        for name, head in self.told.columns.items():
            self.fields[name] = self._column(head)
            self.why[self.fields[name]] = name, _FLAG
        for head in self.told.rater_columns:
            column = self._column(head)
            self.raters[column] = head
            self.why[column] = f"rater {head}", _FLAG

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
            path=self.content.path,
            line=self.content.header.line or None,
        )

    def _marks(self) -> None:
        """Find columns of marks."""
        marks = mark_columns(self.content, set(self.fields.values()))
        if marks is None:
            return
        self.scale = marks.scale
        for column, near in marks.found.items():
            self.levels[column] = near.target
            self.why[column] = f"level {near.target}", near.how
            if near.how == "misspelt":
                self.doubtful.append(f"the column {self.heads[column]!r} is taken for the level {near.target!r}")

    def _yes_and_no(self) -> None:
        """Find a single column that says whether an answer is correct."""
        column = self.content.says_correct()
        if column is not None:
            self.fields["level"], self.scale, self.names = column, SCALES[0].scale, YES_NO
            self.why[column] = "level", "its cells: a column of yes and no for one level"
            self.doubtful.append(f"the column {self.heads[column]!r} says of each answer whether it is correct")

    def _named(self) -> None:
        """Add the columns that are known by their headers; of two for the same field the more usual name wins."""
        fields, taken = self.fields, {*self.levels, *self.raters, *self.fields.values()}
        free = {c: head for c, head in enumerate(self.heads) if head and c not in taken}
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

    def _settle(self) -> None:
        """Look into the columns: what is called a rating need not be one, and raters have names of all kinds."""
        fields, content = self.fields, self.content
        if "rater" in fields and not self._is_told("rater") and content.has_levels(fields["rater"]):
            del self.why[fields.pop("rater")]  # one rater's levels, under the rater's title
        if self.levels or self.raters:
            if "level" in fields:
                self.why[fields.pop("level")] = "", "other columns have the levels"
            return
        judges = content.judges()
        if "level" in fields and not self._is_told("level") and (judges or self._is_beside_levels(fields["level"])):
            self.why[fields.pop("level")] = "", "its cells are no levels, and those of other columns are"
        elif "level" not in fields and "score" in fields and not judges:
            fields["level"] = fields.pop("score")
        if "level" not in fields and "code" not in fields:
            self._raters(judges)

    def _is_told(self, name: str) -> bool:
        return self.why[self.fields[name]][1] == _FLAG

    def _is_beside_levels(self, column: int) -> bool:
        """Whether a column that is called the rating holds none, such as explanations, where other columns do."""
        texts = self.content.texts(column)
        if self.told.scale or not texts or "code" in self.fields or guess_scale(texts) is not None:
            return False
        return any(map(self.content.has_levels, set(range(len(self.heads))) - set(self.fields.values())))

    def _raters(self, judges: set[int]) -> None:
        """Find the columns of raters by their cells."""
        taken = set(self.fields.values()) - judges
        for column in self.content.raters([c for c in range(len(self.heads)) if c not in taken], judges):
            name = self.raters[column] = self.heads[column]
            self.why[column] = f"rater {name}", "its cells are levels"
            if not self.content.names_person(column):
                self.doubtful.append(f"the column {name!r} is taken for one rater's (or system's) levels")

    def _unused(self) -> None:
        """Write down which columns are not read, and of which that is doubtful."""
        content = self.content
        used = {*self.fields.values(), *self.levels, *self.raters}
        for column, head in enumerate(self.heads):
            if column in used or not content.texts(column):
                continue
            self.why.setdefault(column, ("", "not known"))
            if self.levels and content.marked(column):
                self.doubtful.append(f"the column {head!r} holds marks but is no level: it is not read")
            elif not self.raters and not content.numeric(column) and content.has_levels(column):
                self.doubtful.append(f"the column {head!r} holds levels too, but is not read")
            elif not head:
                self.doubtful.append(f"column {column + 1} has cells but no header: it is not read")
