"""A task ready to be asked: its card, its samples and its type."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ecg_bench.cards import TaskCard
from ecg_bench.domains._datasets import Dataset, FileDataset, Scan
from ecg_bench.domains._discovery import Domain, find_domains
from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.samples import Sample
from ecg_bench.sources import make, needs, takes
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
    arguments : mapping
        What the user gave to the source of its samples.
    """

    name: str
    card: TaskCard
    dataset: Dataset
    type: TaskType
    domain: Domain | None = None
    shots: tuple[Sample, ...] = field(default=(), repr=False)
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def scan(self) -> Scan:
        """The checked size, columns and hash of its data."""
        return self.dataset.scan()


@dataclass(frozen=True)
class TaskEntry:
    """A task that is installed, loaded or not.

    Parameters
    ----------
    name : str
        ``domain/task``.
    domain : Domain
        Its pack.
    card : TaskCard
        What its YAML says.
    """

    name: str
    domain: Domain
    card: TaskCard

    def needs(self, given: Mapping[str, Any] | None = None) -> dict[str, str]:
        """Return the arguments that the user has yet to give, each with what it is."""
        return needs(self.card, given)


def load_task(domain: Domain, name: str, arguments: Mapping[str, Any] | None = None) -> Task:
    """Load the task of a domain by the name after the slash.

    Parameters
    ----------
    domain : Domain
        Its pack.
    name : str
        The name after the slash.
    arguments : mapping, optional
        What the user gives to the task's source.

    Raises
    ------
    UserError
        If there is no such task, its definition is wrong, or an argument is missing or wrong.
    """
    whole = f"{domain.name}/{name}"
    if name not in domain.task_cards:
        known = [f"{domain.name}/{task}" for task in domain.task_cards]
        raise UserError(f"there is no task {whole}{did_you_mean(whole, known)}")
    path, card = domain.task_cards[name]
    if card.type not in TASK_TYPES:
        raise UserError(f"the task type {card.type!r} does not exist{did_you_mean(card.type, TASK_TYPES)}", path=path)
    task_type = TASK_TYPES.get(card.type)(card, origin=str(path))
    shots: tuple[Sample, ...] = ()
    if card.fewshot is not None:
        pool = FileDataset(path.parent / card.fewshot, task_type.read_row, card.fields)
        pool.scan()
        shots = tuple(pool)
    given = dict(arguments or {})
    dataset = (
        make(whole, card, given)
        if card.data is None
        else FileDataset(path.parent / card.data, task_type.read_row, card.fields)
    )
    return Task(whole, card, dataset, task_type, domain, shots, given if card.data is None else {})


def known_tasks(patterns: Sequence[str], include: Sequence[str | Path] = ()) -> list[TaskEntry]:
    """Return the tasks whose names match, in the order of the patterns and each once, without loading them.

    Raises
    ------
    UserError
        If a pattern matches nothing, or a card is wrong.
    """
    return list({one.name: one for found in _matches(patterns, include).values() for one in found}.values())


def _matches(patterns: Sequence[str], include: Sequence[str | Path]) -> dict[str, list[TaskEntry]]:
    """Return what each pattern matches."""
    domains = find_domains(include)
    known = {
        f"{d.name}/{task}": TaskEntry(f"{d.name}/{task}", d, card)
        for d in domains.values()
        for task, (_, card) in d.task_cards.items()
    }
    found = {}
    for pattern in patterns:
        found[pattern] = [known[name] for name in sorted(known) if fnmatch.fnmatchcase(name, pattern)]
        if not found[pattern]:
            raise UserError(f"there is no task {pattern!r}{did_you_mean(pattern, known)}")
    return found


def find_tasks(
    patterns: Sequence[str], include: Sequence[str | Path] = (), arguments: Mapping[str, Any] | None = None
) -> list[Task]:
    """Load the tasks whose names match, in the order of the patterns and each once.

    Parameters
    ----------
    patterns : sequence of str
        Names such as ``ecg/mcq-general``, with the wildcards of a shell (``ecg/mcq-*``). Wildcards pass over tasks that
        need what `arguments` don't give.
    include : sequence of path
        Further packs, or folders of packs.
    arguments : mapping, optional
        What the user gives to the sources of tasks (``--task-arg``); each task gets those that it takes.

    Raises
    ------
    UserError
        If a pattern matches nothing, a task is wrong, one that was named lacks an argument, or no task takes one.
    """
    given = dict(arguments or {})
    chosen: dict[str, TaskEntry] = {}
    for pattern, matched in _matches(patterns, include).items():
        ready = [one for one in matched if one.name == pattern or not one.needs(given)]
        if not ready:
            lacking = matched[0].needs(given)
            name, what = next(iter(lacking.items()))
            others = f" (and so do {len(matched) - 1} others that {pattern} matches)" if len(matched) > 1 else ""
            raise UserError(f"{matched[0].name} needs {what or name}{others}: give --task-arg {name}=VALUE")
        chosen |= {one.name: one for one in ready}
    taken = {one.name: takes(one.card) for one in chosen.values()}
    for name in given:
        if not any(name in known or name in chosen[task].card.arguments for task, known in taken.items()):
            every = {argument for known in taken.values() for argument in known}
            raise UserError(f"no task that was chosen takes --task-arg {name}{did_you_mean(name, every)}")
    found = []
    for one in chosen.values():
        # What a card sets itself is handed on too, to be refused there rather than passed over.
        own = {name: value for name, value in given.items() if name in taken[one.name] or name in one.card.arguments}
        found.append(load_task(one.domain, one.card.task, own))
    return found
