"""Estimates: the interval is the jackknife's, weights are repeats, and what is undefined is said to be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg_bench.statistics import (
    Coefficient,
    bootstrap_coefficient,
    cohen_kappa,
    estimate,
    exact_agreement,
    fleiss_kappa,
    gwet_ac,
    krippendorff,
    macro_f1,
    negative_agreement,
    ppv,
    sensitivity,
    spearman,
    tau_b,
    wilson,
    youden,
)
from ecg_bench.statistics._jackknife import effective_clusters, jackknife_interval
from tests.statistics.tables import pairs, random_ratings, ratings, value

SKIN = pairs([[10, 4, 1, 0], [5, 10, 12, 2], [2, 4, 12, 5], [0, 2, 6, 13]])
OF_SCALE = [
    *(cohen_kappa(4), cohen_kappa(4, "linear"), cohen_kappa(4, "quadratic"), gwet_ac(4), gwet_ac(4, "quadratic")),
    *(krippendorff(4, "nominal"), krippendorff(4, "ordinal"), fleiss_kappa(4), tau_b(4), spearman(4)),
]
name = pytest.mark.parametrize("coefficient", OF_SCALE, ids=lambda one: one.name)


@name
def test_the_jackknife_is_that_of_leaving_out_one_cluster_after_the_other(coefficient: Coefficient) -> None:
    clusters = np.random.default_rng(1).integers(0, 20, len(SKIN)) * 7 - 3
    found = estimate(coefficient, SKIN, clusters)
    without = np.array([value(coefficient, SKIN[clusters != one]) for one in np.unique(clusters)])
    effective = effective_clusters(SKIN, 4, len(without)) if coefficient.weighs_rare else None
    low, high = jackknife_interval(value(coefficient, SKIN), without, effective=effective)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.clusters == len(without)
    assert found.n == len(SKIN)


@name
def test_weights_of_one_change_nothing_and_whole_ones_are_repeats(coefficient: Coefficient) -> None:
    rng = np.random.default_rng(2)
    clusters, weights = rng.integers(0, 15, len(SKIN)), rng.integers(1, 4, len(SKIN))
    plain = estimate(coefficient, SKIN, clusters)
    assert estimate(coefficient, SKIN, clusters, weights=np.ones(len(SKIN))) == plain
    weighted = estimate(coefficient, SKIN, clusters, weights=weights.astype(float))
    repeated = estimate(coefficient, SKIN.repeat(weights, axis=0), clusters.repeat(weights))
    assert (weighted.value, weighted.low, weighted.high) == pytest.approx((repeated.value, repeated.low, repeated.high))
    assert weighted.n == len(SKIN)


@name
def test_copies_of_units_in_their_clusters_are_no_evidence(coefficient: Coefficient) -> None:
    units = np.arange(len(SKIN))
    once = estimate(coefficient, SKIN, units)
    thrice = estimate(coefficient, np.tile(SKIN, (3, 1)), np.tile(units, 3))
    assert thrice.clusters == once.clusters
    assert once.low is not None
    assert once.high is not None
    assert thrice.low is not None
    assert thrice.high is not None
    assert thrice.high - thrice.low == pytest.approx(once.high - once.low, rel=0.05)  # alpha knows the number of units


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_an_interval_holds_its_value_and_has_some_width(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rated = random_ratings(rng, 4, raters=2, missing=0.1)
    clusters = rng.integers(0, max(2, len(rated) // 2), len(rated))
    binary = np.where(np.isnan(rated), np.nan, rated >= 2)
    for coefficient, table in [
        *((one, rated) for one in (*OF_SCALE, exact_agreement())),
        *((one(), binary) for one in (sensitivity, ppv, youden, negative_agreement, macro_f1)),
    ]:
        found = estimate(coefficient, table, clusters)
        if found.low is not None and found.high is not None and found.value is not None:
            assert min(coefficient.lowest, found.value) <= found.low <= found.value <= found.high <= 1
            assert found.high - found.low > 1e-3, coefficient.name
            assert found.reason is None
        else:
            assert found.reason in ("no_overlap", "no_cases", "one_class", "few_clusters", "no_variance")


@name
def test_perfect_agreement_of_few_leaves_room_for_doubt(coefficient: Coefficient) -> None:
    def found(n: int) -> float:
        one = np.arange(n) % 4
        low = estimate(coefficient, np.column_stack([one, one]).astype(float), np.arange(n)).low
        assert low is not None
        return low

    assert found(8) < found(20) < found(100) < found(1000) < 1
    # With 20 of 20 agreed on, up to a sixth of all may be disagreed on: kappa may be below .83.
    assert found(20) < 0.83
    assert found(1000) > 0.98


def test_a_share_of_independent_units_has_wilsons_interval() -> None:
    binary = pairs([[20, 5], [3, 30]])
    found = estimate(ppv(), binary, np.arange(len(binary)))
    assert (found.low, found.high) == wilson(30, 35)
    assert (found.method, found.n, found.clusters) == ("wilson", 35, 35)


def test_a_share_of_clustered_or_weighted_units_has_the_jackknifes_which_is_like_it_for_single_units() -> None:
    binary = pairs([[20, 5], [3, 30]]).repeat(2, axis=0)
    clustered = estimate(ppv(), binary, np.arange(len(binary)) // 2)
    assert (clustered.method, clustered.n, clustered.clusters) == ("jackknife_z", 70, 35)
    assert (clustered.low, clustered.high) == pytest.approx(tuple(wilson(30, 35)), abs=0.02)
    weighted = estimate(ppv(), binary, np.arange(len(binary)), weights=np.full(len(binary), 2.0))
    assert weighted.method == "jackknife_z"


def test_the_mean_over_pairs_of_three_raters_is_no_binomial_share() -> None:
    three = random_ratings(np.random.default_rng(3), 4, raters=3)
    assert estimate(exact_agreement(), three, np.arange(len(three))).method == "jackknife_z"


def test_what_is_undefined_is_none_with_a_reason() -> None:
    units = np.arange(7)
    same, apart = ratings("3333333", "3333333"), ratings("012....", "....123")
    for coefficient in OF_SCALE:
        found = estimate(coefficient, same, units)
        assert (found.value, found.low, found.high, found.reason) == (None, None, None, "one_class")
        found = estimate(coefficient, apart, units)
        assert (found.value, found.n, found.reason) == (None, 0, "no_overlap")
        assert estimate(coefficient, np.empty((0, 2)), np.arange(0)).reason == "no_overlap"


def test_a_share_of_nothing_says_so_and_one_of_one_class_is_a_share() -> None:
    rejected = ratings("0000000", "0100000")
    found = estimate(sensitivity(), rejected, np.arange(7))
    assert (found.value, found.reason) == (None, "no_cases")
    assert estimate(exact_agreement(), rejected, np.arange(7)).value == pytest.approx(6 / 7)
    assert estimate(youden(), rejected, np.arange(7)).reason == "one_class"


def test_two_clusters_have_a_value_but_no_interval() -> None:
    found = estimate(cohen_kappa(4), SKIN, np.arange(len(SKIN)) % 2)
    assert found.value == pytest.approx(0.34488, abs=1e-5)
    assert (found.low, found.high, found.reason, found.clusters) == (None, None, "few_clusters", 2)


def test_clusters_that_say_nothing_are_not_counted() -> None:
    gaps = np.vstack([SKIN, np.full((30, 2), np.nan)])
    for coefficient in OF_SCALE:
        assert estimate(coefficient, gaps, np.arange(len(gaps))) == estimate(coefficient, SKIN, np.arange(len(SKIN)))


def test_agreement_on_a_level_seen_thrice_is_little_evidence_however_many_units_there_are() -> None:
    def low(coefficient: Coefficient) -> float:
        one = np.where(np.arange(200) < 3, 0.0, 3.0)
        found = estimate(coefficient, np.column_stack([one, one]), np.arange(200))
        assert found.value == 1
        assert found.low is not None
        return found.low

    assert low(cohen_kappa(4)) < 0.5
    assert low(krippendorff(4, "ordinal")) < 0.5
    assert low(gwet_ac(4)) > 0.95  # for it, to agree on what is frequent is agreement too


def test_clusters_count_fully_where_levels_are_even_and_less_where_one_is_rare() -> None:
    even, rare = np.arange(40.0) % 4, np.where(np.arange(40) < 2, 0.0, 3.0)
    assert effective_clusters(even, 4, 40) == pytest.approx(40)
    assert effective_clusters(rare, 2, 40) == pytest.approx(40 * 2 * (1 - 0.05**2 - 0.95**2))
    assert effective_clusters(rare, 2, 10) / 10 > effective_clusters(rare, 2, 40) / 40
    assert effective_clusters(rare[:3], 4, 3) == 2


def test_a_value_that_rests_on_one_unit_has_a_wide_interval() -> None:
    found = estimate(cohen_kappa(4), ratings("33333333333333333330", "33333333333333333330"), np.arange(20))
    assert found.value == 1
    assert found.low is not None
    assert found.low < 0.5


@name
def test_resampling_gives_much_the_same_interval_in_large_samples(coefficient: Coefficient) -> None:
    many = np.tile(SKIN, (5, 1))
    found = estimate(coefficient, many, np.arange(len(many)))
    interval = bootstrap_coefficient(coefficient, many, np.arange(len(many)), seed=1)
    assert interval == pytest.approx((found.low, found.high), abs=0.015)
    assert interval == bootstrap_coefficient(coefficient, many, np.arange(len(many)), seed=1)


def test_resampling_of_what_is_undefined_gives_none() -> None:
    assert bootstrap_coefficient(cohen_kappa(4), ratings("333", "333"), np.arange(3), seed=1) is None
    assert bootstrap_coefficient(cohen_kappa(4), ratings("3..", ".33"), np.arange(3), seed=1) is None


def test_a_value_that_no_cluster_changes_has_no_interval() -> None:
    found = estimate(krippendorff(4, "nominal"), ratings("3333333333", "3333333330"), np.arange(10))
    assert found.value == pytest.approx(0)
    assert (found.low, found.high, found.reason) == (None, None, "no_variance")
