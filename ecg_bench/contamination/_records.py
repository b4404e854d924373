"""What ``leaderboard.json`` says about contamination."""

from __future__ import annotations

from pydantic import Field

from ecg_bench.runs import EstimateRecord, Record


class ContaminationRecord(Record):
    """What a system may have seen of a task before."""

    system: str
    task: str
    documents: int = Field(description="documents that the system is known to have been given")
    samples: int
    passages_seen: int | None = Field(
        description="samples whose source passage stands in them; null where passages aren't known"
    )
    overlapping: int = Field(description="samples of which an n-gram stands in them")
    undecided: int = Field(description="samples too short, or too much like others, to have an n-gram of their own")
    n: int = Field(description="words of an n-gram")
    seen: EstimateRecord | None = Field(
        description="the main metric on samples that were seen in either way; null of open answers, and where none was"
    )
    unseen: EstimateRecord | None
