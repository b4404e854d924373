"""Two runs: what changed between them, sample by sample, and whether that can be told from chance."""

from ecg_bench.comparison._compare import Comparison, compare
from ecg_bench.comparison._conditions import FORMS
from ecg_bench.comparison._records import COMPARISON_VERSION, ComparisonRecord, DifferenceRecord
from ecg_bench.comparison._render import print_comparison
from ecg_bench.comparison._tables import as_csv, as_markdown

__all__ = [
    "COMPARISON_VERSION",
    "FORMS",
    "Comparison",
    "ComparisonRecord",
    "DifferenceRecord",
    "as_csv",
    "as_markdown",
    "compare",
    "print_comparison",
]
