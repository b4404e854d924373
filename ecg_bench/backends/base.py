"""The one interface between the engine and whatever answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ecg_bench.domains import Task
from ecg_bench.samples import Mode, Request, Response
from ecg_bench.settings import Settings


@dataclass(frozen=True)
class ModelCard:
    """What is needed to ask the same model again.

    Parameters
    ----------
    provider, name : str
        As in ``--model provider/name``.
    arguments : mapping
        The arguments given.
    identity : mapping
        Revision, file hash, or whatever else tells this model from another of the same name.
    """

    provider: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    identity: Mapping[str, Any] = field(default_factory=dict)


class Backend(ABC):
    """Answers requests.

    Keyword-only parameters of a subclass's constructor are what ``--model-arg`` sets.

    Attributes
    ----------
    summary : str
        One line for ``ecg-bench models list``.
    modes : frozenset of Mode
        What it can be asked for.
    batch_size : int
        How many requests it likes at once.
    concurrency : int
        How many calls of `answer` may be under way at once.
    shuffles : bool
        False if its answers exist already and refer to the order of options in the data.
    notices : sequence of str
        What the user should know, one sentence each; filled by `prepare`.
    """

    summary: ClassVar[str]
    modes: ClassVar[frozenset[Mode]] = frozenset({Mode.GENERATE})
    batch_size: int = 1
    concurrency: int = 1
    shuffles: ClassVar[bool] = True
    notices: Sequence[str] = ()
    _given_name: str | None = None

    @abstractmethod
    def card(self) -> ModelCard:
        """Say which model this is. Called after `prepare`."""

    @property
    def system(self) -> str:
        """The name on the leaderboard."""
        card = self.card()
        return self._given_name or f"{card.provider}/{card.name}"

    def choose(self, system: str) -> Backend:
        """Return the backend of the system called so: this one under that name, unless it holds several."""
        self._given_name = system
        return self

    def systems(self) -> Sequence[Backend]:
        """Return one backend for each system that this one stands for: itself, unless it holds several."""
        return (self,)

    def own_tasks(self) -> Sequence[Task | str]:
        """Return the tasks (or their names) that come with the model, for when the user names none."""
        return ()

    def prepare(self, tasks: Sequence[Task], settings: Settings) -> None:
        """Load what is needed to answer these tasks.

        Raises
        ------
        UserError
            If the model can't be loaded, or can't answer one of the tasks.
        """

    @abstractmethod
    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        """Answer some requests, one response each in the same order.

        A response with `error` says that this request could not be asked; an exception says so of all.
        """

    def close(self) -> None:
        """Let go of what `prepare` took."""
