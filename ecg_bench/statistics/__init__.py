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
from ecg_bench.statistics._bootstrap import bootstrap_ratio, bootstrap_sums, paired_differences
from ecg_bench.statistics._ceiling import CeilingRow, PairwiseF1, human_ceiling, pairwise_f1
from ecg_bench.statistics._coefficient import Coefficient
from ecg_bench.statistics._estimate import bootstrap_coefficient, estimate
from ecg_bench.statistics._graded import BlandAltman, IntraclassCorrelations, bland_altman, intraclass_correlations
from ecg_bench.statistics._gwet import brennan_prediger, fleiss_kappa, gwet_ac, gwet_error
from ecg_bench.statistics._intervals import Interval, wilson
from ecg_bench.statistics._jackknife import Estimate
from ecg_bench.statistics._kappa import cohen_kappa, kappa_errors
from ecg_bench.statistics._multiplicity import holm
from ecg_bench.statistics._rank import spearman, tau_b
from ecg_bench.statistics._votes import effective_votes

__all__ = [
    "AlternativeRow",
    "AlternativeTest",
    "BlandAltman",
    "CeilingRow",
    "Coefficient",
    "Estimate",
    "Interval",
    "IntraclassCorrelations",
    "PairwiseF1",
    "adjacent_agreement",
    "alternative_annotator_test",
    "association",
    "bland_altman",
    "bootstrap_coefficient",
    "bootstrap_ratio",
    "bootstrap_sums",
    "brennan_prediger",
    "cohen_kappa",
    "effective_votes",
    "estimate",
    "exact_agreement",
    "false_omission",
    "fleiss_kappa",
    "gwet_ac",
    "gwet_error",
    "holm",
    "human_ceiling",
    "intraclass_correlations",
    "kappa_errors",
    "krippendorff",
    "krippendorff_alpha",
    "macro_f1",
    "negative_agreement",
    "npv",
    "paired_differences",
    "pairwise_f1",
    "positive_agreement",
    "ppv",
    "sensitivity",
    "spearman",
    "specificity",
    "tau_b",
    "wilson",
    "youden",
]
