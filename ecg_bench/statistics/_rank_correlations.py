"""Whether layers put the systems into the same order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import factorial, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.statistics._bootstrap import mean_resamples
from ecg_bench.statistics._ranking import check_layers

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.integer[Any]]

DECIMALS = 12  # means that differ by less are equal, but for rounding
COUNTED = 13  # systems up to which all orders are counted


@dataclass(frozen=True)
class RankCorrelations:
    """Rank correlations of all pairs of layers over systems.

    Attributes
    ----------
    spearman, kendall : array of float, shape (layers, layers)
        Spearman's rho with mean ranks for ties, and tau-b. nan where fewer than 3 systems have both, or one layer gives
        all of them the same mean.
    low, high : array of float, shape (layers, layers)
        Percentile intervals of Spearman's rho at 95 %; nan without resamples.
    systems : array of int, shape (layers, layers)
        How many systems have both.
    """

    spearman: Floats
    kendall: Floats
    low: Floats
    high: Floats
    systems: npt.NDArray[np.int64]


def rank_correlations(means: Floats, resampled: Floats | None) -> RankCorrelations:
    """Correlate the orders into which layers put the systems.

    Parameters
    ----------
    means : array of float, shape (layers, systems)
        nan where a system is not in a layer.
    resampled : array of float, shape (draws, layers, systems), optional
        The same of resampled questions: `resampled_means` of each task.

    Raises
    ------
    ValueError
        If the shapes differ.

    Notes
    -----
    The interval is about these systems and other questions. With means that are close to each other a resample puts
    systems into other orders more often than into this one, so that its correlation tends to be nearer to 0 than the
    observed: the percentiles lean towards 0, and are widened to hold the observed value where they don't. It says
    nothing of other systems: for that, compare the value with `spearman_critical`.

    References
    ----------
    C. Spearman, Am. J. Psychol. 15 (1904) 72-101; M. G. Kendall, Biometrika 33 (1945) 239-251.
    """
    layers, systems = means.shape
    draws = np.empty((0, layers, systems)) if resampled is None else resampled
    if draws.shape[1:] != means.shape:
        raise ValueError(f"resamples of shape {draws.shape} don't belong to means of shape {means.shape}")
    there = ~np.isnan(means)
    rows = np.round(np.concatenate([means[None], draws]), DECIMALS)  # the observed means, then the resamples

    @cache
    def ranks(layer: int, among: bytes) -> Floats:
        return _centred_ranks(rows[:, layer, np.frombuffer(among, dtype=np.bool_)])

    rho, tau, low, high = (np.full((layers, layers), np.nan) for _ in range(4))
    for a in range(layers):
        for b in range(a, layers):
            both = there[a] & there[b]
            if both.sum() < 3:
                continue
            found = _correlation(ranks(a, both.tobytes()), ranks(b, both.tobytes()))
            rho[a, b] = rho[b, a] = found[0]
            tau[a, b] = tau[b, a] = _tau_b(rows[0, a, both], rows[0, b, both])
            defined = found[~np.isnan(found)]
            if resampled is not None and not np.isnan(found[0]) and len(defined) > 1:
                ends = np.quantile(defined[1:], [0.025, 0.975])
                low[a, b] = low[b, a] = min(ends[0], found[0])
                high[a, b] = high[b, a] = max(ends[1], found[0])
    return RankCorrelations(rho, tau, low, high, there.astype(np.int64) @ there.T.astype(np.int64))


def _centred_ranks(values: Floats) -> Floats:
    from scipy.stats import rankdata

    ranks: Floats = rankdata(values, axis=-1) - (values.shape[-1] + 1) / 2
    return ranks


def _correlation(first: Floats, second: Floats) -> Floats:
    """Return Pearson's correlations of the rows of centred values; nan where one is constant."""
    spread = np.sqrt((first**2).sum(axis=-1) * (second**2).sum(axis=-1))
    found: Floats = np.divide((first * second).sum(axis=-1), spread, out=np.full(len(first), np.nan), where=spread > 0)
    return found


def _tau_b(first: Floats, second: Floats) -> float:
    one, two = (np.sign(values[:, None] - values[None, :]) for values in (first, second))
    spread = sqrt(float((one**2).sum() * (two**2).sum()))
    return float((one * two).sum()) / spread if spread else float("nan")


@cache
def spearman_critical(n: int, alpha: float = 0.05) -> float | None:
    """Return the least absolute Spearman correlation of `n` systems that is significant, two-sided.

    Parameters
    ----------
    n : int
        Number of systems.
    alpha : float
        Between 0 and 1.

    Returns
    -------
    float or None
        None for fewer than 5 systems, and where not even the same order is significant. Up to 13 systems all orders
        without ties are counted; beyond, a normal approximation that allows for the kurtosis is good to 0.002.

    References
    ----------
    M. G. Kendall, Rank Correlation Methods, 4th ed. (1970), chapter 5: the moments.

    Examples
    --------
    >>> round(spearman_critical(7), 3), round(spearman_critical(12), 3)
    (0.786, 0.587)
    """
    if n < 5:
        return None
    steps = n * (n * n - 1) // 3  # the correlation is 1 - 2 d / steps, where d is the sum of squared differences
    if n > COUNTED:
        fourth = 3 * (25 * n**3 - 38 * n**2 - 35 * n + 72) / (25 * n * (n + 1) * (n - 1) ** 3)
        z = NormalDist().inv_cdf(1 - alpha / 2)
        z += (fourth * (n - 1) ** 2 - 3) * (z**3 - 3 * z) / 24  # Cornish and Fisher
        return min(1.0, z / sqrt(n - 1) + 2 / steps)
    ways = _sums_of_products(n)
    # d is twice how far the sum of products falls short of its greatest value.
    share = np.cumsum(ways[::-1]) / factorial(n)
    within = int(np.searchsorted(2 * share, alpha, side="right"))
    return 1 - 4 * (within - 1) / steps if within else None


def _sums_of_products(n: int) -> npt.NDArray[np.int64]:
    """Return in how many orders of 0 to n - 1 the sum of place times value takes each value."""
    most = sum(i * i for i in range(n))
    ways: dict[int, npt.NDArray[np.int64]] = {0: np.zeros(most + 1, dtype=np.int64)}
    ways[0][0] = 1
    for used in range(1 << n):  # which values stand on the first places
        here = ways.pop(used)
        place = used.bit_count()
        for value in range(n):
            if used >> value & 1:
                continue
            after = ways.setdefault(used | 1 << value, np.zeros(most + 1, dtype=np.int64))
            shift = place * value
            after[shift:] += here[: most + 1 - shift]
        if place == n:
            return here
    raise AssertionError


def resampled_means(layers: Sequence[Floats], clusters: Codes, *, draws: int = 10_000, seed: int) -> Floats:
    """Return means of resampled clusters, for intervals of whatever is computed from the means of one task.

    Parameters
    ----------
    layers : sequence of array of float, each of shape (rows, systems)
        Scores of the same systems on the same rows.
    clusters : array of int, shape (rows,)
        Any codes.
    draws : int
        Number of resamples.
    seed : int
        Give each task another one: with the same, tasks of as many clusters would be resampled alike.

    Returns
    -------
    array of float, shape (draws, layers, systems)
        The same resamples serve all.

    Raises
    ------
    ValueError
        As by `rank_layers`.
    """
    check_layers(layers, clusters)
    codes = np.unique(clusters, return_inverse=True)[1]
    return mean_resamples(np.hstack(layers), codes, draws, seed).reshape(draws, len(layers), -1)
