"""From scores to ranks: all pairs of systems compared, adjusted, and summed up as letters and ranges of ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.statistics._bootstrap import Differences, mean_resamples, percentile_differences
from ecg_bench.statistics._letters import letters, rank_sets
from ecg_bench.statistics._means import difference_errors, paired_means, where_no_spread
from ecg_bench.statistics._multiplicity import holm
from ecg_bench.statistics._pair_tests import PairTests, pair_tests
from ecg_bench.statistics._planning import minimum_detectable_difference, samples_needed

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.integer[Any]]

FEW = 100  # clusters, below which percentile intervals are too short (docs/correction-coverage.md)


@dataclass(frozen=True)
class Ranking:
    """What the scores of one layer say of its systems.

    Attributes
    ----------
    means : array of float, shape (systems,)
        On the given rows.
    differences : Differences
        Of all pairs. Its p-values are those of the tests, not adjusted; its intervals are at 95 %, not adjusted either,
        and nan for fewer than two clusters. Intervals and tests are different methods: close to the border one may see
        a difference that the other doesn't.
    p_holm : array of float, shape (systems, systems)
        Adjusted over all pairs; 1 on the diagonal.
    rejected : array of bool, shape (systems, systems)
        Whether two systems are told apart: ``p_holm < alpha``.
    ranks : array of int, shape (systems, 2)
        The best and the worst rank that the tests leave open.
    letters : list of tuple of str
        Of each system: two systems share a letter if, and only if, they are not told apart. "a" goes to the best.
    floors : array of float, shape (systems, systems)
        The least p that each pair's test could have given.
    test, interval : str
        How p-values and intervals were computed.
    detectable : float or None
        Least true difference that is found with a power of 80 % at the level of 5 % (two-sided, not adjusted): the
        median over the pairs with any spread. None where there is no such pair.
    first_two : float or None
        Observed difference between the two best means. None for a single system.
    needed : int or None
        Rows, in clusters like these, that would tell the first two apart with a power of 80 % if the observed
        difference was the true one. None where they are equal, or no spread is seen.
    """

    means: Floats
    differences: Differences
    p_holm: Floats
    rejected: Bools
    ranks: npt.NDArray[np.int64]
    letters: list[tuple[str, ...]]
    floors: Floats
    test: str
    interval: str
    detectable: float | None
    first_two: float | None
    needed: int | None

    @property
    def floor(self) -> float:
        """The least p that any of the tests could have given; 1 where there is nothing to test."""
        return float(self.floors.min())


def rank_layers(
    layers: Sequence[Floats],
    clusters: Codes,
    *,
    alpha: float = 0.05,
    draws: int = 10_000,
    flips: int = 100_000,
    seed: int,
) -> list[Ranking]:
    """Compare all pairs of systems on some layers of the same rows, such as several metrics of one task.

    Parameters
    ----------
    layers : sequence of array of float, each of shape (rows, systems)
        Scores on any scale, where more is better. Layers may have different systems.
    clusters : array of int, shape (rows,)
        Any codes. Rows of one cluster are no independent evidence.
    alpha : float
        Probability, between 0 and 1, of telling apart any two equal systems of a layer.
    draws : int
        Resamples of clusters.
    flips : int
        Random assignments of signs where a test is not exact; more if Holm's factor needs a finer p-value.
    seed : int
        Of both.

    Returns
    -------
    list of Ranking
        One for each layer. With fewer than two clusters nothing is told apart: p-values are 1, intervals nan.

    Raises
    ------
    ValueError
        If there is no row or no system, the numbers of rows differ, or a score is not finite.

    Notes
    -----
    The statistic is the difference of means over rows, so that large clusters count for more. Scores of 0 and 1 whose
    rows are each a cluster are tested by McNemar's exact test, all others by flipping the signs of the clusters' sums
    of differences, which is exact for up to 26 that are not 0, and for sums that are multiples of a common part of 1.
    Intervals are those of `paired_means` below 100 clusters, and wherever McNemar's test is used; else percentiles of
    resampled clusters. The same
    resamples and signs serve all pairs and layers, and do not depend on which systems are compared.

    References
    ----------
    S. Holm, Scand. J. Stat. 6 (1979) 65-70; B. Phipson and G. K. Smyth, Stat. Appl. Genet. Mol. Biol. 9 (2010) article
    39; A. C. Davison and D. V. Hinkley, Bootstrap Methods and their Application (1997), section 3.8; H.-P. Piepho, J.
    Comput. Graph. Stat. 13 (2004) 456-466; M. Mogstad et al., Rev. Econ. Stud. 91 (2024) 476-518.

    Examples
    --------
    >>> scores = np.array([[1, 1, 0]] * 20 + [[1, 1, 1]] * 30, dtype=float)
    >>> (found,) = rank_layers([scores], np.arange(50), seed=0)
    >>> found.ranks.tolist(), found.letters
    ([[1, 2], [1, 2], [3, 3]], [('a',), ('a',), ('b',)])
    """
    check_layers(layers, clusters)
    if not layers:
        return []
    codes = np.unique(clusters, return_inverse=True)[1]
    groups = int(codes.max()) + 1
    tests = pair_tests(layers, codes, alpha=alpha, flips=flips, seed=seed)
    resampled = [groups >= FEW and not (groups == len(layer) and _yes_or_no(layer)) for layer in layers]
    percentiles = iter(
        _percentiles([one for one, is_so in zip(layers, resampled, strict=True) if is_so], codes, draws, seed)
    )
    ends = [
        next(percentiles) if is_so else _closed_ends(layer, codes)
        for layer, is_so in zip(layers, resampled, strict=True)
    ]
    return [
        _ranking(layer, codes, test, *intervals, alpha, draws if is_so else 0)
        for layer, test, intervals, is_so in zip(layers, tests, ends, resampled, strict=True)
    ]


def check_layers(layers: Sequence[Floats], clusters: Codes) -> None:
    """Refuse what is no scores of the same rows."""
    for layer in layers:
        if layer.ndim != 2 or not layer.size or len(layer) != len(clusters):
            raise ValueError(f"scores of shape {layer.shape} for {len(clusters)} rows: expected (rows, systems)")
        if not np.isfinite(layer).all():
            raise ValueError("scores must be finite: leave out rows that not all systems have")


def _percentiles(layers: Sequence[Floats], codes: Codes, draws: int, seed: int) -> list[tuple[Floats, Floats, str]]:
    if not layers:
        return []
    name = f"percentile bootstrap over clusters, {draws} draws, seed {seed}"
    resamples = mean_resamples(np.hstack(layers), codes, draws, seed)
    parts = np.split(resamples, np.cumsum([layer.shape[1] for layer in layers])[:-1], axis=1)
    ends = (percentile_differences(part, 0.95) for part in parts)
    return [(*where_no_spread(layer, codes, *one), name) for layer, one in zip(layers, ends, strict=True)]


def _yes_or_no(layer: Floats) -> bool:
    return bool(np.isin(layer, (0, 1)).all())


def _closed_ends(layer: Floats, codes: Codes) -> tuple[Floats, Floats, str]:
    groups = int(codes.max()) + 1
    if groups < 2:
        unknown = np.where(np.eye(layer.shape[1], dtype=np.bool_), 0.0, np.nan)
        return unknown, unknown, "none, as there are fewer than two clusters"
    found = paired_means(layer, codes)
    binary = groups == len(layer) and _yes_or_no(layer)
    return found.low, found.high, "Agresti-Min" if binary else "t over clusters"


def _ranking(
    layer: Floats, codes: Codes, test: PairTests, low: Floats, high: Floats, interval: str, alpha: float, draws: int
) -> Ranking:
    rows, systems = layer.shape
    means = layer.mean(axis=0)
    value = means[:, None] - means[None, :]
    groups = int(codes.max()) + 1
    upper = np.triu_indices(systems, 1)
    adjusted = np.ones((systems, systems))
    adjusted[upper] = holm(test.p[upper])
    adjusted = np.minimum(adjusted, adjusted.T)
    rejected = adjusted < alpha
    order = np.argsort(-np.round(means, 12), kind="stable")  # equal means keep the order of the columns
    errors = _errors(layer, codes)
    spread = errors[upper][errors[upper] > 0]
    detectable = minimum_detectable_difference(float(np.median(spread)) * rows**0.5, rows) if len(spread) else None
    first_two, needed = None, None
    if systems > 1:
        first_two, error = float(value[order[0], order[1]]), float(errors[order[0], order[1]])
        needed = samples_needed(first_two, error * rows**0.5) if first_two > 1e-12 and error > 0 else None
    return Ranking(
        means=means,
        differences=Differences(value, low, high, test.p, draws, rows, groups),
        p_holm=adjusted,
        rejected=rejected,
        ranks=rank_sets(value, rejected),
        letters=letters(rejected, [int(n) for n in order]),
        floors=test.floors,
        test=test.name,
        interval=interval,
        detectable=detectable,
        first_two=first_two,
        needed=needed,
    )


def _errors(layer: Floats, codes: Codes) -> Floats:
    """Return the standard errors of all differences; 0 where two systems differ by the same everywhere."""
    if int(codes.max()) == 0:
        return np.zeros((layer.shape[1],) * 2)
    errors = difference_errors(np.column_stack([layer, np.zeros(len(layer))]), codes)
    # Equal columns leave the rounding of their squares, the root of which is 1e-8 of a system's own error.
    found: Floats = np.where(errors > 1e-6 * errors[-1].max(), errors, 0.0)[:-1, :-1]
    return found
