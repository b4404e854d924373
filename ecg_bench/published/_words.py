"""How findings are worded."""

from __future__ import annotations

from collections.abc import Sequence


def listed(words: Sequence[str]) -> str:
    """Return words as a list: a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def plural(n: int, word: str) -> str:
    """Return a number with its noun."""
    return f"{n} {word}" if n == 1 else f"{n} {word}s"
