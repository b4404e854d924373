"""Named factories, imported only when asked for.

A registry maps a name to ``"module:attribute"``, so that listing what exists imports nothing heavy, and other
packages add to it by an entry point of the registry's group (``ecg_bench.backends`` and so on) without being imported
before they are used.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar, get_type_hints

from pydantic import TypeAdapter, ValidationError

from ecg_bench.errors import UserError, did_you_mean

T = TypeVar("T")


class Registry(Generic[T]):
    """Lazily imported things of one kind, by name.

    Parameters
    ----------
    kind : str
        What is registered, as it is called in messages ("backend").
    group : str
        The entry-point group by which other packages register theirs.
    builtin : mapping of str to str
        Name to ``"module:attribute"``.
    """

    def __init__(self, kind: str, group: str, builtin: Mapping[str, str]) -> None:
        self.kind = kind
        self.group = group
        self._targets = dict(builtin)

    def targets(self) -> dict[str, str]:
        """Return name to ``"module:attribute"``; a built-in name can't be replaced by another package."""
        found = {entry.name: entry.value for entry in entry_points(group=self.group)}
        return found | self._targets

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.targets()))

    def get(self, name: str) -> T:
        """Import and return what `name` stands for.

        Raises
        ------
        UserError
            If the name is unknown, or the package that registered it can't be imported.
        """
        targets = self.targets()
        if name not in targets:
            raise UserError(f"there is no {self.kind} named {name!r}{did_you_mean(name, targets)}")
        module, _, attribute = targets[name].partition(":")
        try:
            found: T = getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            raise UserError(f"the {self.kind} {name!r} could not be loaded from {targets[name]}: {error}") from error
        return found


def build(
    factory: Callable[..., T],
    what: str,
    positional: tuple[Any, ...],
    arguments: Mapping[str, Any],
    option: str = "--model-arg",
) -> T:
    """Call a factory with named arguments that may be text from a command line.

    Each argument is converted to the type its parameter is annotated with. What a factory takes by ``**`` is handed on
    as it is.

    Raises
    ------
    UserError
        If an argument is unknown or of the wrong type; the message lists or names what is known.
    """
    hints = get_type_hints(factory.__init__ if inspect.isclass(factory) else factory, include_extras=True)
    known = keyword_parameters(factory)
    converted = {}
    for name, value in arguments.items():
        if name not in known:
            if takes_others(factory):
                converted[name] = value
                continue
            raise UserError(f"{what} has no argument {name!r}{did_you_mean(name, known)}")
        try:
            converted[name] = TypeAdapter(hints[name]).validate_python(value)
        except ValidationError as error:
            raise UserError(f"{what}: {name}={value!r} is wrong: {error.errors()[0]['msg'].lower()}") from None
    missing = [n for n, p in known.items() if p.default is inspect.Parameter.empty and n not in converted]
    if missing:
        raise UserError(f"{what} needs the argument {missing[0]!r}: give {option} {missing[0]}=VALUE")
    return factory(*positional, **converted)


def takes_others(factory: Callable[..., Any]) -> bool:
    """Whether a factory takes arguments beside the ones it names."""
    return any(p.kind is inspect.Parameter.VAR_KEYWORD for p in inspect.signature(factory).parameters.values())


def keyword_parameters(factory: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Return the keyword-only parameters of a factory, the ones that a user may set by name."""
    return {n: p for n, p in inspect.signature(factory).parameters.items() if p.kind is inspect.Parameter.KEYWORD_ONLY}
