"""Prompt templates: Jinja in a sandbox, checked before a model is asked anything."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from jinja2 import Template, TemplateError, meta, nodes
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.runtime import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ecg_bench.errors import UserError


class _Environment(ImmutableSandboxedEnvironment):
    """A sandbox that also refuses arithmetic which could fill the memory."""

    intercepted_binops = frozenset(["*", "**"])

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" or not all(isinstance(side, int | float) for side in (left, right)):
            raise SecurityError(f"the operator {operator} is not allowed in a prompt template")
        return super().call_binop(context, operator, left, right)


_ENVIRONMENT = _Environment(
    undefined=StrictUndefined, keep_trailing_newline=False, trim_blocks=True, lstrip_blocks=True
)
# Loops, tests and text filters are what a prompt needs; these could build texts of any size.
for _name in ("center", "indent", "format", "urlize", "wordwrap", "attr"):
    del _ENVIRONMENT.filters[_name]
_ENVIRONMENT.globals.clear()


class PromptTemplate:
    """A compiled template that may only use the fields it was promised.

    Parameters
    ----------
    source : str
        Jinja source.
    fields : collection of str
        The names it may use.
    origin : str
        Where it was written, for messages.
    holder : str
        What has these names, for messages.

    Attributes
    ----------
    names : frozenset of str
        Those that it does use.

    Raises
    ------
    UserError
        If the source doesn't compile, names an unknown field, or reaches for Python's internals.
    """

    def __init__(self, source: str, fields: Collection[str], origin: str, holder: str = "a sample") -> None:
        self.source = source
        self.origin = origin
        try:
            tree = _ENVIRONMENT.parse(source)
            self.names = frozenset(meta.find_undeclared_variables(tree))
            self._template: Template = _ENVIRONMENT.from_string(source)
        except TemplateError as error:
            message = (error.message or "").rstrip(".")
            raise UserError(f"{origin}: the prompt template can't be read: {message}") from None
        if unknown := self.names - set(fields):
            raise UserError(
                f"{origin}: the prompt template names the unknown field {min(unknown)!r}; "
                f"{holder} has {', '.join(sorted(fields))}"
            )
        for access in tree.find_all(nodes.Getattr):
            if access.attr.startswith("_"):
                raise UserError(
                    f"{origin}: the prompt template may not use {access.attr!r}: "
                    "names that begin with an underscore are Python's own"
                )
        if tree.find(nodes.Call):
            raise UserError(f"{origin}: the prompt template may not call functions; loops and filters are what it has")

    def render(self, fields: Mapping[str, Any]) -> str:
        """Return the text for one sample, without blanks at its ends.

        Raises
        ------
        UserError
            If the template does something that the sandbox forbids or that the fields don't allow.
        """
        try:
            return self._template.render(fields).strip()
        except SecurityError as error:
            raise UserError(f"{self.origin}: the prompt template does what is not allowed: {error}") from None
        except UndefinedError as error:
            raise UserError(f"{self.origin}: the prompt template can't be filled: {error}") from None
        except (TemplateError, TypeError, ValueError, ZeroDivisionError, OverflowError) as error:
            raise UserError(f"{self.origin}: the prompt template fails: {error}") from None
