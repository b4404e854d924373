"""Checks of tasks whose samples are made by a source: what can be said of them without the user's data."""

from __future__ import annotations

from ecg_bench.domains import Domain, Task, load_task
from ecg_bench.errors import UserError
from ecg_bench.settings import Settings
from ecg_bench.sources import needs
from ecg_bench.task_types import TASK_TYPES
from ecg_bench.validation._report import Problems, TaskReport


def check_made(domain: Domain, name: str, problems: Problems) -> TaskReport | None:
    """Check a task with a source, and return its figures; None where only the user's data could give them.

    Its samples are the source's business, so that none of the rules for written items applies to them.
    """
    path, card = domain.task_cards[name]
    try:
        if card.type not in TASK_TYPES.targets():
            raise UserError(f"the task type {card.type!r} does not exist")
        lacking = needs(card)
        if lacking:
            TASK_TYPES.get(card.type)(card, origin=str(path))
            return None
        return _checked(load_task(domain, name))
    except UserError as error:
        problems.add(path, None, str(error))
        return None


def _checked(task: Task) -> TaskReport:
    task.type.plan(task.name, Settings(), task.scan.columns, task.shots)
    groups = len({sample.group for sample in task.dataset})
    return TaskReport(task.name, task.card.type, task.scan.n, groups)
