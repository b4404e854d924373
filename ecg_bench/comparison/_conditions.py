"""The conditions of ``--fail-if``: a tiny grammar, and whether a comparison fulfils them.

::

    worse [on TASK]
    METRIC drops|rises by more than NUMBER [on TASK]          0.02, 2 %, 2 points
    METRIC drops|rises by more than the interval [on TASK]
    OUTCOME rate drops|rises by more than NUMBER [on TASK]    unparsed, refused, empty, truncated or error
    broken > N [on TASK]
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ecg_bench.comparison._records import ConditionRecord, MetricRecord, TaskRecord
from ecg_bench.comparison._words import ends
from ecg_bench.errors import UserError
from ecg_bench.samples import Outcome
from ecg_bench.texts import one_line

FORMS = (
    '"worse", "worse on TASK", "METRIC drops by more than 0.02" (or 2 %, or 2 points), '
    '"METRIC drops by more than the interval", "unparsed rate rises by more than 0.01" or "broken > 10"'
)
SYNONYMS = {"accuracy": "acc"}

_ON = r"(?: +on +(?P<task>\S+))?"
_WORSE = re.compile(rf"worse{_ON}", re.IGNORECASE)
_BROKEN = re.compile(rf"broken *> *(?P<limit>\d+){_ON}", re.IGNORECASE)
_CHANGE = re.compile(rf"(?P<metric>\S.*?) +(?P<way>drops|rises) +by +more +than +(?P<limit>.+?){_ON}", re.IGNORECASE)
_NUMBER = re.compile(r"(?P<number>\d+(?:\.\d+)?|\.\d+) *(?P<unit>%|(?:percentage +)?points?)?", re.IGNORECASE)
_ROUNDING = 1e-9  # a drop of exactly 0.02 is not more than 0.02


@dataclass(frozen=True)
class Condition:
    """What ends a comparison with exit code 1.

    Attributes
    ----------
    text : str
        As it was given.
    kind : str
        ``worse``, ``broken``, ``drops`` or ``rises``.
    metric : str
        Of a drop or rise; empty for the main metric of each task.
    limit : float or None
        What is exceeded; None for the interval.
    task : str
        Empty for every task.
    """

    text: str
    kind: Literal["worse", "broken", "drops", "rises"]
    metric: str
    limit: float | None
    task: str

    def of(self, task: TaskRecord) -> bool:
        """Whether it is about a task."""
        return self.task in ("", task.task)


def metric_name(text: str) -> str:
    """Return the name of a metric that was given as people call it: accuracy, unparsed rate."""
    words = text.lower().split()
    if len(words) == 2 and words[1] == "rate" and words[0] in list(Outcome):
        return f"rate_{words[0]}"
    return SYNONYMS.get(text.lower(), text)


def parse(text: str) -> Condition:
    """Read a condition.

    Raises
    ------
    UserError
        If it is none.
    """
    given = " ".join(text.split())
    if found := _WORSE.fullmatch(given):
        return Condition(text, "worse", "", 0.0, found["task"] or "")
    if found := _BROKEN.fullmatch(given):
        return Condition(text, "broken", "", float(found["limit"]), found["task"] or "")
    if found := _CHANGE.fullmatch(given):
        way: Literal["drops", "rises"] = "drops" if found["way"].lower() == "drops" else "rises"
        limit = _limit(found["limit"], text)
        return Condition(text, way, metric_name(found["metric"]), limit, found["task"] or "")
    raise UserError(f"--fail-if {text!r} is no condition: give {FORMS}")


def _limit(text: str, condition: str) -> float | None:
    if text.lower() == "the interval":
        return None
    found = _NUMBER.fullmatch(text)
    if not found:
        raise UserError(f"--fail-if {condition!r}: {text!r} is neither a number, such as 0.02 or 2 %, nor the interval")
    return float(found["number"]) / (100 if found["unit"] else 1)


def check(condition: Condition, tasks: Sequence[TaskRecord]) -> ConditionRecord:
    """Say whether a condition holds for a comparison, and why.

    Parameters
    ----------
    condition : Condition
        Of which all tasks and metrics have been compared.
    tasks : sequence of TaskRecord
        What was found.

    Raises
    ------
    UserError
        If there is nothing to tell it by.
    """
    about = [task for task in tasks if condition.of(task)]
    if not any(
        one.metric == condition.metric or (one.main and not condition.metric) for t in about for one in t.metrics
    ):
        what = condition.metric or "the main metric"
        raise UserError(f"--fail-if {condition.text!r} can't be told: no common sample has {what} in both runs")
    if condition.kind == "broken":
        broken = sum(metric.changes.broken or 0 for task in about for metric in task.metrics if metric.main)
        why = [f"{broken} samples are broken"] if broken > (condition.limit or 0) else []
    elif condition.kind == "worse":
        why = [
            f"{task.task}: {metric.sentence}"
            for task in about
            for metric in task.metrics
            if metric.main and metric.verdict == "worse"
        ]
    else:
        why = list(_moved(condition, about))
    return ConditionRecord(condition=condition.text, holds=bool(why), why=[one_line(text) for text in why])


def _moved(condition: Condition, tasks: Sequence[TaskRecord]) -> Iterator[str]:
    for task in tasks:
        for metric in task.metrics:
            if metric.metric == condition.metric and _exceeds(condition, task, metric):
                one = metric.difference
                way = "fell" if condition.kind == "drops" else "rose"
                limit = f"the whole interval is {'below' if way == 'fell' else 'above'} 0"
                if condition.limit is not None:
                    limit = f"more than {condition.limit:g}"
                yield (
                    f"{task.task}: {metric.metric} {way} by {abs(one.value):.3f} "
                    f"(95 % interval of the difference {ends(one.low, one.high)}), {limit}"
                )


def _exceeds(condition: Condition, task: TaskRecord, metric: MetricRecord) -> bool:
    one = metric.difference
    if condition.limit is not None:
        moved = -one.value if condition.kind == "drops" else one.value
        return moved > condition.limit + _ROUNDING
    if one.low is None or one.high is None:
        raise UserError(
            f"--fail-if {condition.text!r} can't be told: the difference of {metric.metric} on {task.task} has no "
            f"interval ({one.n} samples in {one.clusters} clusters)"
        )
    return one.high < 0 if condition.kind == "drops" else one.low > 0
