"""Statistics on arrays: no files, no models, no globals."""

from ecg_bench.statistics._alpha import krippendorff, krippendorff_alpha
from ecg_bench.statistics._alternative import AlternativeRow, AlternativeTest, alternative_annotator_test
from ecg_bench.statistics._association import association
from ecg_bench.statistics._binary import (
    adjacent_agreement,
    exact_agreement,
    false_omission,
    macro_f1,
    negative_agreement,
    npv,
    positive_agreement,
    ppv,
    sensitivity,
    specificity,
    youden,
)
from ecg_bench.statistics._bootstrap import Differences, bootstrap_ratio, bootstrap_sums, paired_differences
from ecg_bench.statistics._bradley_terry import bradley_terry
from ecg_bench.statistics._clustered import (
    ALL_EQUAL,
    clustered_mean,
    clustered_slope,
    difference_of_means,
    with_width,
)
from ecg_bench.statistics._coefficient import Coefficient
from ecg_bench.statistics._contrast import contrast
from ecg_bench.statistics._corrected import Corrected, Design
from ecg_bench.statistics._correction import (
    CorrectedDifferences,
    corrected_differences,
    corrected_score,
    corrected_scores,
    human_scores,
)
from ecg_bench.statistics._estimate import bootstrap_coefficient, estimate
from ecg_bench.statistics._graded import BlandAltman, IntraclassCorrelations, bland_altman, intraclass_correlations
from ecg_bench.statistics._gwet import brennan_prediger, fleiss_kappa, gwet_ac, gwet_error
from ecg_bench.statistics._intervals import Interval, clopper_pearson, jeffreys, rule_of_three, wilson, wilson_corrected
from ecg_bench.statistics._jackknife import Estimate
from ecg_bench.statistics._kappa import cohen_kappa, kappa_errors
from ecg_bench.statistics._letters import letters, rank_sets
from ecg_bench.statistics._means import paired_means
from ecg_bench.statistics._multiplicity import benjamini_hochberg, benjamini_yekutieli, hochberg, holm
from ecg_bench.statistics._paired import McNemar, agresti_min, mcnemar, newcombe_paired
from ecg_bench.statistics._pairwise_f1 import PairwiseF1, pairwise_f1
from ecg_bench.statistics._planning import allocate, minimum_detectable_difference, planned_width, samples_needed
from ecg_bench.statistics._ppi import PredictionPowered, prediction_powered
from ecg_bench.statistics._rank import spearman, tau_b
from ecg_bench.statistics._rank_correlations import (
    RankCorrelations,
    rank_correlations,
    resampled_means,
    spearman_critical,
)
from ecg_bench.statistics._ranking import Ranking, rank_layers
from ecg_bench.statistics._rogan_gladen import ErrorRates, borrowed_score, error_rate_test, lee_interval, rogan_gladen
from ecg_bench.statistics._sign_flip import SignFlip, sign_flip
from ecg_bench.statistics._votes import effective_votes

__all__ = [
    "ALL_EQUAL",
    "AlternativeRow",
    "AlternativeTest",
    "BlandAltman",
    "Coefficient",
    "Corrected",
    "CorrectedDifferences",
    "Design",
    "Differences",
    "ErrorRates",
    "Estimate",
    "Interval",
    "IntraclassCorrelations",
    "McNemar",
    "PairwiseF1",
    "PredictionPowered",
    "RankCorrelations",
    "Ranking",
    "SignFlip",
    "adjacent_agreement",
    "agresti_min",
    "allocate",
    "alternative_annotator_test",
    "association",
    "benjamini_hochberg",
    "benjamini_yekutieli",
    "bland_altman",
    "bootstrap_coefficient",
    "bootstrap_ratio",
    "bootstrap_sums",
    "borrowed_score",
    "bradley_terry",
    "brennan_prediger",
    "clopper_pearson",
    "clustered_mean",
    "clustered_slope",
    "cohen_kappa",
    "contrast",
    "corrected_differences",
    "corrected_score",
    "corrected_scores",
    "difference_of_means",
    "effective_votes",
    "error_rate_test",
    "estimate",
    "exact_agreement",
    "false_omission",
    "fleiss_kappa",
    "gwet_ac",
    "gwet_error",
    "hochberg",
    "holm",
    "human_scores",
    "intraclass_correlations",
    "jeffreys",
    "kappa_errors",
    "krippendorff",
    "krippendorff_alpha",
    "lee_interval",
    "letters",
    "macro_f1",
    "mcnemar",
    "minimum_detectable_difference",
    "negative_agreement",
    "newcombe_paired",
    "npv",
    "paired_differences",
    "paired_means",
    "pairwise_f1",
    "planned_width",
    "positive_agreement",
    "ppv",
    "prediction_powered",
    "rank_correlations",
    "rank_layers",
    "rank_sets",
    "resampled_means",
    "rogan_gladen",
    "rule_of_three",
    "samples_needed",
    "sensitivity",
    "sign_flip",
    "spearman",
    "spearman_critical",
    "specificity",
    "tau_b",
    "wilson",
    "wilson_corrected",
    "with_width",
    "youden",
]
