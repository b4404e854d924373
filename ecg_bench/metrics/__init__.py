"""Metrics: what a table of scores is reduced to.

A metric turns every row into a numerator and a denominator once; its value is the ratio of their sums, so that
intervals, slices and paired tests are array indexing. To add one, copy a function of ``_rates.py`` and add a line to
`METRICS`.
"""

from ecg_bench.metrics._base import DRAWS, Estimate, Metric, Statistics, Tally, few_clusters
from ecg_bench.metrics._rates import METRICS, STATEMENT_SCORES, metrics_for

__all__ = [
    "DRAWS",
    "METRICS",
    "STATEMENT_SCORES",
    "Estimate",
    "Metric",
    "Statistics",
    "Tally",
    "few_clusters",
    "metrics_for",
]
