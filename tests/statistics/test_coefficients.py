"""Coefficients equal those of other packages on random tables, and have the properties that define them."""

from __future__ import annotations

import warnings

import evalica
import krippendorff as peer
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, spearmanr
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.inter_rater import fleiss_kappa as fleiss_of_statsmodels

from ecg_bench.statistics import (
    Coefficient,
    adjacent_agreement,
    brennan_prediger,
    cohen_kappa,
    exact_agreement,
    false_omission,
    fleiss_kappa,
    gwet_ac,
    gwet_error,
    kappa_errors,
    krippendorff,
    krippendorff_alpha,
    macro_f1,
    negative_agreement,
    npv,
    positive_agreement,
    ppv,
    sensitivity,
    spearman,
    specificity,
    tau_b,
    youden,
)
from tests.statistics.tables import KRIPPENDORFF, Floats, pairs, random_ratings, ratings, value

LEVELS = ("nominal", "ordinal", "interval", "ratio")
WEIGHTS = ("nominal", "linear", "quadratic", "ordinal")


def every(q: int) -> list[Coefficient]:
    """Return every coefficient of two raters on a scale."""
    return [
        *(cohen_kappa(q, weights) for weights in WEIGHTS),  # type: ignore[arg-type]
        *(gwet_ac(q, weights) for weights in WEIGHTS),  # type: ignore[arg-type]
        *(krippendorff(q, level) for level in LEVELS),  # type: ignore[arg-type]
        *(brennan_prediger(q), fleiss_kappa(q), tau_b(q), spearman(q), exact_agreement(), adjacent_agreement()),
    ]


def of_two_classes() -> list[Coefficient]:
    return [
        *(sensitivity(), specificity(), ppv(), npv(), false_omission()),
        *(youden(), positive_agreement(), negative_agreement(), macro_f1()),
    ]


@pytest.mark.parametrize("level", LEVELS)
def test_alpha_equals_that_of_the_krippendorff_package(level: str) -> None:
    rng = np.random.default_rng(1)
    compared = 0
    for _ in range(1000):
        given = random_ratings(rng, int(rng.integers(2, 6)), raters=int(rng.integers(2, 6)), missing=rng.random() * 0.6)
        ours = krippendorff_alpha(given + 1, level)  # type: ignore[arg-type]
        counted = given[(~np.isnan(given)).sum(axis=1) > 1]
        if ours is None:
            assert len(np.unique(counted[~np.isnan(counted)])) < 2
            continue
        assert ours == pytest.approx(peer.alpha(given.T + 1, level_of_measurement=level), abs=1e-10)
        compared += 1
    assert compared > 800


@pytest.mark.parametrize("level", LEVELS)
def test_alpha_equals_that_of_evalica(level: str) -> None:
    rng = np.random.default_rng(2)
    for _ in range(100):
        given = random_ratings(rng, 4, raters=3, missing=0.2) + 1
        ours = krippendorff_alpha(given, level)  # type: ignore[arg-type]
        if ours is not None:
            assert ours == pytest.approx(evalica.alpha(pd.DataFrame(given.T), level).alpha, abs=1e-8)


@pytest.mark.parametrize(("weights", "wt"), [("nominal", None), ("linear", "linear"), ("quadratic", "quadratic")])
def test_kappa_and_its_errors_equal_those_of_statsmodels(weights: str, wt: str | None) -> None:
    rng = np.random.default_rng(3)
    compared = 0
    for _ in range(1000):
        q = int(rng.integers(2, 6))
        given = random_ratings(rng, q, raters=2)
        table = np.zeros((q, q))
        np.add.at(table, tuple(given.astype(int).T), 1)
        ours = value(cohen_kappa(q, weights), given)  # type: ignore[arg-type]
        if np.isnan(ours):
            assert 1 in (len(np.unique(given[:, 0])), len(np.unique(given[:, 1])))
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # theirs takes the root of a rounded zero
            theirs = cohens_kappa(table, wt=wt)
        assert ours == pytest.approx(theirs.kappa, abs=1e-10)
        error, error0 = kappa_errors(table, weights)  # type: ignore[arg-type]
        assert error**2 == pytest.approx(max(0, theirs.var_kappa), abs=1e-10)
        assert error0**2 == pytest.approx(theirs.var_kappa0, abs=1e-10)
        compared += 1
    assert compared > 700


