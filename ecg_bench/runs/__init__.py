"""What a run leaves behind: the public contract, its reading and its writing."""

from ecg_bench.runs._directory import RESULTS, RUN, SAMPLES, SCORES, RunDirectory, RunWriter, difference, identity, now
from ecg_bench.runs._journal import Journal, Slots
from ecg_bench.runs._records import (
    SCHEMA_VERSION,
    BoundsRecord,
    EstimateRecord,
    MessageRecord,
    RequestRecord,
    ResultsRecord,
    RunRecord,
    SampleRecord,
    SystemRecord,
    TaskRecord,
    TaskResultRecord,
    UsageRecord,
)
from ecg_bench.runs._table import Labels, ScoreTable, ScoreWriter, TableBuilder, read_scores

__all__ = [
    "RESULTS",
    "RUN",
    "SAMPLES",
    "SCHEMA_VERSION",
    "SCORES",
    "BoundsRecord",
    "EstimateRecord",
    "Journal",
    "Labels",
    "MessageRecord",
    "RequestRecord",
    "ResultsRecord",
    "RunDirectory",
    "RunRecord",
    "RunWriter",
    "SampleRecord",
    "ScoreTable",
    "ScoreWriter",
    "Slots",
    "SystemRecord",
    "TableBuilder",
    "TaskRecord",
    "TaskResultRecord",
    "UsageRecord",
    "difference",
    "identity",
    "now",
    "read_scores",
]
