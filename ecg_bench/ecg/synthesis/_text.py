"""A spec as a line of text: compact JSON of what differs from the default."""

from __future__ import annotations

import json
from dataclasses import asdict, fields

from pydantic import TypeAdapter, ValidationError

from ecg_bench.ecg.synthesis._spec import Spec
from ecg_bench.errors import UserError, did_you_mean
from ecg_bench.files import describe

_DEFAULT = asdict(Spec())
_NAMES = tuple(field.name for field in fields(Spec))
_ADAPTER = TypeAdapter(Spec)


def spec_text(spec: Spec) -> str:
    """Return a spec as compact JSON, with only the fields that differ from the default; `read_spec` reads it."""
    given = {name: value for name, value in asdict(spec).items() if value != _DEFAULT[name]}
    return json.dumps(given, separators=(",", ":"), sort_keys=True, allow_nan=False)


def read_spec(text: str) -> Spec:
    """Return the spec that `spec_text` wrote.

    Raises
    ------
    UserError
        If it is no JSON object, names an unknown field, or a value doesn't fit.
    """
    shown = text if len(text) <= 80 else f"{text[:79]}…"
    try:
        given = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        raise UserError(f"{shown!r} is no spec of a synthetic ECG: it must be a JSON object") from None
    if not isinstance(given, dict):
        raise UserError(f"{shown!r} is no spec of a synthetic ECG: it must be a JSON object")
    for name in given:
        if name not in _NAMES:
            raise UserError(f"a synthetic ECG has no field {name!r}{did_you_mean(name, _NAMES)}")
    try:
        return _ADAPTER.validate_python(given)
    except ValidationError as error:
        raise UserError(f"{shown!r} is no spec of a synthetic ECG: {describe(error)}") from None
