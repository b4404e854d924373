"""Python literals in the cells of tables, read without running anything."""

from __future__ import annotations

import ast
import math
from pathlib import Path
from typing import Any

from ecg_bench.errors import UserError

_LONGEST = 20_000  # characters; the longest cell of the published tables has a tenth


def _literal(text: str) -> Any:
    if len(text) > _LONGEST:
        return None
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None


def likelihoods(text: str, path: Path, line: int, column: str) -> dict[str, float]:
    """Read ``{'NORM': 100.0, 'SR': 0.0}``: statement to likelihood in per cent, 0 to 100.

    Raises
    ------
    UserError
        If it is anything else.
    """
    found = _literal(text)
    if not isinstance(found, dict) or not all(
        isinstance(key, str) and type(value) in (int, float) and math.isfinite(value) and 0 <= value <= 100
        for key, value in found.items()
    ):
        raise UserError(
            f"the column {column} must hold a dict of statements and likelihoods from 0 to 100, such as "
            f"{{'NORM': 100.0}}, but holds {text[:60]!r}",
            path=path,
            line=line,
        )
    return {key: float(value) for key, value in found.items()}


def texts(text: str, path: Path, line: int, column: str) -> tuple[str, ...]:
    """Read ``['no', 'yes']``, a list of texts.

    Raises
    ------
    UserError
        If it is anything else.
    """
    found = _literal(text)
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise UserError(
            f"the column {column} must hold a list of texts, such as ['no', 'yes'], but holds {text[:60]!r}",
            path=path,
            line=line,
        )
    return tuple(found)
