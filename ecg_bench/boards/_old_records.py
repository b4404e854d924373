"""What ``leaderboard.json`` holds."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ecg_bench.runs import EstimateRecord, Record

BOARD_VERSION: Literal["1.3"] = "1.3"


class DifferenceRecord(Record):
    """A paired difference to the best system: this system's mean score less the best one's, on common samples."""

    value: float
    low: float
    high: float
    p: float = Field(description="two-sided, by the method of the task's board, not adjusted")
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


class RatedDifferenceRecord(Record):
    """Two systems' mean human scores: the first less the second."""

    first: str
    second: str
    value: float
    low: float | None = Field(description="null where no spread of the differences is seen")
    high: float | None
    p: float | None = Field(description="two-sided, not adjusted; null where it can't be tested")
    p_holm: float | None = Field(description="adjusted over all pairs")
    floor: float | None = Field(
        description="the least p that a permutation test of so many questions or draws can give"
    )
    common: int = Field(description="questions for which both have a rating")
    method: str


class RatedEntryRecord(Record):
    """One system by human ratings."""

    system: str
    rank_low: int
    rank_high: int
    letters: str = Field(description="systems that share a letter can't be told apart")
    tied_with_best: bool
    rated: int = Field(description="answers with a level")
    without_level: int = Field(description="answers that were shown to a rater and have no single level")
    levels: dict[str, int]
    top: EstimateRecord = Field(description="share of answers at the highest level")
    score: EstimateRecord = Field(description="mean of the values of the levels")


class RatingBoardRecord(Record):
    """The systems by human ratings, highest mean score first."""

    criterion: str
    scale: str
    gold: str = Field(description="whose ratings, or how several were combined")
    raters: list[str]
    questions: int
    entries: list[RatedEntryRecord]
    differences: list[RatedDifferenceRecord]
    notes: list[str]


class BoardRecord(Record):
    """``leaderboard.json``."""

    schema_version: Literal["1.3"] = BOARD_VERSION
    tasks: list[TaskBoardRecord]
    ratings: RatingBoardRecord | None = Field(None, description="the systems by human ratings, where these were given")
