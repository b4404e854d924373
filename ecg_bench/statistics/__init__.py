"""Statistics on arrays: no files, no models, no globals."""

from ecg_bench.statistics._alpha import krippendorff, krippendorff_alpha
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
from ecg_bench.statistics._coefficient import Coefficient
from ecg_bench.statistics._estimate import Estimate
from ecg_bench.statistics._gwet import brennan_prediger, fleiss_kappa, gwet_ac
from ecg_bench.statistics._jackknife_tmp import association, estimate
from ecg_bench.statistics._kappa import cohen_kappa
from ecg_bench.statistics._clustered import clustered_mean, clustered_slope, difference_of_means
from ecg_bench.statistics._rank import spearman, tau_b
from ecg_bench.statistics._votes import effective_votes


def alternative_annotator_test(h, j, e):
    from types import SimpleNamespace as S

    return S(omega=None, rho=None, raters=(), reason="tmp")


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
