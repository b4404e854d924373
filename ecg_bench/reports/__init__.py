"""A leaderboard as one page that needs no network: what is shown, and in which words."""

from ecg_bench.reports._page import page
from ecg_bench.reports._samples import sample_elements

__all__ = ["page", "sample_elements"]
