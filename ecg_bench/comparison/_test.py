"""The paired test of two runs on the same samples."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.statistics import paired_means, rank_layers

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer[Any]]

ALPHA = 0.05
DRAWS = 10_000
SAME = 1e-12  # two means that differ by less are equal


@dataclass(frozen=True)
class PairedTest:
    """What the paired test found.

    Attributes
    ----------
    value : float
        Mean after less mean before.
    low, high : float or None
        The 95 % interval; None where there is a single cluster, or no spread.
    interval : str
        How it was computed.
    p : float
        Two-sided, not adjusted.
    test : str
        How `p` was computed.
    floor : float
        The smallest p that this many differing clusters could have given.
    detectable : float or None
        The least true difference that is found with 80 % power at alpha .05.
    n, clusters : int
        Samples, and independent groups among them.
    """

    value: float
    low: float | None
    high: float | None
    interval: str
    p: float
    test: str
    floor: float
    detectable: float | None
    n: int
    clusters: int


def paired_test(before: Floats, after: Floats, clusters: Codes, seed: int) -> PairedTest:
    """Test whether two runs score alike on the samples that both were asked, as a leaderboard of the two would.

    Parameters
    ----------
    before, after : array of float, shape (samples,)
        The scores; at least one sample.
    clusters : array of int, shape (samples,)
        In any numbering; samples of one cluster are no independent evidence.
    seed : int
        Of random sign flips and of the bootstrap, where there are any.
    """
    (found,) = rank_layers([np.column_stack([after, before])], clusters, draws=DRAWS, seed=seed)
    differences = found.differences
    low, high = known(float(differences.low[0, 1]), float(differences.high[0, 1]))
    return PairedTest(
        value=float(differences.value[0, 1]),
        low=low,
        high=high,
        interval=found.interval if low is not None else "",
        p=float(differences.p[0, 1]),
        test=found.test,
        floor=float(found.floors[0, 1]),
        detectable=found.detectable,
        n=differences.n,
        clusters=differences.clusters,
    )


def paired_interval(before: Floats, after: Floats, codes: Codes) -> tuple[float | None, float | None]:
    """Return the 95 % interval of the mean difference, without resampling; none where no spread is seen.

    Parameters
    ----------
    before, after : array of float, shape (samples,)
        The scores.
    codes : array of int, shape (samples,)
        Clusters, from 0 without gaps.
    """
    if codes.max() < 1:
        return None, None
    found = paired_means(np.column_stack([after, before]), codes)
    return known(float(found.low[0, 1]), float(found.high[0, 1]))


def known(low: float, high: float) -> tuple[float | None, float | None]:
    """Return the ends of an interval, or none where they aren't known."""
    return (None, None) if isnan(low) or isnan(high) else (low, high)
