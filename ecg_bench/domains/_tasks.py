"""A task ready to be asked: its card, its samples and its type."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ecg_bench.cards import TaskCard
from ecg_bench.domains._datasets import Dataset, FileDataset, Scan
from ecg_bench.domains._discovery import Domain, find_domains
from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.samples import Sample
from ecg_bench.task_types import TASK_TYPES, TaskType


@dataclass(frozen=True)
class Task:
    """A named, versioned evaluation over a data set.

    Parameters
    ----------
    name : str
        ``domain/task``.
    card : TaskCard
        What its YAML says.
    dataset : Dataset
        Its samples.
    type : TaskType
        How it is asked and scored.
    domain : Domain or None
        Its pack; None for an ad-hoc task.
    shots : tuple of Sample
        Worked examples for few-shot prompts, none of which is scored.
    """

    name: str
    card: TaskCard
    dataset: Dataset
    type: TaskType
    domain: Domain | None = None
    shots: tuple[Sample, ...] = field(default=(), repr=False)

    @cached_property
    def scan(self) -> Scan:
        """The checked size, columns and hash of its data."""
        return self.dataset.scan()


def load_task(domain: Domain, name: str) -> Task:
    """Load the task of a domain by the name after the slash.

    Raises
    ------
    UserError
        If there is no such task, or its definition is wrong.
    """
    if name not in domain.task_cards:
        known = [f"{domain.name}/{task}" for task in domain.task_cards]
        raise UserError(f"there is no task {domain.name}/{name}{did_you_mean(f'{domain.name}/{name}', known)}")
    path, card = domain.task_cards[name]
    if card.type not in TASK_TYPES:
        raise UserError(f"the task type {card.type!r} does not exist{did_you_mean(card.type, TASK_TYPES)}", path=path)
    task_type = TASK_TYPES.get(card.type)(card, origin=str(path))
    shots: tuple[Sample, ...] = ()
    if card.fewshot is not None:
        pool = FileDataset(path.parent / card.fewshot, task_type.read_row, card.fields)
        pool.scan()
        shots = tuple(pool)
    dataset = FileDataset(path.parent / card.data, task_type.read_row, card.fields)
    return Task(f"{domain.name}/{name}", card, dataset, task_type, domain, shots)


def find_tasks(patterns: Sequence[str], include: Sequence[str | Path] = ()) -> list[Task]:
    """Load the tasks whose names match, in the order of the patterns and each once.

    Parameters
    ----------
    patterns : sequence of str
        Names such as ``ecg/mcq-general``, with the wildcards of a shell (``ecg/mcq-*``).
    include : sequence of path
        Further packs, or folders of packs.

    Raises
    ------
    UserError
        If a pattern matches nothing, or a task is wrong.
    """
    domains = find_domains(include)
    known = {f"{d.name}/{task}": (d, task) for d in domains.values() for task in d.task_cards}
    chosen: dict[str, tuple[Domain, str]] = {}
    for pattern in patterns:
        names = [name for name in sorted(known) if fnmatch.fnmatchcase(name, pattern)]
        if not names:
            raise UserError(f"there is no task {pattern!r}{did_you_mean(pattern, known)}")
        chosen |= {name: known[name] for name in names}
    return [load_task(domain, task) for domain, task in chosen.values()]
