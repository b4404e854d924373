"""Statistics on arrays: no files, no models, no globals."""

from ecg_bench.statistics._agreement import effective_votes, krippendorff_alpha
from ecg_bench.statistics._bootstrap import bootstrap_ratio, bootstrap_sums, paired_differences
from ecg_bench.statistics._intervals import Interval, wilson
from ecg_bench.statistics._multiplicity import holm

__all__ = [
    "Interval",
    "bootstrap_ratio",
    "bootstrap_sums",
    "effective_votes",
    "holm",
    "krippendorff_alpha",
    "paired_differences",
    "wilson",
]
