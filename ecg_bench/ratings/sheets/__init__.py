"""Making sheets for the expert: what is drawn, how it is blinded, and what it can tell."""

from ecg_bench.ratings.sheets._draw import draw, plan
from ecg_bench.ratings.sheets._export import check_targets, export_sheet
from ecg_bench.ratings.sheets._order import Assignment, Drawn
from ecg_bench.ratings.sheets._page import Page, Rubric, rubric
from ecg_bench.ratings.sheets._sample import Plan, Sample
from ecg_bench.ratings.sheets._table import KEY_COLUMNS
from ecg_bench.ratings.sheets._widths import SystemWidths, Widths

__all__ = [
    "KEY_COLUMNS",
    "Assignment",
    "Drawn",
    "Page",
    "Plan",
    "Rubric",
    "Sample",
    "SystemWidths",
    "Widths",
    "check_targets",
    "draw",
    "export_sheet",
    "plan",
    "rubric",
]
