"""The options of what a run may take."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from ecg_bench.limits import Limits

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS: tuple[tuple[str, type, str, str], ...] = (
    (
        "--max-connections",
        int,
        "N",
        "Requests in flight at most; below it, the engine finds out what the server takes.  [default: the provider's]",
    ),
    ("--rpm", float, "N", "Requests a minute at most."),
    ("--tpm", float, "N", "Tokens a minute at most, read and written."),
    ("--max-retries", int, "N", "Attempts after the first, when the server or the network fails.  [default: 8]"),
    ("--retry-wait", float, "S", "Seconds before the first retry; doubled each time, up to a minute.  [default: 1]"),
    ("--request-timeout", float, "S", "Seconds after which an attempt is given up.  [default: 600]"),
    ("--time-limit", float, "S", "Seconds after which the run stops cleanly, to be resumed."),
    ("--max-cost", float, "USD", "Stop cleanly before the run has cost more, all its sessions together."),
    ("--max-tokens-total", int, "N", "Stop cleanly before the run has taken more tokens, all its sessions together."),
    ("--price", str, "IN/OUT", "US dollars for a million tokens read and written.  [default: looked up by name]"),
)
LIMITS = tuple(name.removeprefix("--").replace("-", "_") for name, *_ in _OPTIONS)


def limit_options(command: Command) -> Command:
    """Add the options to a command."""
    for name, kind, metavar, text in reversed(_OPTIONS):
        command = click.option(name, type=kind, metavar=metavar, help=text)(command)
    return command


def limits_of(given: dict[str, Any]) -> Limits:
    """Return the limits that the given options set."""
    from ecg_bench.limits import Limits
    from ecg_bench.prices import parse_price

    if "price" in given:
        given = {**given, "price": parse_price(given["price"])}
    return Limits(**given)
