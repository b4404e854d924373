"""Published results, beside which one's own can be shown: marked, never rerun."""

from ecg_bench.published._records import (
    ContradictionRecord,
    PublishedCellRecord,
    PublishedRecord,
    PublishedTableRecord,
)

__all__ = ["ContradictionRecord", "PublishedCellRecord", "PublishedRecord", "PublishedTableRecord"]
