"""Conversations made of tasks: what a task asks, word for word, with the right answer in the form that it reads."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ecg_bench.adapters.signal._rows import SignalRow, row_of
from ecg_bench.domains import Task, find_tasks
from ecg_bench.ecg.media import SYNTHETIC
from ecg_bench.samples import Outcome, Request, Response, Sample
from ecg_bench.settings import Settings
from ecg_bench.task_types.base import Plan

Codes = Callable[[Sample], tuple[str, ...] | None]
REQUESTS = 2  # of those that a sample makes, at most; a task may ask about each of forty statements
FREE_TEXT = ("ecg_report", "open_answer")
FORMS = ("Answer: {listed}", "Answer: {target}", "Answer: none")


def task_rows(task: Task, seed: int, codes: Codes) -> Iterator[SignalRow]:
    """Yield a conversation for each request of a task, or for a few where a sample makes many.

    Parameters
    ----------
    task : Task
        Whose samples are learned from; they must not be those that are reported.
    seed : int
        Of the choice among a sample's requests.
    codes : callable
        Returns the SCP codes that are true of a sample's ECG, or None.
    """
    plan = task.type.plan(task.name, Settings(), task.scan.columns, (), shuffle=False)
    free = task.card.type in FREE_TEXT
    for number, sample in enumerate(task.dataset):
        requests = list(plan.requests(sample))
        if len(requests) > REQUESTS:
            requests = _some(plan, sample, requests, random.Random(f"requests {seed} {number}"))
        for request in requests:
            target = plan.target(sample, request) or ""
            yield row_of(
                [
                    *((message.role, message.content) for message in request.messages),
                    ("assistant", target if free else answer_of(plan, sample, request, target)),
                ],
                sample.media,
                id=f"{sample.id}-{request.permutation}",
                group=sample.group or sample.id,
                task=task.name,
                codes=codes(sample),
                source=Path(task.dataset.origin),
                line=number + 1,
            )


def answer_of(plan: Plan, sample: Sample, request: Request, target: str) -> str:
    """Return the answer that a task reads as right.

    Raises
    ------
    ValueError
        If it reads none of the usual forms so, which would be a mistake of the task.
    """
    listed = ", ".join(target.split())  # of codes; of words it is read as something else
    for form in FORMS:
        text = form.format(target=target, listed=listed)
        scored = plan.score(sample, request, Response(text, finish_reason="stop"))
        if scored.outcome is Outcome.OK and scored.scores.get(plan.metrics[0]) == 1.0:
            return text
    raise ValueError(f"{request.task} {sample.id}: no form of the answer {target!r} is read as right")


def _some(plan: Plan, sample: Sample, requests: list[Request], rng: random.Random) -> list[Request]:
    """Return a few requests with different answers, so that the commonest answer isn't most of what is learned."""
    answers: dict[str | None, list[Request]] = {}
    for request in requests:
        answers.setdefault(plan.target(sample, request), []).append(request)
    return [rng.choice(answers[key]) for key in sorted(answers, key=str)[:REQUESTS]]


def synthetic_codes(sample: Sample) -> tuple[str, ...] | None:
    """Return the SCP codes that are true of a sample's single synthetic ECG; None if it has another, or several."""
    media = sample.media
    if len(media) != 1 or not media[0].path.startswith(SYNTHETIC):
        return None
    from ecg_bench.ecg.synthesis import codes_of, read_spec

    return codes_of(read_spec(media[0].path.removeprefix(SYNTHETIC)))


def rows_of_tasks(
    pattern: str, arguments: Mapping[str, Any], seed: int, codes: Codes = synthetic_codes
) -> list[SignalRow]:
    """Return the conversations of all tasks whose names match."""
    return [row for task in find_tasks([pattern], arguments=arguments) for row in task_rows(task, seed, codes)]
