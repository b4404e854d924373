"""What a source takes, what of it is missing, and the call that makes the samples."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, get_type_hints

from ecg_bench.cards import TaskCard
from ecg_bench.errors import UserError
from ecg_bench.registry import build, keyword_parameters

if TYPE_CHECKING:
    from ecg_bench.domains import Dataset

SourceBuilder = Callable[..., "Dataset"]


def _builder(card: TaskCard) -> SourceBuilder | None:
    from ecg_bench.sources import SOURCES

    return None if card.source is None else SOURCES.get(card.source)


def takes(card: TaskCard) -> dict[str, str]:
    """Return the arguments that a user may give to a task, each with what it is; none for a task with a data file.

    Raises
    ------
    UserError
        If the card names a source that doesn't exist.
    """
    builder = _builder(card)
    if builder is None:
        return {}
    hints = get_type_hints(builder, include_extras=True)
    return {
        name: str(next(iter(getattr(hints[name], "__metadata__", ())), ""))
        for name in keyword_parameters(builder)
        if name not in card.arguments
    }


def needs(card: TaskCard, given: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return the arguments without which a task can't be asked, each with what it is.

    Parameters
    ----------
    card : TaskCard
        Of the task.
    given : mapping, optional
        What the user gave.

    Raises
    ------
    UserError
        If the card names a source that doesn't exist.
    """
    builder = _builder(card)
    if builder is None:
        return {}
    parameters = keyword_parameters(builder)
    return {
        name: what
        for name, what in takes(card).items()
        if parameters[name].default is inspect.Parameter.empty and name not in (given or {})
    }


def make(name: str, card: TaskCard, given: Mapping[str, Any]) -> Dataset:
    """Return the samples of a task that names a source.

    Parameters
    ----------
    name : str
        ``domain/task``, for messages.
    card : TaskCard
        Of the task.
    given : mapping
        What the user gave; texts are converted to what the source expects.

    Raises
    ------
    UserError
        If something is missing, unknown, fixed by the task, or wrong.
    """
    builder = _builder(card)
    if builder is None:
        raise ValueError(f"{name} has a data file and no source")
    for one, what in needs(card, given).items():
        raise UserError(f"{name} needs {what or one}: give --task-arg {one}=VALUE")
    for one in given:
        if one in card.arguments:
            raise UserError(f"{name} sets {one} itself, to {card.arguments[one]!r}: leave out --task-arg {one}")
    return build(builder, name, (card,), {**card.arguments, **given}, "--task-arg")
