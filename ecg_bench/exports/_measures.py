"""What other formats want to know of a run's metrics, and of what answered."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from pathlib import PurePath, PureWindowsPath

from ecg_bench.evaluation import Run
from ecg_bench.runs import EstimateRecord, RunDirectory, ScoringRecord, Scorings, TaskResultRecord
from ecg_bench.samples import Outcome

NORMAL = 1.959964  # the normal quantile of a two-sided 95 % interval
LOWER = ("rate_", "critical_missing", "critical_added", "critical_contradicted")
HIGHER = (
    "acc",
    "answered",
    "bleu",
    "corpus_bleu",
    "chrf",
    "corpus_chrf",
    "rouge",
    "meteor",
    "cider",
    "bertscore",
    "set_f1",
    "statement_",
    "meit_",
)


def shown_metrics(result: TaskResultRecord) -> Iterator[tuple[str, EstimateRecord]]:
    """Yield a task's metrics, the main one first; without rates that are 0."""
    names = [result.main_metric, *(name for name in result.metrics if name != result.main_metric)]
    for name in names:
        one = result.metrics[name]
        if not name.startswith("rate_") or one.value > 0:
            yield name, one


def card_metrics(result: TaskResultRecord, judges: frozenset[str]) -> Iterator[tuple[str, EstimateRecord]]:
    """Yield the metrics that a model card shows: the main one, text metrics, judges, and what went wrong, if it did.

    Not precision and recall apart, not diagnostics such as length, not the shares of a judge's levels.
    """
    unread = any(count for name, count in result.outcomes.items() if name != Outcome.OK)
    for name, one in shown_metrics(result):
        if name == result.main_metric or name.startswith("rate_") or name in judges:
            yield name, one
        elif name in ("acc_parsed", "answered"):
            if unread:
                yield name, one
        elif higher_is_better(name, judges) and not name.startswith("critical_") and not name.endswith(("_p", "_r")):
            yield name, one


def higher_is_better(metric: str, judges: frozenset[str]) -> bool | None:
    """Return whether more of a metric is better; None where neither is, such as for the length of answers."""
    if metric.startswith(LOWER):
        return False
    return True if metric.startswith((*HIGHER, "critical_recall")) or metric in judges else None


def standard_error(one: EstimateRecord) -> float | None:
    """Return the standard error of a value; None where it can't be told.

    Of a rate with Wilson's interval, ``sqrt(p (1 - p) / (n - 1))``, as lm-eval computes it; else half the width of the
    95 % interval over the normal quantile, so that what clusters add is in it.
    """
    if one.method == "wilson":
        return sqrt(max(0.0, one.value * (1 - one.value)) / (one.n - 1)) if one.n > 1 else None
    return (one.high - one.low) / (2 * NORMAL)


def model_name(run: Run) -> str:
    """Return what to call a run's model elsewhere: without the folders of the machine that it lay on."""
    system = run.header.system
    if system.name != f"{system.provider}/{system.model}":
        return _last(system.name) if PurePath(system.name).is_absolute() else system.name
    return _last(system.model)


def _last(name: str) -> str:
    """Return the last part of a path, and everything of a name that is none."""
    for kind in (PurePath, PureWindowsPath):
        path = kind(name)
        if path.is_absolute() or name.startswith((".", "~")):
            return path.name or name
    return name


def scorings(run: Run) -> list[ScoringRecord]:
    """Return the scorings that were added to a run."""
    return list(Scorings(RunDirectory(run.path)).read())


def judges(found: list[ScoringRecord]) -> dict[str, ScoringRecord]:
    """Return which of a run's metrics are the scores of judges."""
    return {one.name: one for one in found if one.kind == "judge"}
