"""What ``results/published/*.json`` holds: tables as they were printed, never rerun."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ecg_bench.runs import Record


class PublishedCellRecord(Record):
    """One printed value."""

    system: str
    column: str
    value: float | None = Field(description="in the column's unit; null where the paper prints none")
    rank: float | None = Field(None, description="as printed")
    n: int | None = Field(None, description="items, where the paper states them")
    low: float | None = Field(None, description="Wilson's 95 % interval, computed here from the value and n; else null")
    high: float | None = None
    note: str = ""


class PublishedTableRecord(Record):
    """One printed table, or the numbers of a figure."""

    name: str = Field(description="such as Table 1")
    title: str
    page: str = Field(description="where it stands in the source; empty if not known")
    unit: str = Field(description="such as per cent")
    columns: list[str]
    cells: list[PublishedCellRecord]
    notes: list[str]


class ContradictionRecord(Record):
    """Where the printed numbers contradict each other, found by computing and not by reading."""

    table: str
    system: str
    column: str
    kind: Literal["rank", "value", "median", "range"]
    printed: str
    recomputed: str
    sentence: str


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
