"""A publication's results as they are shown: what was printed, what follows from it, and what contradicts it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ecg_bench.runs import Record

Unit = Literal["per cent", "answers", "rank", "score"]


class PublishedCellRecord(Record):
    """One printed value."""

    system: str = Field(description="the row: a system, or what the table's `rows` says")
    column: str
    value: float | None = Field(description="in the table's unit; null where none is printed")
    rank: float | None = Field(None, description="as printed")
    n: int | None = Field(None, description="items, where they are stated")
    low: float | None = Field(
        None, description="Wilson's 95 % interval of the share, in per cent, computed here from the value and n"
    )
    high: float | None = None
    note: str = ""
    share: float | None = Field(None, description="in per cent; of a count, computed here from it and n")
    printed: str = Field("", description="the value, digit by digit as printed")


class PublishedTableRecord(Record):
    """One printed table, or the numbers of a figure."""

    name: str = Field(description="such as Table 1")
    title: str
    page: str = Field(description="where it stands in the source; empty if not known")
    unit: str = Field(description="per cent, answers, rank or score")
    columns: list[str]
    cells: list[PublishedCellRecord] = Field(description="row by row, in the order of the columns")
    notes: list[str]
    rows: str = Field("system", description="what a row is")


class ContradictionRecord(Record):
    """Where the printed numbers contradict each other, found by computing and not by reading."""

    table: str
    system: str = Field(description="the row; empty where it is about no single one")
    column: str
    kind: Literal["rank", "value", "median", "range", "test", "claim"] = Field(
        description="rank: order of ranks and values; value: one quantity printed twice; median: a rank or mean that "
        "doesn't follow from others; range: a mean F1 beside precision and recall; test: significance; claim: a "
        "sentence and the numbers"
    )
    printed: str
    recomputed: str
    sentence: str
    certain: bool = Field(
        True, description="false where the printed numbers need something unlikely or unstated, but could be"
    )


class PublishedRecord(Record):
    """A publication's results: *published, not rerun*."""

    name: str = Field(description="such as ecg-llm")
    title: str
    source: str = Field(description="citation")
    url: str
    status: Literal["published, not rerun"] = "published, not rerun"
    tables: list[PublishedTableRecord]
    contradictions: list[ContradictionRecord]
    untestable: str = Field(description="what can't be tested, and why: no answers to single items are published")
    read: str = Field("", description="how the numbers were read")
    systems: dict[str, str] = Field(default_factory=dict, description="each system, and what it is")
