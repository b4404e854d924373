"""Scores of sets of labels, as pure functions on arrays.

Every answer is reduced to counts for each label once; scores are ratios of their sums, so that intervals, slices and
subsets are array indexing. Where answers carry a number for each label, they can be ranked too: `macro_auc`, `fmax`.
"""

from ecg_bench.label_metrics._counts import FEW, Counts, label_counts
from ecg_bench.label_metrics._ranking import RANKED, auc, fmax, macro_auc
from ecg_bench.label_metrics._scores import BY_LABEL, CASES, OVERALL

__all__ = ["BY_LABEL", "CASES", "FEW", "OVERALL", "RANKED", "Counts", "auc", "fmax", "label_counts", "macro_auc"]
