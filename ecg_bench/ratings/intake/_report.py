"""What an import says of itself: ``ratings.intake.json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ecg_bench.runs._records import Record

INTAKE_VERSION: Literal["1"] = "1"
Layout = Literal[
    "one mark column per level",
    "one row per rating",
    "one column per rater",
    "one column per system",
    "a blinded sheet",
    "a table of ratings",
]


class ColumnRecord(Record):
    """One column of a sheet, and what it was taken for."""

    header: str
    meaning: str = Field(description="field, level or rater; empty if the column was not used")
    why: str = Field(description="exact, abbreviated, misspelt, its cells, or a flag; or why it was not used")


class RowsRecord(Record):
    """What became of the rows of a file: each is counted once, and `read` is the sum of the others."""

    read: int = Field(description="rows below the header")
    kept: int = Field(description="rows of which at least one rating, or unrated answer, is in the table")
    collapsed: int = Field(description="rows that say nothing which another row doesn't")
    set_aside: int
    empty: int


class FileRecord(Record):
    """One file."""

    path: str
    sha256: str
    encoding: str
    separator: str
    sheet: str = Field(description="of a workbook; empty otherwise")
    layout: Layout
    header_line: int
    columns: list[ColumnRecord]
    rows: RowsRecord


class DecisionRecord(Record):
    """Something that was decided, and where."""

    code: str
    text: str
    file: str = Field(description="empty where it concerns no single file")
    lines: list[int]
    guess: bool = Field(description="whether another reading was possible; --strict refuses those")


class SetAsideRecord(Record):
    """A row or cell that is not in the table."""

    file: str
    line: int
    column: str = Field(description="empty where it is the whole row")
    reason: str


class SystemRecord(Record):
    """The ratings of one system by the raters of one kind; repeats of a rating are counted apart."""

    system: str
    source: str
    criterion: str
    n: int = Field(description="first ratings with exactly one level")
    missing: int = Field(description="shown, but not rated")
    several: int = Field(description="ratings with more than one level")
    repeats: int = Field(description="ratings after the first of the same answer by the same rater")
    levels: dict[str, int] = Field(description="of the n, how many at each level")
    top: float | None = Field(description="share of the best level; null where n is 0")
    low: float | None = Field(description="95 % Wilson interval of that share")
    high: float | None
    mean: float | None = Field(description="mean of the levels' values")


class RaterRecord(Record):
    """One rater."""

    rater: str
    source: str
    ratings: int
    repeats: int = Field(description="of them, those after the first of the same answer")


class IntakeRecord(Record):
    """``ratings.intake.json``."""

    intake_version: Literal["1"] = INTAKE_VERSION
    ecg_bench: str
    made: str
    duplicates: str = Field(description="the rule for several rows about the same answer by the same rater")
    scales: dict[str, list[str]] = Field(description="criterion to the scales in use; more than one can't be compared")
    ratings: int = Field(description="in the table")
    files: list[FileRecord]
    raters: list[RaterRecord]
    systems: list[SystemRecord]
    decisions: list[DecisionRecord]
    set_aside: list[SetAsideRecord]
