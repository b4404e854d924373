"""What a run would ask and cost, found out without asking anything."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ecg_bench.backends import Backend
from ecg_bench.evaluation._budget import CHARS_PER_TOKEN, estimate_tokens
from ecg_bench.evaluation._prepare import PlannedRun
from ecg_bench.prices import BATCH_SHARE, Price
from ecg_bench.samples import Request, Usage


@dataclass(frozen=True)
class TaskEstimate:
    """What a task would take.

    Attributes
    ----------
    task : str
        Its name.
    requests : int
        How many there are.
    input_tokens : int
        Of all prompts.
    most_output_tokens : int
        If every answer were as long as it may be.
    first_prompt : tuple of (str, str)
        Role and text of each message of the first request.
    first_continuations : tuple of str
        Log-likelihood mode: the texts that the first request scores.
    """

    task: str
    requests: int
    input_tokens: int
    most_output_tokens: int
    first_prompt: tuple[tuple[str, str], ...]
    first_continuations: tuple[str, ...]


@dataclass(frozen=True)
class DryRun:
    """What a run would ask and cost.

    Attributes
    ----------
    system : str
        Who would be asked.
    tasks : tuple of TaskEstimate
        By task.
    counted_by : str
        The model's tokenizer, or an estimate by the number of characters.
    price : Price or None
        None where it isn't known.
    """

    system: str
    tasks: tuple[TaskEstimate, ...]
    counted_by: str
    price: Price | None

    @property
    def cost(self) -> tuple[float, float] | None:
        """US dollars if nothing were written, and if every answer were as long as it may be."""
        if self.price is None:
            return None
        read = sum(task.input_tokens for task in self.tasks)
        written = sum(task.most_output_tokens for task in self.tasks)
        return self.price.cost(Usage(read, 0)), self.price.cost(Usage(read, written))

    def as_record(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self) | {"cost_usd": self.cost}


def estimate(run: PlannedRun, price: Price | None, *, batch: bool) -> DryRun:
    """Go through every prompt of a run and count."""
    exact = True
    tasks = []
    for planned in run.tasks:
        requests = tokens = written = 0
        first: Request | None = None
        for sample in planned.samples():
            for planned_request in planned.plan.requests(sample):
                request = run.presentation.present(planned_request)
                first = first or request
                counted, known = _tokens(run.backend, request)
                exact = exact and known
                requests += 1
                tokens += counted
                written += 0 if request.continuations else request.params.max_tokens
        epochs = run.settings.epochs
        messages = first.messages if first else ()
        tasks.append(
            TaskEstimate(
                planned.task.name,
                requests * epochs,
                tokens * epochs,
                written * epochs,
                tuple((message.role, message.content) for message in messages),
                first.continuations if first else (),
            )
        )
    counted_by = "the model's tokenizer" if exact else f"an estimate, {CHARS_PER_TOKEN:g} characters a token"
    return DryRun(run.backend.system, tuple(tasks), counted_by, price * BATCH_SHARE if batch and price else price)


def _tokens(backend: Backend, request: Request) -> tuple[int, bool]:
    counted = backend.count_tokens(request)
    return (estimate_tokens(request), False) if counted is None else (counted, True)
