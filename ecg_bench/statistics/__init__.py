"""Statistics on arrays: no files, no models, no globals."""

from ecg_bench.statistics._agreement import effective_votes, krippendorff_alpha
from ecg_bench.statistics._bootstrap import bootstrap_ratio, bootstrap_sums, paired_differences
from ecg_bench.statistics._bradley_terry import bradley_terry
from ecg_bench.statistics._intervals import (
    Interval,
    clopper_pearson,
    jeffreys,
    rule_of_three,
    wilson,
    wilson_corrected,
)
from ecg_bench.statistics._letters import letters, rank_sets
from ecg_bench.statistics._multiplicity import benjamini_hochberg, benjamini_yekutieli, hochberg, holm
from ecg_bench.statistics._paired import McNemar, agresti_min, mcnemar, newcombe_paired
from ecg_bench.statistics._planning import allocate, minimum_detectable_difference, planned_width, samples_needed
from ecg_bench.statistics._sign_flip import SignFlip, sign_flip

__all__ = [
    "Interval",
    "McNemar",
    "SignFlip",
    "agresti_min",
    "allocate",
    "benjamini_hochberg",
    "benjamini_yekutieli",
    "bootstrap_ratio",
    "bootstrap_sums",
    "bradley_terry",
    "clopper_pearson",
    "effective_votes",
    "hochberg",
    "holm",
    "jeffreys",
    "krippendorff_alpha",
    "letters",
    "mcnemar",
    "minimum_detectable_difference",
    "newcombe_paired",
    "paired_differences",
    "planned_width",
    "rank_sets",
    "rule_of_three",
    "samples_needed",
    "sign_flip",
    "wilson",
    "wilson_corrected",
]
