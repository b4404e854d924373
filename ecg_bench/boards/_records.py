"""What ``leaderboard.json`` holds."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ecg_bench.runs import SCHEMA_VERSION, EstimateRecord
from ecg_bench.runs._records import Record


class DifferenceRecord(Record):
    """A paired difference to the best system: this system's mean score less the best one's, on common samples."""

    value: float
    low: float
    high: float
    p: float = Field(description="two-sided, paired bootstrap over clusters, not adjusted")
    p_holm: float = Field(description="adjusted over all pairs of the task's systems")


class EntryRecord(Record):
    """One system on one task."""

    system: str
    run: str = Field(description="the run directory")
    rank_low: int = Field(description="1 + the number of systems that are significantly better")
    rank_high: int = Field(description="number of systems less those that are significantly worse")
    tied_with_best: bool
    main: EstimateRecord
    parsed: EstimateRecord | None = Field(description="accuracy where an answer could be read")
    outcomes: dict[str, int]
    to_best: DifferenceRecord | None = Field(description="none for the best system itself")


class TaskBoardRecord(Record):
    """The systems on one task, best value first."""

    task: str
    title: str
    metric: str
    common_samples: int = Field(description="samples that every system was asked; tests use these")
    clusters: int = Field(description="groups among them; what is resampled")
    pairs: int = Field(description="comparisons that p-values are adjusted over")
    method: str
    entries: list[EntryRecord]
    notes: list[str]


class BoardRecord(Record):
    """``leaderboard.json``."""

    schema_version: Literal["1.2"] = SCHEMA_VERSION
    tasks: list[TaskBoardRecord]
