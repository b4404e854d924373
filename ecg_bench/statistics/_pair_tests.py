"""Tests of all pairs of systems at once: exact where that is in reach, else by signs that all pairs share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.statistics._bootstrap import cluster_sums
from ecg_bench.statistics._sign_flip import exact_sign_flip, flipped_sums

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer[Any]]

FINE = 10  # after Holm's factor, the least p of a random test is so many times below alpha


@dataclass(frozen=True)
class PairTests:
    """The tests of one layer.

    Attributes
    ----------
    p, floors : array of float, shape (systems, systems)
        Two-sided p-values, not adjusted, and the least that each test could have given; 1 on the diagonal.
    name : str
        Of the test.
    """

    p: Floats
    floors: Floats
    name: str


def pair_tests(layers: Sequence[Floats], clusters: Codes, *, alpha: float, flips: int, seed: int) -> list[PairTests]:
    """Test all pairs of systems of some layers of the same rows; `clusters` are numbered without gaps."""
    groups = int(clusters.max()) + 1
    if groups < 2:
        return [_untested(layer.shape[1]) for layer in layers]
    tests: list[PairTests | None] = []
    for layer in layers:
        right_or_wrong = groups == len(clusters) and bool(np.isin(layer, (0, 1)).all())
        tests.append(_mcnemar(layer) if right_or_wrong else None)
    graded = [layer for layer, test in zip(layers, tests, strict=True) if test is None]
    flipped = iter(_sign_flips([cluster_sums(layer, clusters) for layer in graded], alpha, flips, seed))
    return [test or next(flipped) for test in tests]


def _untested(systems: int) -> PairTests:
    ones = np.ones((systems, systems))
    return PairTests(ones, ones.copy(), "none, as there are fewer than two clusters")


def _mcnemar(right: Floats) -> PairTests:
    from scipy.special import bdtr

    only = right.T @ (1 - right)  # samples that only the row's system got right
    least, apart = np.minimum(only, only.T), only + only.T
    tiny = float(np.finfo(np.float64).tiny)
    p: Floats = np.clip(2 * bdtr(least, apart.astype(np.int64), 0.5), tiny, 1.0)
    floors: Floats = np.clip(np.exp2(1 - apart), tiny, 1.0)
    return PairTests(p, floors, "exact McNemar test")


def _sign_flips(layers: Sequence[Floats], alpha: float, flips: int, seed: int) -> list[PairTests]:
    """Test the sums of clusters, each of shape (clusters, systems)."""
    if not layers:
        return []
    p = [np.ones((sums.shape[1],) * 2) for sums in layers]
    floors = [np.ones_like(table) for table in p]
    open_pairs: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]] = []
    for sums, table, least in zip(layers, p, floors, strict=True):
        left = []
        for a, b in zip(*np.triu_indices(sums.shape[1], 1), strict=True):
            exact = exact_sign_flip(sums[:, a] - sums[:, b])
            if exact is None:
                left.append((a, b))
            else:
                table[a, b] = table[b, a] = exact.p
                least[a, b] = least[b, a] = exact.floor
        first, second = np.array(left, dtype=np.int64).reshape(-1, 2).T
        open_pairs.append((first, second))
    most = max(sums.shape[1] for sums in layers)
    flips = max(flips, ceil(FINE * most * (most - 1) / 2 / alpha))
    at_random = [n for n, (first, _) in enumerate(open_pairs) if len(first)]
    counts = _counts([layers[n] for n in at_random], [open_pairs[n] for n in at_random], flips, seed)
    for n, above in zip(at_random, counts, strict=True):
        first, second = open_pairs[n]
        p[n][first, second] = p[n][second, first] = (1 + above) / (1 + flips)
        floors[n][first, second] = floors[n][second, first] = 1 / (1 + flips)
    names = [_name(len(first), sums.shape[1], flips) for (first, _), sums in zip(open_pairs, layers, strict=True)]
    return [PairTests(*one) for one in zip(p, floors, names, strict=True)]


def _counts(
    layers: Sequence[Floats],
    pairs: Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]],
    flips: int,
    seed: int,
) -> list[npt.NDArray[np.int64]]:
    """Count for each pair the random signs under which the absolute sum of differences is as large as observed.

    A sum of differences is the difference of two sums: signs are multiplied with systems, of which there are fewer
    than pairs.
    """
    if not layers:
        return []
    observed = [
        np.abs(sums.sum(axis=0)[first] - sums.sum(axis=0)[second])
        - 1e-9 * np.array([np.abs(sums[:, a] - sums[:, b]).sum() for a, b in zip(first, second, strict=True)])
        for sums, (first, second) in zip(layers, pairs, strict=True)
    ]
    above = [np.zeros(len(first), dtype=np.int64) for first, _ in pairs]
    ends = np.cumsum([sums.shape[1] for sums in layers])[:-1]
    for block in flipped_sums(np.hstack(layers), flips, seed):
        for n, sums in enumerate(np.split(np.ascontiguousarray(block.T), ends)):
            first, second = pairs[n]
            above[n] += (np.abs(sums[first] - sums[second]) >= observed[n][:, None]).sum(axis=1)
    return above


def _name(at_random: int, systems: int, flips: int) -> str:
    if not at_random:
        return "exact sign-flip test over clusters"
    exact = "" if at_random == systems * (systems - 1) // 2 else " where no exact test is in reach"
    return f"sign-flip test over clusters, {flips} draws{exact}"
