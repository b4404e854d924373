"""ecg-bench: how good language models are at electrocardiography, with honest denominators, intervals and tests.

>>> import ecg_bench
>>> run = ecg_bench.evaluate(model="baseline/bm25", tasks="ecg/mcq-checked")  # doctest: +SKIP
>>> run.to_pandas()  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecg_bench.boards import Leaderboard, leaderboard
    from ecg_bench.comparison import Comparison, compare
    from ecg_bench.domains import Task, find_domains, find_tasks
    from ecg_bench.errors import StoppedError, UserError
    from ecg_bench.evaluation import DryRun, Run, dry_run, evaluate, evaluate_systems, load_run, resume
    from ecg_bench.limits import Limits
    from ecg_bench.prices import Price
    from ecg_bench.settings import Settings

# Imported on first use, so that `import ecg_bench` costs nothing.
_PUBLIC = {
    "Comparison": "ecg_bench.comparison",
    "DryRun": "ecg_bench.evaluation",
    "Leaderboard": "ecg_bench.boards",
    "Limits": "ecg_bench.limits",
    "Price": "ecg_bench.prices",
    "Run": "ecg_bench.evaluation",
    "Settings": "ecg_bench.settings",
    "StoppedError": "ecg_bench.errors",
    "Task": "ecg_bench.domains",
    "UserError": "ecg_bench.errors",
    "compare": "ecg_bench.comparison",
    "dry_run": "ecg_bench.evaluation",
    "evaluate": "ecg_bench.evaluation",
    "evaluate_systems": "ecg_bench.evaluation",
    "find_domains": "ecg_bench.domains",
    "find_tasks": "ecg_bench.domains",
    "leaderboard": "ecg_bench.boards",
    "load_run": "ecg_bench.evaluation",
    "resume": "ecg_bench.evaluation",
}

__all__ = [
    "Comparison",
    "DryRun",
    "Leaderboard",
    "Limits",
    "Price",
    "Run",
    "Settings",
    "StoppedError",
    "Task",
    "UserError",
    "compare",
    "dry_run",
    "evaluate",
    "evaluate_systems",
    "find_domains",
    "find_tasks",
    "leaderboard",
    "load_run",
    "resume",
]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'ecg_bench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
