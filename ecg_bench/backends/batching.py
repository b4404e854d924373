"""What a backend offers whose provider answers whole files of requests within a day, at half the price."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from ecg_bench.samples import Request, Response


@dataclass(frozen=True)
class BatchState:
    """How far a batch is.

    Attributes
    ----------
    ended : bool
        Whether nothing more will happen to it; what it answered can be collected then.
    status : str
        The provider's own word.
    finished, total : int
        Requests answered (or failed), and all of them.
    """

    ended: bool
    status: str
    finished: int
    total: int


class BatchApi(ABC):
    """A provider's batch API; a mixin beside `Backend`. Each method may raise `TransientError` and is then repeated.

    Attributes
    ----------
    batch_requests, batch_bytes : int
        The most requests, and the most bytes of them, that a batch may have.
    """

    batch_requests: int
    batch_bytes: int

    @abstractmethod
    async def submit_batch(self, requests: Mapping[str, Request], label: str) -> str:
        """Hand in a batch and return its id.

        Parameters
        ----------
        requests : mapping of str to Request
            By an id of ours that comes back with each answer: at most 64 letters, digits, ``-`` and ``_``.
        label : str
            Unique; by it `find_batch` finds the batch again should its id be lost.

        Raises
        ------
        UserError
            If the provider refuses the batch.
        """

    @abstractmethod
    async def find_batch(self, label: str) -> str | None:
        """Return the id of the batch that was handed in under a label, or None if there is none (or no telling)."""

    @abstractmethod
    async def batch_state(self, batch: str) -> BatchState:
        """Say how far a batch is."""

    @abstractmethod
    def batch_responses(self, batch: str) -> AsyncIterator[tuple[str, Response]]:
        """Yield our id and the response of every request that an ended batch answered.

        A request that the batch left unanswered (expired, cancelled) is not among them and will be asked again.
        """
