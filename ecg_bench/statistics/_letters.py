"""What a table says of all pairs at once: letters, and the ranks that the tests leave open."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, count, islice, product
from string import ascii_lowercase
from typing import Any

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]


def letters(rejected: Bools, order: Sequence[int]) -> list[tuple[str, ...]]:
    """Return the compact letter display: two systems share a letter if, and only if, they were not told apart.

    Parameters
    ----------
    rejected : array of bool, shape (systems, systems)
        Whether the test tells row and column apart; symmetric.
    order : sequence of int
        The systems from the best to the worst: "a" goes to the best.

    Returns
    -------
    list of tuple of str
        The letters of each system, in the order of the rows: a to z, then aa, ab, …

    References
    ----------
    H.-P. Piepho, J. Comput. Graph. Stat. 13 (2004) 456-466: insert and absorb, then sweep.

    Examples
    --------
    >>> rejected = np.zeros((3, 3), dtype=bool)
    >>> rejected[0, 2] = rejected[2, 0] = True
    >>> letters(rejected, [0, 1, 2])
    [('a',), ('a', 'b'), ('b',)]
    """
    groups = [frozenset(range(len(rejected)))] if len(rejected) else []
    for a, b in combinations(order, 2):
        if rejected[a, b]:
            split = [part for group in groups for part in _without(group, a, b)]
            groups = _absorbed(split)
    place = {system: n for n, system in enumerate(order)}
    groups = sorted(_swept(groups), key=lambda group: sorted(place[system] for system in group))
    names = [*islice(_names(), len(groups))]
    return [
        tuple(name for name, group in zip(names, groups, strict=True) if system in group)
        for system in range(len(rejected))
    ]


def _without(group: frozenset[int], a: int, b: int) -> list[frozenset[int]]:
    return [group - {a}, group - {b}] if a in group and b in group else [group]


def _absorbed(groups: list[frozenset[int]]) -> list[frozenset[int]]:
    """Leave out what another group holds as a whole."""
    kept: list[frozenset[int]] = []
    for group in sorted(groups, key=len, reverse=True):
        if not any(group <= other for other in kept):
            kept.append(group)
    return kept


def _swept(groups: list[frozenset[int]]) -> list[frozenset[int]]:
    """Leave out groups whose every pair stands in another group too: fewer letters say the same."""
    holders: dict[tuple[int, ...], int] = {}
    pairs: dict[frozenset[int], list[tuple[int, ...]]] = {
        group: [*combinations(sorted(group), 2)] or [(min(group),)] for group in groups
    }
    for pair in (pair for group in groups for pair in pairs[group]):
        holders[pair] = holders.get(pair, 0) + 1
    kept = []
    for group in sorted(groups, key=len):
        if all(holders[pair] > 1 for pair in pairs[group]):
            for pair in pairs[group]:
                holders[pair] -= 1
        else:
            kept.append(group)
    return kept


def _names() -> Any:
    for length in count(1):
        yield from map("".join, product(ascii_lowercase, repeat=length))


def rank_sets(differences: npt.NDArray[np.float64], rejected: Bools) -> npt.NDArray[np.int64]:
    """Return the best and the worst rank of each system that the tests leave open.

    Parameters
    ----------
    differences : array of float, shape (systems, systems)
        The row's score less the column's.
    rejected : array of bool, shape (systems, systems)
        Whether the test tells them apart. If its p-values are adjusted for their number, all ranks hold together.

    Returns
    -------
    array of int, shape (systems, 2)
        1 + the number that are significantly better, and the number of systems less those significantly worse.

    References
    ----------
    M. Mogstad, J. P. Romano, A. M. Shaikh and D. Wilhelm, Rev. Econ. Stud. 91 (2024) 476-518.
    """
    better = ((differences < 0) & rejected).sum(axis=1)
    worse = ((differences > 0) & rejected).sum(axis=1)
    return np.column_stack([1 + better, len(rejected) - worse])
