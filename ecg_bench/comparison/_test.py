"""The paired test of two runs on the same samples."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.statistics import (
    Interval,
    agresti_min,
    mcnemar,
    minimum_detectable_difference,
    paired_differences,
    paired_means,
    sign_flip,
)

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer[Any]]

ALPHA = 0.05
DRAWS = 10_000
FEW = 100  # clusters, below which bootstrap intervals of differences are too short (docs/correction-coverage.md)
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
    """Test whether two runs score alike on the samples that both were asked.

    Parameters
    ----------
    before, after : array of float, shape (samples,)
        The scores; at least one sample.
    clusters : array of int, shape (samples,)
        In any numbering; samples of one cluster are no independent evidence.
    seed : int
        Of random sign flips and of the bootstrap, where there are any.

    Notes
    -----
    Yes or no in clusters of one: McNemar's exact test. All else: the sign-flip test over clusters. The interval is that
    of `paired_interval`. The least difference that can be found follows from the interval's half width.
    """
    codes = np.unique(clusters, return_inverse=True)[1]
    n, groups = len(before), int(codes.max()) + 1
    differences = after - before
    if groups == n and _yes_or_no(before, after):
        fixed, broken = int((differences > 0).sum()), int((differences < 0).sum())
        p, test = mcnemar(fixed, broken).exact, "exact McNemar"
        floor = min(1.0, 2.0 ** (1 - fixed - broken))
    else:
        flipped = sign_flip(differences, codes, seed=seed)
        exact = "exact" if flipped.exact else f"{flipped.draws:,} draws, seed {seed}"
        p, test, floor = flipped.p, f"sign-flip over clusters, {exact}", flipped.floor
    interval, method = paired_interval(before, after, codes, seed)
    detectable = None
    if interval is not None:
        error = (interval.high - interval.low) / 2 / NormalDist().inv_cdf(1 - ALPHA / 2)
        detectable = minimum_detectable_difference(error * n**0.5, n, alpha=ALPHA)
    low, high = (None, None) if interval is None else interval
    return PairedTest(float(differences.mean()), low, high, method, p, test, floor, detectable, n, groups)


def paired_interval(
    before: Floats, after: Floats, codes: Codes, seed: int | None = None
) -> tuple[Interval | None, str]:
    """Return the 95 % interval of the mean difference, and how it was computed.

    Parameters
    ----------
    before, after : array of float, shape (samples,)
        The scores.
    codes : array of int, shape (samples,)
        Clusters, from 0 without gaps.
    seed : int, optional
        Of the bootstrap; without it there is none.

    Notes
    -----
    Yes or no in clusters of one: Agresti and Min. From 100 clusters on the paired bootstrap over clusters, below it the
    paired t interval over clusters. Where no cluster's difference deviates from the others no spread is seen, which
    does not mean that there is none: scores of yes or no have Agresti and Min's interval then, which counts each
    cluster as one question if all samples differ alike, and other scores have none.
    """
    n, groups = len(before), int(codes.max()) + 1
    differences = after - before
    binary = _yes_or_no(before, after)
    spread = np.abs(np.bincount(codes, differences - differences.mean())).max() > SAME
    alike = groups < n and float(np.ptp(differences)) == 0
    if binary and (groups == n or alike or (groups > 1 and not spread)):
        moved, of = (groups, " on clusters, as all samples differ alike") if alike else (n, "")
        rose, fell = (round(moved * float((sign * differences > 0).mean())) for sign in (1, -1))
        return agresti_min(rose, fell, moved), f"Agresti and Min{of}"
    if groups < 2 or not spread:
        return None, ""
    scores = np.column_stack([after, before])
    if groups >= FEW and seed is not None:
        found = paired_differences(scores, codes, draws=DRAWS, seed=seed)
        return _of(found.low, found.high, 1.0), f"paired bootstrap over clusters, {DRAWS:,} draws, seed {seed}"
    scale = max(1.0, float(np.abs(scores).max()))  # the interval is cut at -1 and 1, which counts of words may exceed
    means = paired_means(scores / scale, codes)
    return _of(means.low, means.high, scale), "paired t over clusters"


def _of(low: Floats, high: Floats, scale: float) -> Interval:
    return Interval(float(low[0, 1]) * scale, float(high[0, 1]) * scale)


def _yes_or_no(before: Floats, after: Floats) -> bool:
    return bool(np.isin(before, (0, 1)).all() and np.isin(after, (0, 1)).all())
