"""Ratings of answers, by humans and by judges: one record, one table, whatever they were read from."""

from ecg_bench.ratings._records import (
    COLUMNS,
    RATINGS_VERSION,
    Rating,
    Source,
    is_ratings,
    item_id,
    normal,
    now,
    one_scale,
    read_ratings,
    write_ratings,
)
from ecg_bench.ratings._scale import Scale
from ecg_bench.ratings._verdicts import NO_ANSWER, judge_ratings

__all__ = [
    "COLUMNS",
    "NO_ANSWER",
    "RATINGS_VERSION",
    "Rating",
    "Scale",
    "Source",
    "is_ratings",
    "item_id",
    "judge_ratings",
    "normal",
    "now",
    "one_scale",
    "read_ratings",
    "write_ratings",
]
