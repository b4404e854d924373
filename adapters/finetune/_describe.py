"""The recipe's fields as a table, for the documentation."""

from __future__ import annotations

import json
from collections.abc import Collection
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from ecg_bench.adapters.finetune._config import FinetuneConfig

_LIMITS = {"ge": "≥ {}", "gt": "> {}", "le": "≤ {}", "lt": "< {}"}


def describe_fields(recipe: type[FinetuneConfig] = FinetuneConfig, sections: Collection[str] = ()) -> str:
    """Return every field of a recipe, or of some sections, with its values, default and meaning, as Markdown tables."""
    parts = []
    for section, holder in recipe.model_fields.items():
        if sections and section not in sections:
            continue
        part: Any = holder.annotation
        rows = [
            f"| `{section}.{name}` | {_values(field)} | `{_default(field)}` | {field.description} |"
            for name, field in part.model_fields.items()
        ]
        head = f"### {section}\n\n{part.__doc__}\n\n| field | values | default | meaning |\n|---|---|---|---|\n"
        parts.append(head + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _values(field: FieldInfo) -> str:
    kinds = get_args(field.annotation) if get_origin(field.annotation) not in (Literal, dict) else (field.annotation,)
    names = [_name(kind) for kind in kinds or (field.annotation,)]
    limits = [
        text.format(getattr(limit, key))
        for limit in field.metadata
        for key, text in _LIMITS.items()
        if getattr(limit, key, None) is not None
    ]
    return " or ".join(names) + (f", {', '.join(limits)}" if limits else "")


def _name(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(kind))
    if kind is NoneType:
        return "`null`"
    return {bool: "`true`, `false`", int: "whole number", float: "number", str: "text"}.get(
        kind, "mapping" if get_origin(kind) is dict else "list of names"
    )


def _default(field: FieldInfo) -> str:
    return json.dumps(field.get_default(call_default_factory=True, validated_data={}))
