"""The one interface between the engine and whatever answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ecg_bench.domains import Task
from ecg_bench.prices import Price
from ecg_bench.samples import Mode, Request, Response
from ecg_bench.settings import EcgAs, Settings


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


class TransientError(Exception):
    """An attempt failed, and another one may succeed: the engine waits and tries again.

    Parameters
    ----------
    cause : str
        A word or two to count by: ``"429"``, ``"503"``, ``"timeout"``, ``"connection"``, ``"bad reply"``.
    message : str
        One sentence for the error of the sample, should no attempt succeed.
    overloaded : bool
        Whether the server said that too much is asked at once; the engine then asks less at a time.
    retry_after : float, optional
        Seconds to wait, where the server said so.
    """

    def __init__(self, cause: str, message: str, *, overloaded: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.cause = cause
        self.overloaded = overloaded
        self.retry_after = retry_after


class RefusedError(Exception):
    """The server understood the request and will not answer it, however often it is asked.

    Attributes
    ----------
    status : int
        Of HTTP.
    code : str
        The server's own name of the error, empty where it gives none.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class UnaskableError(Exception):
    """A request for which an API has no form; the message is the error of its sample."""


class Backend(ABC):
    """Answers requests.

    Keyword-only parameters of a subclass's constructor are what ``--model-arg`` sets.

    Attributes
    ----------
    summary : str
        One line for ``ecg-bench models list``.
    modes : frozenset of Mode
        What it can be asked for.
    instead : str
        Which models to use for the other modes; ends the sentence that refuses one ("use ...").
    batch_size : int
        How many requests each call of `answer` gets at most.
    concurrency : int
        How many calls of `answer` may be under way at once.
    adaptive : bool
        Whether the engine should find out for itself, up to `concurrency`, how many calls a server takes at once.
    cacheable : bool
        Whether answers may be kept in the response cache. Only for a backend whose card's identity tells the model from
        every other one that could ever be called so.
    immaterial : frozenset of str
        The arguments of the constructor that can't change an answer; the response cache ignores them.
    takes : tuple of str
        As what it takes an ECG, in order of preference: ``"signal"`` and ``"image"`` get requests with media of kind
        ``"ecg"``, to be opened by `ecg_bench.ecg.media.open_media` or drawn by `ecg_bench.backends._images.read_image`;
        ``"features"`` gets measurements in the prompt and no media.
    trained_on : frozenset of str
        The records that it was trained on, by its own card, as `ecg_bench.ecg.media.record_of` names them; empty where
        it has none, or its card doesn't say. Known after `prepare`.
    shuffles : bool
        False if its answers exist already and refer to the order of options in the data.
    notices : sequence of str
        What the user should know, one sentence each; filled by `prepare`.
    """

    summary: ClassVar[str]
    modes: ClassVar[frozenset[Mode]] = frozenset({Mode.GENERATE})
    instead: ClassVar[str] = ""
    batch_size: int = 1
    concurrency: int = 1
    adaptive: ClassVar[bool] = False
    cacheable: bool = False
    immaterial: ClassVar[frozenset[str]] = frozenset()
    takes: tuple[EcgAs, ...] = ("features",)
    trained_on: frozenset[str] = frozenset()
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

    @asynccontextmanager
    async def session(self) -> AsyncIterator[None]:
        """Hold what lives only inside the event loop, such as connections, while answers are asked for."""
        yield

    @abstractmethod
    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        """Answer some requests, one response each in the same order.

        A response with `error` says that this request could not be asked and that trying again is of no use; an
        exception says so of all, a `TransientError` that trying again may help, a `UserError` that the run is to end.
        """

    def count_tokens(self, request: Request) -> int | None:
        """Return how many tokens a prompt has, or None where only the server knows. Works without `prepare`."""
        return None

    def price(self) -> Price | None:
        """Return what the model costs, or None where it isn't known; a model on this machine costs nothing."""
        return Price(0.0, 0.0, source="runs on this machine")

    def close(self) -> None:
        """Let go of what `prepare` took."""
