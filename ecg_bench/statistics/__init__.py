"""Statistics on arrays: no files, no models, no globals."""

from ecg_bench.statistics._agreement import effective_votes, krippendorff_alpha
from ecg_bench.statistics._bootstrap import bootstrap_ratio, bootstrap_sums, paired_differences
from ecg_bench.statistics._intervals import Interval, wilson
from ecg_bench.statistics._multiplicity import holm
from ecg_bench.statistics._planning import allocate, minimum_detectable_difference, planned_width, samples_needed

__all__ = [
    "Interval",
    "allocate",
    "bootstrap_ratio",
    "bootstrap_sums",
    "effective_votes",
    "holm",
    "krippendorff_alpha",
    "minimum_detectable_difference",
    "paired_differences",
    "planned_width",
    "samples_needed",
    "wilson",
]
