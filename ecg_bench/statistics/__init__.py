"""Statistics on arrays: no files, no models, no globals."""

from ecg_bench.statistics._agreement import effective_votes, krippendorff_alpha
from ecg_bench.statistics._bootstrap import bootstrap_ratio, bootstrap_sums, paired_differences
from ecg_bench.statistics._bradley_terry import bradley_terry
from ecg_bench.statistics._corrected import Corrected, Design
from ecg_bench.statistics._correction import (
    CorrectedDifferences,
    corrected_differences,
    corrected_score,
    corrected_scores,
    human_scores,
)
from ecg_bench.statistics._intervals import (
    Interval,
    clopper_pearson,
    jeffreys,
    rule_of_three,
    wilson,
    wilson_corrected,
)
from ecg_bench.statistics._letters import letters, rank_sets
from ecg_bench.statistics._means import paired_means
from ecg_bench.statistics._multiplicity import benjamini_hochberg, benjamini_yekutieli, hochberg, holm
from ecg_bench.statistics._paired import McNemar, agresti_min, mcnemar, newcombe_paired
from ecg_bench.statistics._planning import allocate, minimum_detectable_difference, planned_width, samples_needed
from ecg_bench.statistics._ppi import PredictionPowered, prediction_powered
from ecg_bench.statistics._rogan_gladen import (
    ErrorRates,
    borrowed_score,
    error_rate_test,
    lee_interval,
    rogan_gladen,
)
from ecg_bench.statistics._sign_flip import SignFlip, sign_flip

__all__ = [
    "Corrected",
    "CorrectedDifferences",
    "Design",
    "ErrorRates",
    "Interval",
    "McNemar",
    "PredictionPowered",
    "SignFlip",
    "agresti_min",
    "allocate",
    "benjamini_hochberg",
    "benjamini_yekutieli",
    "bootstrap_ratio",
    "bootstrap_sums",
    "borrowed_score",
    "bradley_terry",
    "clopper_pearson",
    "corrected_differences",
    "corrected_score",
    "corrected_scores",
    "effective_votes",
    "error_rate_test",
    "hochberg",
    "holm",
    "human_scores",
    "jeffreys",
    "krippendorff_alpha",
    "lee_interval",
    "letters",
    "mcnemar",
    "minimum_detectable_difference",
    "newcombe_paired",
    "paired_differences",
    "paired_means",
    "planned_width",
    "prediction_powered",
    "rank_sets",
    "rogan_gladen",
    "rule_of_three",
    "samples_needed",
    "sign_flip",
    "wilson",
    "wilson_corrected",
]
