"""Rank correlations of layers equal scipy's, and their critical values the printed tables."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ecg_bench.statistics import rank_correlations, rank_layers, resampled_means, spearman_critical


@settings(max_examples=50, deadline=None)
@given(st.integers(3, 9), st.integers(0, 2**32), st.booleans())
def test_correlations_equal_scipys_with_ties_and_missing_systems(systems: int, seed: int, ties: bool) -> None:
    rng = np.random.default_rng(seed)
    means = rng.integers(0, 4, (3, systems)) / 3 if ties else rng.random((3, systems))
    means[rng.random(means.shape) < 0.15] = np.nan
    found = rank_correlations(means, None)
    for a in range(3):
        for b in range(3):
            both = ~np.isnan(means[a]) & ~np.isnan(means[b])
            assert found.systems[a, b] == both.sum()
            x, y = means[a, both], means[b, both]
            if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
                assert np.isnan(found.spearman[a, b])
                assert np.isnan(found.kendall[a, b])
            else:
                assert found.spearman[a, b] == pytest.approx(stats.spearmanr(x, y).statistic)
                assert found.kendall[a, b] == pytest.approx(stats.kendalltau(x, y).statistic)
    assert np.isnan(found.low).all()


def test_correlations_equal_the_textbooks() -> None:
    # Wikipedia: IQ and hours of television; scipy's documentation of Kendall's tau-b.
    iq = [106.0, 100, 86, 101, 99, 103, 97, 113, 112, 110]
    hours = [7.0, 27, 2, 50, 28, 29, 20, 12, 6, 17]
    assert rank_correlations(np.array([iq, hours]), None).spearman[0, 1] == pytest.approx(-29 / 165)
    tau = rank_correlations(np.array([[12.0, 2, 1, 12, 2], [1.0, 4, 7, 1, 0]]), None).kendall
    assert tau[0, 1] == pytest.approx(-0.47140, abs=1e-5)


def test_intervals_are_percentiles_of_each_resamples_correlation() -> None:
    rng = np.random.default_rng(1)
    means = np.array([[0.1, 0.2, 0.3, 0.4, 0.5], [0.2, 0.1, 0.4, 0.5, 0.3], [np.nan, 0.4, 0.1, 0.2, 0.3]])
    resampled = means + 0.1 * rng.standard_normal((500, 3, 5))
    found = rank_correlations(means, resampled)
    for a, b, there in ((0, 1, slice(None)), (0, 2, slice(1, None))):
        each = [stats.spearmanr(one[a, there], one[b, there]).statistic for one in resampled]
        low, high = np.quantile(each, [0.025, 0.975])
        assert (found.low[a, b], found.high[a, b]) == pytest.approx((low, high))
        assert found.low[a, b] <= found.spearman[a, b] <= found.high[a, b]
    assert (found.spearman[0, 0], found.low[0, 0], found.high[0, 0]) == (1, 1, 1)


def test_the_interval_holds_a_correlation_that_no_resample_reaches() -> None:
    means = np.array([np.arange(6.0), np.arange(6.0)])
    shuffled = np.array([[np.arange(6.0), np.roll(np.arange(6.0), 1)]]).repeat(50, axis=0)
    found = rank_correlations(means, shuffled)
    assert found.high[0, 1] == found.spearman[0, 1] == 1
    assert found.low[0, 1] < 0.5


def test_resamples_of_one_order_have_no_correlation_and_are_left_out() -> None:
    means = np.array([[0.1, 0.2, 0.3], [0.3, 0.2, 0.1]])
    resampled = np.array([means, np.full((2, 3), 0.5), means])
    found = rank_correlations(means, resampled)
    assert (found.low[0, 1], found.high[0, 1]) == pytest.approx((-1, -1))


def test_resampled_means_have_the_means_and_the_spread_of_the_scores() -> None:
    rng = np.random.default_rng(1)
    clusters = np.repeat(np.arange(100, 200), 3)  # any codes
    layers = [rng.random((300, 4)), rng.integers(0, 2, (300, 4)).astype(float)]
    found = resampled_means(layers, clusters, draws=5_000, seed=1)
    assert found.shape == (5_000, 2, 4)
    for n, layer in enumerate(layers):
        assert found[:, n].mean(axis=0) == pytest.approx(layer.mean(axis=0), abs=0.005)
        spread = layer.reshape(100, 3, 4).mean(axis=1).std(axis=0) / 10
        assert found[:, n].std(axis=0) == pytest.approx(spread, rel=0.05)
    (ranking,) = rank_layers(layers[:1], clusters, draws=5_000, seed=1)
    ends = np.quantile(found[:, 0, 0] - found[:, 0, 1], [0.025, 0.975])
    assert (ranking.differences.low[0, 1], ranking.differences.high[0, 1]) == pytest.approx(tuple(ends))


def test_shapes_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match="don't belong"):
        rank_correlations(np.ones((2, 3)), np.ones((10, 2, 4)))


@pytest.mark.parametrize(
    ("systems", "critical"),
    # J. H. Zar, J. Am. Stat. Assoc. 67 (1972) 578-580: two-sided, 5 %.
    [
        *((5, 1.0), (6, 0.886), (7, 0.786), (8, 0.738), (9, 0.700), (10, 0.648), (11, 0.618), (12, 0.587)),
        *((13, 0.560), (14, 0.538), (15, 0.521), (20, 0.447), (30, 0.362)),
    ],
)
def test_critical_values_are_those_of_zars_table(systems: int, critical: float) -> None:
    assert spearman_critical(systems) == pytest.approx(critical, abs=0.002 if systems > 13 else 0.0006)


def test_few_systems_have_no_critical_value() -> None:
    assert spearman_critical(4) is None
    assert spearman_critical(5, 0.01) is None
    assert spearman_critical(6, 0.01) == 1


@pytest.mark.parametrize("alpha", [0.2, 0.05, 0.02])
def test_critical_values_bound_the_share_of_all_orders(alpha: float) -> None:
    critical = spearman_critical(7, alpha)
    assert critical is not None
    values = np.array([1 - 6 * ((np.array(p) - np.arange(7)) ** 2).sum() / 336 for p in permutations(range(7))])
    assert (np.abs(values) >= critical - 1e-9).mean() <= alpha
    assert (np.abs(values) >= critical - 1e-9 - 12 / 336).mean() > alpha
