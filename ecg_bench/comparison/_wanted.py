"""Which metrics are compared on which task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ecg_bench.comparison._conditions import Condition, metric_name
from ecg_bench.comparison._reading import Side
from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.metrics import METRICS

ALL = "all"

Sides = tuple[Side, Side]


def wanted_metrics(
    names: Sequence[str], sides: Sides, metric: str | Sequence[str] | None, conditions: Sequence[Condition]
) -> dict[str, dict[str, bool]]:
    """Return for each task the metrics to compare, and whether each is tested.

    Parameters
    ----------
    names : sequence of str
        The tasks.
    sides : pair of Side
        The runs.
    metric : str or sequence of str, optional
        What was asked for; without it each task's main metric.
    conditions : sequence of Condition
        Their metrics are compared too, but tested only where they have to be.

    Raises
    ------
    UserError
        If a metric or a condition's task is unknown.
    """
    main = {task: sides[1].results.tasks[task].main_metric for task in names}
    given = [metric] if isinstance(metric, str) else list(metric or ())
    asked = [metric_name(one) for one in given]
    others = {*asked, *(one.metric for one in conditions)} - {*METRICS, ""}
    added = {task: _added(task, sides) for task in names} if others else {}  # which hashes the stored samples
    known = {task: [*_computed(task, sides), *added.get(task, ())] for task in names}
    for name in asked:
        if name != ALL and not any(name in some for some in known.values()):
            raise UserError(_unknown(name, sides, known))
    wanted: dict[str, dict[str, bool]] = {}
    for task in names:
        tested = [main[task]] if not asked or ALL in asked else []
        tested += added[task] if ALL in asked else []
        tested += [name for name in asked if name in known[task]]
        tested += [main[task] for one in conditions if one.kind == "worse" and one.task in ("", task)]
        wanted[task] = dict.fromkeys(tested, True)
    for condition in conditions:
        _add(condition, wanted, main, known, sides)
    return wanted


def _add(
    condition: Condition,
    wanted: dict[str, dict[str, bool]],
    main: Mapping[str, str],
    known: Mapping[str, Sequence[str]],
    sides: Sides,
) -> None:
    """Add what a condition needs to what is compared."""
    about = [task for task in wanted if condition.task in ("", task)]
    if not about:
        raise UserError(
            f"--fail-if {condition.text!r}: {condition.task!r} is not compared{did_you_mean(condition.task, wanted)}"
        )
    found = [task for task in about if not condition.metric or condition.metric in known[task]]
    if not found:
        raise UserError(f"--fail-if {condition.text!r}: {_unknown(condition.metric, sides, known)}")
    for task in found:
        wanted[task].setdefault(condition.metric or main[task], False)


def _unknown(name: str, sides: Sides, known: Mapping[str, Sequence[str]]) -> str:
    if any(name in result.metrics for side in sides for result in side.results.tasks.values()):
        return (
            f"the runs don't both have {name} for single samples of a common task: score both, or name another metric"
        )
    names = {one for some in known.values() for one in some}
    return f"there is no metric {name!r} in both runs{did_you_mean(name, names)}"


def _computed(task: str, sides: Sides) -> list[str]:
    return [name for name in METRICS if all(name in side.results.tasks[task].metrics for side in sides)]


def _added(task: str, sides: Sides) -> list[str]:
    return [
        name
        for name in sides[0].added
        if name in sides[1].added and all(name in side.results.tasks[task].metrics for side in sides)
    ]
