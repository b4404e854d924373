"""Scoring answers that are stored: text metrics over runs, or over files of answers and references."""

from ecg_bench.scoring._files import score_file
from ecg_bench.scoring._metrics import DEFAULT_METRICS, open_metrics
from ecg_bench.scoring._runs import score_run

__all__ = ["DEFAULT_METRICS", "open_metrics", "score_file", "score_run"]
