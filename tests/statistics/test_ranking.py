"""Rankings say what the single tests say, for all pairs and layers at once, and nothing else."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg_bench.statistics import (
    Ranking,
    agresti_min,
    bootstrap_sums,
    holm,
    mcnemar,
    paired_differences,
    paired_means,
    rank_layers,
    sign_flip,
)

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

FOUR = np.array([0, 0.25, 0.75, 1])


def rank(scores: Floats, clusters: Codes | None = None, **options: float) -> Ranking:
    places = np.arange(len(scores)) if clusters is None else clusters
    (found,) = rank_layers([scores], places, seed=1, **options)  # type: ignore[arg-type]
    return found


def graded(rows: int, systems: int, step: float, seed: int) -> Floats:
    """Return scores of systems that see the same questions, each better than the one before."""
    rng = np.random.default_rng(seed)
    hard = rng.random((rows, 1))
    ability = np.arange(systems) * step
    return FOUR[np.clip((4 * (hard + ability + 0.4 * rng.random((rows, systems)) - 0.3)).astype(int), 0, 3)]


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(2, 60),
    systems=st.integers(1, 6),
    binary=st.booleans(),
    size=st.integers(1, 3),
    step=st.sampled_from([0.0, 0.1, 0.4]),
    seed=st.integers(0, 2**32),
)
def test_systems_share_a_letter_iff_not_told_apart(
    rows: int, systems: int, binary: bool, size: int, step: float, seed: int
) -> None:
    scores = graded(rows, systems, step, seed)
    found = rank((scores > 0.5).astype(float) if binary else scores, np.arange(rows) // size, flips=2_000)
    for a, b in combinations(range(systems), 2):
        assert bool(set(found.letters[a]) & set(found.letters[b])) is not bool(found.rejected[a, b])
        better = a if found.means[a] > found.means[b] else b
        worse = a + b - better
        if found.rejected[a, b]:
            assert found.p_holm[a, b] < 0.05
            assert found.ranks[worse, 0] > 1
            assert found.ranks[better, 1] < systems
    assert "a" in found.letters[int(np.argmax(np.round(found.means, 12)))]
    assert (found.ranks[:, 0] <= found.ranks[:, 1]).all()
    assert (found.p_holm >= found.differences.p - 1e-15).all()
    assert (found.differences.p >= found.floors * (1 - 1e-9)).all()


@settings(max_examples=25, deadline=None)
@given(rows=st.sampled_from([12, 90, 150]), systems=st.integers(2, 6), seed=st.integers(0, 2**32), data=st.data())
def test_permuting_the_systems_permutes_the_result(rows: int, systems: int, seed: int, data: st.DataObject) -> None:
    scores = graded(rows, systems, 0.1, seed) + np.random.default_rng(seed).random((rows, systems)) / 9
    order = data.draw(st.permutations(range(systems)))
    clusters = np.sort(np.random.default_rng(seed).integers(0, rows, rows))  # of different sizes
    one = rank(scores, clusters, flips=500, draws=200)
    other = rank(scores[:, order], clusters, flips=500, draws=200)
    grid = np.ix_(order, order)
    for name in ("value", "low", "high", "p"):
        found, expected = getattr(other.differences, name), getattr(one.differences, name)[grid]
        assert found == pytest.approx(expected, abs=1e-9, nan_ok=True), name
    assert other.p_holm == pytest.approx(one.p_holm[grid])
    assert (other.rejected == one.rejected[grid]).all()
    assert (other.ranks == one.ranks[order]).all()
    assert other.letters == [one.letters[n] for n in order]
    assert (other.detectable, other.first_two) == pytest.approx((one.detectable, one.first_two))
    assert other.needed == one.needed


def test_yes_and_no_is_mcnemars_exact_test_with_agresti_mins_intervals() -> None:
    right = (graded(60, 4, 0.15, 1) > 0.5).astype(float)
    found = rank(right)
    assert (found.test, found.interval) == ("exact McNemar test", "Agresti-Min")
    for a, b in combinations(range(4), 2):
        first, second = (int((right[:, x] > right[:, y]).sum()) for x, y in ((a, b), (b, a)))
        assert found.differences.p[a, b] == pytest.approx(mcnemar(first, second).exact, rel=1e-12)
        assert found.floors[a, b] == pytest.approx(mcnemar(first + second, 0).exact)
    upper = np.triu_indices(4, 1)
    assert found.p_holm[upper] == pytest.approx(holm(found.differences.p[upper]))
    assert found.differences.low == pytest.approx(paired_means(right).low)


def test_ten_thousand_questions_apart_have_a_p_value_that_is_not_0() -> None:
    right = np.zeros((10_000, 2))
    right[:, 0] = 1
    found = rank(right, draws=10)
    assert 0 < found.differences.p[0, 1] < 1e-300


@settings(max_examples=30, deadline=None)
@given(rows=st.integers(2, 120), size=st.integers(1, 4), seed=st.integers(0, 2**32))
def test_shared_tests_are_single_sign_flip_tests_where_both_are_exact(rows: int, size: int, seed: int) -> None:
    scores, clusters = graded(rows, 4, 0.1, seed), np.arange(rows) // size
    found = rank(scores, clusters, flips=100, draws=10)
    for a, b in combinations(range(4), 2):
        alone = sign_flip(scores[:, a] - scores[:, b], clusters, seed=1)
        if len(np.unique(clusters)) > 1:
            assert alone.exact
            assert (found.differences.p[a, b], found.floors[a, b]) == (alone.p, alone.floor)
    assert found.test in ("exact sign-flip test over clusters", "none, as there are fewer than two clusters")


def test_darwins_maize_has_fishers_p_value() -> None:
    # R. A. Fisher, The Design of Experiments (1935), section 21: 863 of 32,768 on either side.
    maize = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]) / 8
    found = rank(np.column_stack([100 + maize, np.full(15, 100)]))
    assert found.differences.p[0, 1] == 2 * 863 / 2**15
    assert found.floor == 2.0**-14


def test_random_signs_come_close_to_the_exact_test() -> None:
    scores = graded(150, 5, 0.06, 3)
    exact, random = rank(scores), rank(scores * np.pi / 4)  # the same ties, but no whole numbers
    assert exact.test == "exact sign-flip test over clusters"
    assert random.test == "sign-flip test over clusters, 100000 draws"
    assert random.floor == 1 / 100_001
    p = exact.differences.p
    assert (np.abs(random.differences.p - p) <= 5 * np.sqrt(p / 100_000) + 2e-5).all()
    assert (random.rejected == exact.rejected).all()


def test_one_pair_out_of_exact_reach_is_named() -> None:
    rng = np.random.default_rng(1)
    whole = rng.integers(0, 2, (60, 2)) * 0.5
    found = rank(np.column_stack([whole, rng.random(60)]), flips=5_000)
    assert found.test == "sign-flip test over clusters, 5000 draws where no exact test is in reach"
    assert found.floors[0, 1] < found.floors[0, 2] == 1 / 5_001


def test_random_tests_are_made_fine_enough_for_holm() -> None:
    scores = np.random.default_rng(1).random((40, 12))  # 66 pairs
    found = rank(scores, flips=100)
    assert found.floor * 66 <= 0.05 / 10
    assert "13200 draws" in found.test


def test_layers_of_either_kind_and_of_other_systems_keep_to_themselves() -> None:
    rng = np.random.default_rng(2)
    layers = [graded(120, 3, 0.1, 1), (graded(120, 5, 0.1, 2) > 0.5) * 1.0, rng.random((120, 2)) * 100]
    together = rank_layers(layers, np.arange(120), draws=500, flips=3_000, seed=1)
    assert [one.means.shape for one in together] == [(3,), (5,), (2,)]
    assert [one.test.split(",")[0] for one in together] == [
        "exact sign-flip test over clusters",
        "exact McNemar test",
        "sign-flip test over clusters",
    ]
    for layer, found in zip(layers, together, strict=True):
        alone = rank(layer, draws=500, flips=3_000)
        assert alone.differences.low == pytest.approx(found.differences.low)
        assert alone.differences.p == pytest.approx(found.differences.p)
    assert abs(together[2].differences.low[0, 1]) > 1  # a scale to 100 has differences beyond 1


def test_intervals_are_percentiles_of_resampled_clusters_from_100_on() -> None:
    scores = graded(300, 3, 0.1, 4)
    clusters = np.random.default_rng(1).integers(0, 100, 300)
    assert len(np.unique(clusters)) < 100
    assert rank(scores, clusters).interval == "t over clusters"
    found, other = rank(scores, np.arange(300)), paired_differences(scores, np.arange(300), seed=2)
    assert found.interval == "percentile bootstrap over clusters, 10000 draws, seed 1"
    error = (other.high - other.low)[0, 1] / 4
    assert found.differences.low == pytest.approx(other.low, abs=error / 10)
    assert found.differences.high == pytest.approx(other.high, abs=error / 10)


def test_many_kinds_of_clusters_are_resampled_as_few_are() -> None:
    # The two ways to resample draw other numbers; their means and spreads are the same.
    rng = np.random.default_rng(3)
    values = rng.random((600, 2))
    many = bootstrap_sums(values, np.arange(600), draws=20_000, seed=1)
    few = bootstrap_sums(np.round(values, 1), np.arange(600), draws=20_000, seed=1)
    for found, source in ((many, values), (few, np.round(values, 1))):
        error = np.sqrt(600) * source.std(axis=0)
        assert found.mean(axis=0) == pytest.approx(source.sum(axis=0), abs=5 * error.max() / np.sqrt(20_000))
        assert found.std(axis=0) == pytest.approx(error, rel=0.03)
    correlation = np.corrcoef(many.T)[0, 1]
    assert correlation == pytest.approx(np.corrcoef(values.T)[0, 1], abs=0.03)


def test_equal_systems_are_equal() -> None:
    found = rank(np.random.default_rng(1).random((150, 1)).repeat(3, axis=1))
    assert (found.differences.p == 1).all()
    assert np.isnan(found.differences.low[np.triu_indices(3, 1)]).all()  # no spread is seen: no interval
    assert found.letters == [("a",)] * 3
    assert (found.detectable, found.first_two, found.needed) == (None, 0, None)


@pytest.mark.parametrize("n", [60, 300])
@pytest.mark.parametrize("clustered", [False, True])
def test_right_and_wrong_throughout_have_intervals_with_a_width(n: int, clustered: bool) -> None:
    scores = np.column_stack([np.ones(n), np.ones(n), np.zeros(n)])
    clusters = np.arange(n) // 2 if clustered else np.arange(n)
    found = rank(scores, clusters).differences
    groups = n // 2 if clustered else n
    assert (found.low[0, 1], found.high[0, 1]) == pytest.approx(agresti_min(0, 0, groups))
    assert (found.low[0, 2], found.high[0, 2]) == pytest.approx(agresti_min(groups, 0, groups))
    assert found.high[0, 2] - found.low[0, 2] > 0.001


def test_one_system_or_one_cluster_is_no_comparison() -> None:
    alone = rank(np.ones((5, 1)))
    assert (alone.ranks.tolist(), alone.letters, alone.first_two, alone.floor) == ([[1, 1]], [("a",)], None, 1)
    together = rank(graded(30, 3, 0.4, 1), np.zeros(30, dtype=int))
    assert (together.p_holm == 1).all()
    assert not together.rejected.any()
    assert np.isnan(together.differences.low[0, 1])
    assert together.ranks.tolist() == [[1, 3]] * 3
    assert together.letters == [("a",)] * 3
    assert together.detectable is together.needed is None
    assert together.first_two is not None


def test_power_is_that_of_a_paired_comparison_over_clusters() -> None:
    rng = np.random.default_rng(1)
    scores = rng.random((200, 2)) * [1, 0.8]
    found, x = rank(scores, draws=10), scores[:, 0] - scores[:, 1]
    assert found.detectable == pytest.approx(2.8016 * x.std(ddof=1) / 200**0.5, rel=1e-4)
    assert found.first_two == pytest.approx(x.mean())
    assert found.needed == pytest.approx((2.8016 * x.std(ddof=1) / x.mean()) ** 2, abs=1)
    doubled = rank(scores.repeat(2, axis=0), np.arange(200).repeat(2), draws=10)  # no more evidence
    assert doubled.detectable == pytest.approx(found.detectable)
    assert doubled.needed == pytest.approx(2 * found.needed, abs=2)  # type: ignore[operator]


def test_a_constant_difference_needs_no_plan() -> None:
    x = np.random.default_rng(1).random(30)
    found = rank(np.column_stack([x, x / 2, x / 2 + 0.1]))
    assert found.detectable is not None
    assert found.needed is not None
    found = rank(np.column_stack([x, x + 0.1]))
    assert (found.detectable, found.needed) == (None, None)
    assert found.first_two == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("scores", "clusters"),
    [(np.ones((0, 2)), []), (np.ones((3, 0)), [0, 1, 2]), (np.ones((3, 2)), [0, 1]), (np.full((2, 2), np.nan), [0, 1])],
    ids=["no row", "no system", "other rows", "nan"],
)
def test_what_is_no_scores_is_refused(scores: Floats, clusters: list[int]) -> None:
    with pytest.raises(ValueError, match="scores"):
        rank_layers([scores], np.array(clusters, dtype=int), seed=1)
    assert rank_layers([], np.arange(3), seed=1) == []
