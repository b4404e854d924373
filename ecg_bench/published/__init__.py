"""Published results, beside which one's own can be shown: marked, never rerun."""

from ecg_bench.published._discovery import names, published
from ecg_bench.published._medians import median_ranks
from ecg_bench.published._records import (
    ContradictionRecord,
    PublishedCellRecord,
    PublishedRecord,
    PublishedTableRecord,
)
from ecg_bench.published._render import as_csv, as_markdown, print_published

__all__ = [
    "ContradictionRecord",
    "PublishedCellRecord",
    "PublishedRecord",
    "PublishedTableRecord",
    "as_csv",
    "as_markdown",
    "median_ranks",
    "names",
    "print_published",
    "published",
]
