"""The errors that a user can mend, and the sentence each of them is told in."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class UserError(Exception):
    """A mistake in what the user gave: told in one sentence, exit code 2, nothing half-written.

    Parameters
    ----------
    message : str
        What is wrong, what was expected and what to do, as one sentence without a full stop at its end.
    path : path-like, optional
        The file at fault; printed before the message.
    line : int, optional
        The 1-based line of `path` at fault.
    """

    exit_code = 2

    def __init__(self, message: str, *, path: str | Path | None = None, line: int | None = None) -> None:
        place = "" if path is None else f"{path}:{line}: " if line else f"{path}: "
        super().__init__(place + message)


class StoppedError(UserError):
    """A run ended before everything was asked, as it was told to: what was answered is kept, and it can be resumed."""

    exit_code = 130


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` for the nearest of the known names, or the list of them where none is near."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if near:
        return f" (did you mean {near[0]!r}?)"
    if not names:
        return ""
    return f" (known: {', '.join(names[:12])}{', …' if len(names) > 12 else ''})"
