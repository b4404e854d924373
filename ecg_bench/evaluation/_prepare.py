"""Everything that is settled, and checked, before a model is asked anything."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from ecg_bench.backends import Backend
from ecg_bench.domains import Task
from ecg_bench.ecg.media import open_media
from ecg_bench.errors import UserError
from ecg_bench.evaluation._header import header_of
from ecg_bench.evaluation._presenting import NO_ECGS, Presentation, presentation_for
from ecg_bench.runs import RunRecord, Slots
from ecg_bench.samples import Request, Sample
from ecg_bench.settings import Settings
from ecg_bench.task_types import Plan


@dataclass(frozen=True)
class PlannedTask:
    """A task with its plan and the positions of the samples to ask; None for all of them."""

    task: Task
    plan: Plan
    chosen: Collection[int] | None

    @property
    def n_samples(self) -> int:
        """How many samples are asked."""
        return self.task.scan.n if self.chosen is None else len(self.chosen)

    @property
    def main_metric(self) -> str:
        """The metric that a leaderboard ranks by."""
        return self.task.card.main_metric or self.task.type.main_metric

    def samples(self) -> Iterator[Sample]:
        """Yield the samples to ask."""
        for sample in self.task.dataset:
            if self.chosen is None or sample.index in self.chosen:
                yield sample


@dataclass(frozen=True)
class Work:
    """One request, with what is needed to score its response."""

    planned: PlannedTask
    sample: Sample
    request: Request


@dataclass(frozen=True)
class PlannedRun:
    """A backend and what it will be asked."""

    backend: Backend
    settings: Settings
    tasks: tuple[PlannedTask, ...]
    presentation: Presentation = NO_ECGS

    @property
    def slots(self) -> Slots:
        """The numbers of all requests."""
        epochs = self.settings.epochs
        return Slots({one.task.name: (one.task.scan.n, epochs, one.plan.repeats) for one in self.tasks})

    @property
    def n_requests(self) -> int:
        """How many requests there are in all."""
        return self.settings.epochs * sum(planned.n_samples * planned.plan.repeats for planned in self.tasks)

    def work(self, done: Callable[[Request], bool] | None = None) -> Iterator[Work]:
        """Yield every request as the backend gets it, in order, but for those that are done."""
        for planned in self.tasks:
            for sample in planned.samples():
                for epoch in range(self.settings.epochs):
                    for planned_request in planned.plan.requests(sample):
                        request = self._in_epoch(planned_request, epoch)
                        if done is None or not done(request):
                            yield Work(planned, sample, self.presentation.present(request))

    def _in_epoch(self, request: Request, epoch: int) -> Request:
        if epoch == 0:
            return request
        return replace(request, epoch=epoch, params=replace(request.params, seed=self.settings.epoch_seed(epoch)))


@dataclass(frozen=True)
class PreparedRun(PlannedRun):
    """A backend that is ready, what it will be asked, and the header of the run."""

    header: RunRecord = field(kw_only=True)


def plan(backend: Backend, tasks: Sequence[Task], settings: Settings) -> PlannedRun:
    """Check the data and the prompts of all tasks; the backend loads nothing and asks nobody.

    Raises
    ------
    UserError
        If anything about the tasks or the settings is wrong.
    """
    if settings.mode not in backend.modes:
        known = ", ".join(sorted(backend.modes))
        instead = f"; use {backend.instead}" if backend.instead else ""
        raise UserError(f"{backend.system} can't be asked for {settings.mode}: it knows --mode {known}{instead}")
    planned = tuple(_plan(task, settings, shuffle=backend.shuffles) for task in tasks)
    kinds = {kind for task in tasks for kind in task.scan.media}
    presentation = presentation_for(backend.system, backend.takes, settings, kinds)
    for one in planned:
        for sample in islice(one.samples(), 1):
            # A template that can't be filled, or an ECG that can't be read, should fail before a model is loaded.
            request = presentation.present(next(one.plan.requests(sample)))
            for media in request.media:
                if media.kind == "ecg":
                    open_media(media)
    return PlannedRun(backend, settings, planned, presentation)


def prepare(backend: Backend, tasks: Sequence[Task], settings: Settings) -> PreparedRun:
    """Plan a run, then make the backend ready.

    Raises
    ------
    UserError
        If anything about the tasks, the settings or the model is wrong. Nothing has been written then.
    """
    planned = plan(backend, tasks, settings)
    backend.prepare(tasks, settings)
    header = header_of(backend, planned)
    return PreparedRun(backend, settings, planned.tasks, planned.presentation, header=header)


def _plan(task: Task, settings: Settings, *, shuffle: bool) -> PlannedTask:
    scan = task.scan
    plan = task.type.plan(task.name, settings, scan.columns, task.shots, shuffle=shuffle)
    chosen: Collection[int] | None = None
    if settings.limit is not None and settings.limit < scan.n:
        chosen = frozenset(random.Random(f"limit {settings.seed} {task.name}").sample(range(scan.n), settings.limit))
    return PlannedTask(task, plan, chosen)
