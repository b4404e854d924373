"""Running tasks against a model: from a task's samples to a finished run directory."""

from ecg_bench.evaluation._dry_run import DryRun, TaskEstimate, estimate
from ecg_bench.evaluation._evaluate import DEFAULT_MODEL, dry_run, evaluate, evaluate_systems, resume, say
from ecg_bench.evaluation._prepare import plan, prepare
from ecg_bench.evaluation._run import Run, load_run
from ecg_bench.evaluation._session import carry_out

__all__ = [
    "DEFAULT_MODEL",
    "DryRun",
    "Run",
    "TaskEstimate",
    "carry_out",
    "dry_run",
    "estimate",
    "evaluate",
    "evaluate_systems",
    "load_run",
    "plan",
    "prepare",
    "resume",
    "say",
]
