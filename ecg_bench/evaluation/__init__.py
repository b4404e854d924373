"""Running tasks against a model: from a task's samples to a finished run directory."""

from ecg_bench.evaluation._dry_run import DryRun, TaskEstimate
from ecg_bench.evaluation._evaluate import dry_run, evaluate, evaluate_systems, resume
from ecg_bench.evaluation._run import Run, load_run

__all__ = ["DryRun", "Run", "TaskEstimate", "dry_run", "evaluate", "evaluate_systems", "load_run", "resume"]
