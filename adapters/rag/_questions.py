"""The questions that a retrieval is tried on, each with the passage it stems from."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ecg_bench.adapters.rag._query import query_of
from ecg_bench.domains import Task, find_tasks
from ecg_bench.errors import UserError
from ecg_bench.settings import Settings


@dataclass(frozen=True)
class Question:
    """A question as it is searched for, and the passage that it stems from."""

    task: str
    id: str
    query: str
    passage: str


@dataclass(frozen=True)
class Questions:
    """The questions of some tasks.

    Attributes
    ----------
    tasks : tuple of str
        Their names.
    questions : tuple of Question
        Those that name a passage.
    notices : tuple of str
        What was left out, and why.
    """

    tasks: tuple[str, ...]
    questions: tuple[Question, ...]
    notices: tuple[str, ...]


def questions_of(tasks: Sequence[str | Task], include: Sequence[str | Path] = ()) -> Questions:
    """Return the questions of tasks, as a run with retrieval searches for them.

    Raises
    ------
    UserError
        If a task doesn't exist, or no question names its passage.
    """
    found: list[Task] = []
    for one in tasks:
        new = [one] if isinstance(one, Task) else find_tasks([one], include)
        found += [task for task in new if task.name not in {other.name for other in found}]
    questions, notices = [], []
    for task in found:
        plan = task.type.plan(task.name, Settings(), task.scan.columns, task.shots, shuffle=False)
        own = [Question(task.name, s.id, query_of(next(plan.requests(s))), s.group) for s in task.dataset if s.group]
        if len(own) < task.scan.n:
            notices.append(f"{task.scan.n - len(own)} of {task.scan.n} questions of {task.name} name no passage")
        questions += own
    if not questions:
        raise UserError(f"no question of {', '.join(task.name for task in found)} names the passage it stems from")
    return Questions(tuple(task.name for task in found), tuple(questions), tuple(notices))


def share_of(questions: Questions, share: float, seed: int) -> Questions:
    """Return the questions of a share of the passages, drawn at random.

    Parameters
    ----------
    questions : Questions
        Of some tasks.
    share : float
        Of the passages, between 0 and 1.
    seed : int
        Of the draw; it depends on nothing else but the names of the passages.

    Raises
    ------
    UserError
        If the share is out of its range, or leaves fewer than two passages.
    """
    if not 0 < share < 1:
        raise UserError(f"--selection-share must be between 0 and 1, but is {share:g}")
    passages = sorted({one.passage for one in questions.questions})
    drawn = set(random.Random(f"selection {seed}").sample(passages, round(share * len(passages))))
    if len(drawn) < 2:
        raise UserError(
            f"--selection-share {share:g} of {len(passages)} passages leaves fewer than 2: give a larger one"
        )
    chosen = tuple(one for one in questions.questions if one.passage in drawn)
    notice = (
        f"chosen on {len(chosen)} of {len(questions.questions)} questions, those of {len(drawn)} of {len(passages)} "
        f"passages drawn under seed {seed}: report results on the others only"
    )
    return Questions(questions.tasks, chosen, (*questions.notices, notice))