def test_fleiss_kappa_equals_that_of_statsmodels() -> None:
    rng = np.random.default_rng(4)
    for _ in range(500):
        given = random_ratings(rng, 4, raters=int(rng.integers(2, 7)))
        ours = value(fleiss_kappa(4), given)
        if not np.isnan(ours):
            counts = (given[:, :, None] == np.arange(4)).sum(axis=1)
            assert ours == pytest.approx(fleiss_of_statsmodels(counts), abs=1e-10)


def test_rank_correlations_of_a_table_equal_those_of_scipy() -> None:
    rng = np.random.default_rng(5)
    for _ in range(1000):
        given = random_ratings(rng, 4, raters=2)
        if min(len(np.unique(given[:, rater])) for rater in (0, 1)) > 1:
            assert value(tau_b(4), given) == pytest.approx(kendalltau(*given.T).statistic, abs=1e-10)
            assert value(spearman(4), given) == pytest.approx(spearmanr(*given.T).statistic, abs=1e-10)
        else:
            assert np.isnan([value(tau_b(4), given), value(spearman(4), given)]).all()


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5))
def test_no_coefficient_depends_on_the_order_of_units(seed: int, q: int) -> None:
    rng = np.random.default_rng(seed)
    given = random_ratings(rng, q, raters=2, missing=0.1)
    for one in every(q):
        assert value(one, rng.permutation(given)) == pytest.approx(value(one, given), nan_ok=True)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5))
def test_no_coefficient_depends_on_the_order_of_raters(seed: int, q: int) -> None:
    rng = np.random.default_rng(seed)
    two, four = random_ratings(rng, q, raters=2, missing=0.1), random_ratings(rng, q, raters=4, missing=0.3)
    for one in every(q):
        assert value(one, two[:, ::-1]) == pytest.approx(value(one, two), nan_ok=True)
        if one.name.startswith(("alpha", "ac", "fleiss", "brennan", "exact", "adjacent")):
            assert value(one, four[:, rng.permutation(4)]) == pytest.approx(value(one, four), nan_ok=True)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5))
def test_levels_that_nobody_gave_count_where_they_must(seed: int, q: int) -> None:
    given = random_ratings(np.random.default_rng(seed), q, raters=2)
    for first, second in zip(every(q), every(q + 2), strict=True):
        if first.name in ("kappa", "fleiss_kappa", "tau_b", "spearman") or first.name.startswith(("alpha", "exact")):
            assert value(second, given) == pytest.approx(value(first, given), nan_ok=True)


def test_weights_belong_to_the_scale_and_not_to_the_levels_seen() -> None:
    seen = pairs([[8, 2, 0], [1, 6, 3], [0, 2, 7]])
    assert value(cohen_kappa(3, "linear"), seen) != pytest.approx(value(gwet_ac(4, "linear"), seen))
    assert value(gwet_ac(3), seen) < value(gwet_ac(4), seen)


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_with_two_levels_all_weights_are_the_same(seed: int) -> None:
    given = random_ratings(np.random.default_rng(seed), 2, raters=2)
    for make in (cohen_kappa, gwet_ac, brennan_prediger):
        values = [value(make(2, weights), given) for weights in WEIGHTS]  # type: ignore[arg-type]
        assert values == pytest.approx([values[0]] * 4, nan_ok=True)
    alphas = [value(krippendorff(2, level), given) for level in LEVELS]  # type: ignore[arg-type]
    assert alphas == pytest.approx([alphas[0]] * 4, nan_ok=True)


def test_with_even_margins_ac1_is_brennan_and_predigers() -> None:
    even = pairs([[6, 2, 2], [2, 6, 2], [2, 2, 6]])
    assert value(gwet_ac(3), even) == pytest.approx(value(brennan_prediger(3), even))


def test_alpha_of_many_units_is_scotts_pi() -> None:
    table = [[30, 5, 1], [9, 20, 4], [2, 3, 26]]
    pi = value(fleiss_kappa(3), pairs(table))
    gaps = [abs(value(krippendorff(3, "nominal"), np.tile(pairs(table), (times, 1))) - pi) for times in (1, 10, 100)]
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[2] < 1e-4


