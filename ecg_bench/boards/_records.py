"""What ``leaderboard.json`` holds."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from ecg_bench.files import to_json, write_whole
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

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    tasks: list[TaskBoardRecord]


class Leaderboard(BoardRecord):
    """A leaderboard, as data, and ready to be shown or written."""

    def write(self, folder: str | Path) -> None:
        """Write ``leaderboard.json``, ``.md`` and ``.csv`` into a folder, which is made if need be."""
        from ecg_bench.boards._render import as_csv, as_markdown

        out = Path(folder)
        out.mkdir(parents=True, exist_ok=True)
        write_whole(out / "leaderboard.json", to_json(self.model_dump(mode="json")))
        write_whole(out / "leaderboard.md", as_markdown(self))
        write_whole(out / "leaderboard.csv", as_csv(self))

    def _repr_markdown_(self) -> str:
        from ecg_bench.boards._render import as_markdown

        return as_markdown(self)
