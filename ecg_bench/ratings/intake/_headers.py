"""Matching the headers of a sheet with the names of what they may mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ecg_bench.ratings.intake._text import Near, nearest


def bare(head: str) -> str:
    """Return a header without what follows in brackets: ``Question (in English)``."""
    return head.partition("(")[0] or head


def match_headers(heads: Mapping[int, str], names: Mapping[str, str]) -> dict[int, Near[str]]:
    """Match headers with names one to one, the surest first, so that each leaves fewer choices for the doubtful.

    Without ``Correct``, which stands there itself, ``ncorrect`` can only be ``Incorrect``.
    """
    found: dict[int, Near[str]] = {}
    left, free = dict(heads), dict(names)
    while left and free:
        near = {column: one for column, head in left.items() if (one := nearest(head, free)) is not None}
        if not near:
            break
        least = min(map(_doubt, near.values()))
        for column, one in near.items():
            if _doubt(one) == least and one.target in free.values():
                found[column] = one
                del left[column]
                free = {name: target for name, target in free.items() if target != one.target}
    return found


def _doubt(near: Near[str]) -> int:
    return {"exact": 0, "abbreviated": 1, "misspelt": 1 + near.errors}[near.how]


def describe_headers(heads: Iterable[str]) -> str:
    """Show the names of columns in a message."""
    shown = [repr(head.strip()[:40]) for head in heads if head.strip()]
    return ", ".join(shown[:12]) + (", …" if len(shown) > 12 else "")