def test_quadratic_kappa_comes_close_to_the_intraclass_correlation() -> None:
    from ecg_bench.statistics import intraclass_correlations

    many = np.tile(pairs([[10, 4, 1, 0], [5, 10, 12, 2], [2, 4, 12, 5], [0, 2, 6, 13]]), (50, 1))
    found = intraclass_correlations(many)
    assert found is not None
    assert value(cohen_kappa(4, "quadratic"), many) == pytest.approx(found.icc21, abs=1e-3)


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_copies_of_a_rater_agree_perfectly_or_leave_nothing_to_agree_on(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one = random_ratings(rng, 4, raters=1).repeat(2, axis=1)
    several = len(np.unique(one)) > 1
    for coefficient in every(4):
        if coefficient.name.endswith("agreement") or several:
            assert value(coefficient, one) == pytest.approx(1)
        else:
            assert np.isnan(value(coefficient, one)), coefficient.name


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_sums_of_parts_are_those_of_the_whole(seed: int) -> None:
    rng = np.random.default_rng(seed)
    given = random_ratings(rng, 4, raters=2, missing=0.2)
    for one in every(4):
        statistics = one.statistics(given)
        several = np.stack([statistics.sum(axis=0), statistics[: len(given) // 2].sum(axis=0)])
        whole, part = one.value(several)
        assert whole == pytest.approx(value(one, given), nan_ok=True)
        assert part == pytest.approx(value(one, given[: len(given) // 2]), nan_ok=True)


def test_a_table_of_two_by_two_is_counted_cell_by_cell() -> None:
    table = pairs([[40, 10], [20, 130]])  # (rejected, accepted) by the human, by the judge
    expected = {
        "sensitivity": 130 / 150,
        "specificity": 40 / 50,
        "ppv": 130 / 140,
        "npv": 40 / 60,
        "false_omission": 20 / 60,
        "youden": 130 / 150 + 40 / 50 - 1,
        "positive_agreement": 260 / 290,
        "negative_agreement": 80 / 110,
        "macro_f1": (260 / 290 + 80 / 110) / 2,
    }
    assert {one.name: value(one, table) for one in of_two_classes()} == pytest.approx(expected)


def test_near_agreement_counts_neighbours_and_the_pairs_of_many_raters() -> None:
    three = np.array([[0, 1, 3], [2, 2, np.nan], [np.nan, np.nan, 1]])
    assert value(exact_agreement(), three) == pytest.approx((0 + 1) / 2)
    assert value(adjacent_agreement(), three) == pytest.approx((1 / 3 + 1) / 2)


def test_a_rater_who_always_says_the_same_has_no_kappa() -> None:
    assert np.isnan(value(cohen_kappa(4, "linear"), ratings("3333333", "3213303")))
    assert not np.isnan(value(gwet_ac(4), ratings("3333333", "3213303")))


@pytest.mark.parametrize("wrong", [[[4, 0]], [[-1, 0]], [[0.5, 0]]])
def test_what_is_no_level_of_the_scale_is_refused(wrong: list[list[float]]) -> None:
    for one in (cohen_kappa(4), gwet_ac(4), krippendorff(4, "ordinal")):
        with pytest.raises(ValueError, match="whole numbers from 0 to 3"):
            one.statistics(np.array(wrong))


def test_three_raters_have_no_table_of_two() -> None:
    for one in (cohen_kappa(4), tau_b(4), spearman(4), youden()):
        with pytest.raises(ValueError, match="two raters, not of 3"):
            one.statistics(np.zeros((5, 3)))


def test_errors_of_what_is_undefined_are_no_numbers() -> None:
    assert np.isnan(kappa_errors(np.array([[5.0, 0], [0, 0]]))).all()
    assert np.isnan(gwet_error(np.zeros((5, 2)), 4))


def test_units_of_one_rating_count_for_acs_margins_but_not_for_alpha() -> None:
    with_single: Floats = np.vstack([KRIPPENDORFF - 1, [[4, np.nan, np.nan, np.nan]]])
    assert value(krippendorff(5, "ordinal"), with_single) == value(krippendorff(5, "ordinal"), KRIPPENDORFF - 1)
    assert value(gwet_ac(5), with_single) != value(gwet_ac(5), KRIPPENDORFF - 1)
