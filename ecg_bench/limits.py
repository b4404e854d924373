"""What a run may take: connections, rates, time and money. None of it changes what a model is asked."""

from __future__ import annotations

from dataclasses import dataclass

from ecg_bench.errors import UserError
from ecg_bench.prices import Price


@dataclass(frozen=True)
class Limits:
    """What a run may take; a resumed run may be given others.

    Parameters
    ----------
    max_connections : int, optional
        The most requests in flight at once. By default the backend's own number; below it, the engine finds out how
        many the server takes.
    rpm, tpm : float, optional
        The most requests, and the most tokens (read and written), in a minute.
    max_retries : int
        How often a request is tried again after a fault of the server or the network.
    retry_wait : float
        Seconds before the first retry, doubled for each further one up to a minute, with jitter; a server's
        ``Retry-After`` counts where it is longer.
    request_timeout : float
        Seconds after which an attempt is given up, and tried again.
    time_limit : float, optional
        Seconds after which the run asks nothing more, finishes what is in flight, and can be resumed.
    max_cost : float, optional
        US dollars that the run may cost in all, earlier sessions of it included.
    max_tokens_total : int, optional
        Tokens, read and written, that the run may take in all, earlier sessions of it included.
    price : Price, optional
        What the model costs; by default looked up in a public table by its name.

    Raises
    ------
    UserError
        If a number is out of its range.
    """

    max_connections: int | None = None
    rpm: float | None = None
    tpm: float | None = None
    max_retries: int = 8
    retry_wait: float = 1.0
    request_timeout: float = 600.0
    time_limit: float | None = None
    max_cost: float | None = None
    max_tokens_total: int | None = None
    price: Price | None = None

    def __post_init__(self) -> None:
        for name in ("max_connections", "rpm", "tpm", "request_timeout", "time_limit", "max_tokens_total"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise UserError(f"{name} must be above 0, but is {value}")
        for name in ("max_retries", "retry_wait", "max_cost"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise UserError(f"{name} must be at least 0, but is {value}")
