"""Making sheets for the expert: what is drawn, how it is blinded, and what it can tell."""

from ecg_bench.ratings.sheets._draw import Plan, Sample, draw, plan
from ecg_bench.ratings.sheets._order import Assignment, Drawn
from ecg_bench.ratings.sheets._widths import SystemWidths, Widths

__all__ = ["Assignment", "Drawn", "Plan", "Sample", "SystemWidths", "Widths", "draw", "plan"]
