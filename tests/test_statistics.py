"""Statistics agree with published values where they exist, and with their definitions where they don't."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecg_bench.statistics import (
    ALL_EQUAL,
    bootstrap_ratio,
    bootstrap_sums,
    effective_votes,
    holm,
    paired_differences,
    wilson,
    with_width,
)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_equals_the_values_of_newcombe_1998(successes: int, n: int, low: float, high: float) -> None:
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10_000), st.data())
def test_wilson_holds_the_share_and_mirrors(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    low, high = wilson(k, n)
    assert 0 <= low <= k / n <= high <= 1
    assert wilson(n - k, n) == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize(("k", "n", "confidence"), [(1, 0, 0.95), (3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1.0)])
def test_wilson_refuses_what_is_no_proportion(k: int, n: int, confidence: float) -> None:
    with pytest.raises(ValueError, match="no proportion"):
        wilson(k, n, confidence)


def test_holm_equals_the_textbook_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_never_lowers_a_p_value_and_keeps_their_order(p: list[float]) -> None:
    adjusted = holm(p)
    assert (adjusted >= np.array(p) - 1e-12).all()
    assert (adjusted <= np.minimum(1, np.array(p) * len(p)) + 1e-12).all()
    order = np.argsort(p, kind="stable")
    assert (np.diff(adjusted[order]) >= -1e-12).all()


def test_bootstrap_of_independent_rows_comes_close_to_wilson() -> None:
    x = np.arange(400) < 120
    low, high = bootstrap_ratio(x.astype(float), np.ones(400), np.arange(400), seed=1)
    assert (low, high) == pytest.approx(tuple(wilson(120, 400)), abs=0.01)


def test_clusters_of_equal_rows_widen_the_interval_by_the_root_of_their_size() -> None:
    x = (np.arange(400) < 120).astype(float)
    alone = bootstrap_ratio(x, np.ones(400), np.arange(400), seed=1)
    fours = bootstrap_ratio(np.repeat(x, 4), np.ones(1600), np.repeat(np.arange(400), 4), seed=1)
    assert fours == pytest.approx(tuple(alone))
    ignored = bootstrap_ratio(np.repeat(x, 4), np.ones(1600), np.arange(1600), seed=1)
    assert (fours.high - fours.low) / (ignored.high - ignored.low) == pytest.approx(2, rel=0.1)


def test_bootstrap_of_very_many_clusters_is_that_of_their_few_kinds() -> None:
    n = 300_000  # drawn one by one, 10,000 times over, these would take minutes
    x = np.repeat([0.0, 1.0, 2.0], n // 3)
    low, high = bootstrap_ratio(x, np.full(n, 2.0), np.arange(n), seed=1)
    half = NormalDist().inv_cdf(0.975) * np.std(x / 2) / np.sqrt(n)
    assert low == pytest.approx(0.5 - half, abs=half / 20)
    assert high == pytest.approx(0.5 + half, abs=half / 20)


def test_bootstrap_is_repeatable_and_follows_its_seed() -> None:
    rng = np.random.default_rng(0)
    x, c = rng.random(100), rng.integers(0, 20, 100)
    one, same, other = (bootstrap_ratio(x, np.ones(100), c, seed=s, draws=500) for s in (1, 1, 2))
    assert one == same != other


def test_paired_differences_see_what_independent_intervals_hide() -> None:
    rng = np.random.default_rng(0)
    hard = rng.random(500)
    a, b = (hard < 0.60).astype(float), (hard < 0.57).astype(float)
    d = paired_differences(np.column_stack([a, b]), np.arange(500), seed=0)
    assert d.low[0, 1] > 0
    assert d.p[0, 1] < 0.01
    assert d.value[0, 1] == pytest.approx(a.mean() - b.mean()) == -d.value[1, 0]


def test_equal_systems_have_p_one_and_no_difference() -> None:
    x = np.random.default_rng(0).random((50, 1)).repeat(3, axis=1)
    d = paired_differences(x, np.arange(50), seed=0)
    assert (d.p == 1).all()
    assert (d.value == 0).all()


@pytest.mark.slow
def test_the_paired_bootstrap_keeps_its_level_under_the_null() -> None:
    rng = np.random.default_rng(7)
    rejected = 0
    for trial in range(400):
        ability = rng.random(150)
        scores = np.column_stack([rng.random(150) < ability, rng.random(150) < ability]).astype(float)
        rejected += paired_differences(scores, np.arange(150), seed=trial, draws=1000).p[0, 1] < 0.05
    assert rejected / 400 < 0.085  # 5 % nominal; 3 binomial standard errors above


def test_copies_of_one_rater_are_one_vote_and_independent_ones_are_many() -> None:
    rng = np.random.default_rng(1)
    one = rng.normal(size=4000)
    votes = effective_votes(np.column_stack([one, one, one]))
    assert votes is not None
    assert votes == pytest.approx((1, 1))
    votes = effective_votes(rng.normal(size=(4000, 3)))
    assert votes is not None
    assert votes[0] == pytest.approx(3, abs=0.2)
    assert effective_votes(np.column_stack([one, np.ones(4000)])) is None


def test_resampled_sums_give_the_interval_of_the_ratio() -> None:
    rng = np.random.default_rng(2)
    values = np.column_stack([rng.random(200), np.ones(200)])
    clusters = np.repeat(np.arange(50), 4)
    interval = bootstrap_ratio(values[:, 0], values[:, 1], clusters, seed=3)
    sums = bootstrap_sums(values, clusters, seed=3)
    assert np.quantile(sums[:, 0] / sums[:, 1], [0.025, 0.975]) == pytest.approx(interval)


def test_a_bootstrap_without_spread_gives_way_to_wilson_and_rounding_is_no_spread() -> None:
    assert with_width(0.5, 0.3, 0.7, 12) == (0.3, 0.7, "cluster bootstrap")
    for value in (0.0, 1 / 3, 1.0):
        assert with_width(value, value, value + 1e-16, 12) == (*wilson(12 * value, 12), ALL_EQUAL)
    low, high, _ = with_width(1.0, 1.0, 1.0, 1)
    assert low < 0.21
    assert high == 1.0
