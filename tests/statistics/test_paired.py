"""Paired tests agree with scipy, multiplicity with statsmodels, and letters with the tests they stand for."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as other_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from ecg_bench.statistics import (
    agresti_min,
    benjamini_hochberg,
    benjamini_yekutieli,
    bradley_terry,
    clopper_pearson,
    hochberg,
    holm,
    jeffreys,
    letters,
    mcnemar,
    newcombe_paired,
    paired_means,
    rank_sets,
    rule_of_three,
    sign_flip,
    wilson,
    wilson_corrected,
)


@given(st.integers(1, 400), st.data())
def test_intervals_of_shares_equal_those_of_statsmodels(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    assert wilson(k, n) == pytest.approx(proportion_confint(k, n, method="wilson"), abs=1e-9)
    assert clopper_pearson(k, n) == pytest.approx(proportion_confint(k, n, method="beta"), abs=1e-9)
    if 0 < k < n:
        assert jeffreys(k, n) == pytest.approx(proportion_confint(k, n, method="jeffreys"), abs=1e-9)


@given(st.integers(1, 400), st.data())
def test_corrected_intervals_hold_the_plain_ones_and_mirror(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    for method in (clopper_pearson, jeffreys, wilson_corrected):
        low, high = method(k, n)
        assert 0 <= low <= k / n <= high <= 1
        assert method(n - k, n) == pytest.approx((1 - high, 1 - low), abs=1e-9)
    plain, corrected = wilson(k, n), wilson_corrected(k, n)
    assert corrected.low <= plain.low + 1e-12
    assert plain.high <= corrected.high + 1e-12


def test_the_rule_of_three_is_three_over_n() -> None:
    assert rule_of_three(300) == pytest.approx(3 / 300, rel=0.01)
    assert rule_of_three(20) == pytest.approx(clopper_pearson(0, 20, 0.9).high)


@given(st.integers(0, 80), st.integers(0, 80))
def test_mcnemar_equals_statsmodels(b: int, c: int) -> None:
    test, table = mcnemar(b, c), [[5, b], [c, 5]]
    assert mcnemar(c, b) == test
    if b + c:
        assert test.exact == pytest.approx(other_mcnemar(table, exact=True).pvalue)
        assert test.p == pytest.approx(other_mcnemar(table, exact=False, correction=False).pvalue)
        assert test.mid_p <= test.exact
    if abs(b - c) > 0:  # statsmodels corrects a difference of 0 to one of 1
        assert test.p_corrected == pytest.approx(other_mcnemar(table, exact=False, correction=True).pvalue)


def test_mcnemar_of_no_disagreement_sees_nothing() -> None:
    assert {mcnemar(0, 0).exact, mcnemar(0, 0).mid_p, mcnemar(0, 0).p, mcnemar(4, 4).mid_p} == {1.0}


@given(st.tuples(*[st.integers(0, 40)] * 4).filter(any))
def test_paired_intervals_mirror_when_the_systems_swap(cells: tuple[int, int, int, int]) -> None:
    a, b, c, d = cells
    low, high = newcombe_paired(a, b, c, d)
    assert -1 - 1e-9 <= low <= (b - c) / (a + b + c + d) <= high <= 1 + 1e-9
    assert newcombe_paired(a, c, b, d) == pytest.approx((-high, -low))
    low, high = agresti_min(b, c, a + b + c + d)
    assert agresti_min(c, b, a + b + c + d) == pytest.approx((-high, -low))


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=9))
def test_sign_flip_equals_scipys_permutation_test(values: list[float]) -> None:
    x = np.round(values, 3)
    exact = stats.permutation_test(
        (x,), lambda x, axis: np.abs(np.sum(x, axis=axis)).round(9), permutation_type="samples", alternative="greater"
    )
    assert sign_flip(x, seed=1).p == pytest.approx(exact.pvalue)


@given(st.lists(st.sampled_from([-1, -0.75, -0.25, 0, 0.25, 0.5, 1]), min_size=21, max_size=60))
def test_sign_flip_of_many_graded_differences_is_exact(values: list[float]) -> None:
    x = np.array(values)
    found = sign_flip(x, seed=1)
    assert found.exact
    sums = {0: 1}  # counted in whole numbers: an independent way to the same distribution
    for size in (4 * np.abs(x[x != 0])).astype(int).tolist():
        sums_after: dict[int, int] = {}
        for total, count in sums.items():
            for end in (total + size, total - size):
                sums_after[end] = sums_after.get(end, 0) + count
        sums = sums_after
    above = sum(count for total, count in sums.items() if abs(total) >= abs(4 * x.sum()) - 1e-9)
    assert found.p == pytest.approx(above / 2 ** int((x != 0).sum()), rel=1e-3, abs=1e-12)
    assert found.p >= found.floor > 0


def test_sign_flip_of_right_and_wrong_is_mcnemars_exact_test() -> None:
    x = np.repeat([1, -1, 0], [30, 11, 500])
    assert sign_flip(x, seed=1).p == pytest.approx(mcnemar(30, 11).exact)


def test_sign_flip_keeps_clusters_together_and_says_how_it_was_found() -> None:
    rng = np.random.default_rng(1)
    x, clusters = rng.standard_normal(120), np.repeat(np.arange(40), 3)
    sums = x.reshape(40, 3).sum(axis=1)
    found, same = sign_flip(x, clusters, seed=5), sign_flip(sums, seed=5)
    assert found == same
    assert (found.exact, found.draws, found.floor) == (False, 100_000, 1 / 100_001)
    assert found.p == pytest.approx(stats.ttest_1samp(sums, 0).pvalue, abs=0.02)
    assert sign_flip(np.full(40, np.pi), seed=1).p == 1 / 100_001


def test_sign_flip_without_a_difference_is_1() -> None:
    assert sign_flip(np.zeros(30), seed=1).p == 1


@settings(max_examples=50)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_adjusted_p_values_equal_those_of_statsmodels(p: list[float]) -> None:
    for ours, theirs in (
        (holm, "holm"),
        (hochberg, "simes-hochberg"),
        (benjamini_hochberg, "fdr_bh"),
        (benjamini_yekutieli, "fdr_by"),
    ):
        assert ours(p) == pytest.approx(multipletests(p, method=theirs)[1], abs=1e-12)


@settings(max_examples=300)
@given(st.integers(1, 9), st.data())
def test_systems_share_a_letter_if_and_only_if_they_are_not_told_apart(n: int, data: st.DataObject) -> None:
    rejected = np.zeros((n, n), dtype=bool)
    for a, b in combinations(range(n), 2):
        rejected[a, b] = rejected[b, a] = data.draw(st.booleans())
    order = data.draw(st.permutations(range(n)))
    found = letters(rejected, order)
    assert all(found)
    for a, b in combinations(range(n), 2):
        assert bool(set(found[a]) & set(found[b])) is not bool(rejected[a, b])
    assert "a" in found[order[0]]


def test_letters_and_ranks_of_a_chain() -> None:
    rejected = np.abs(np.subtract.outer(range(4), range(4))) > 1
    differences = np.subtract.outer([4, 3, 2, 1], [4, 3, 2, 1]).astype(float)
    assert letters(rejected, range(4)) == [("a",), ("a", "b"), ("b", "c"), ("c",)]
    assert rank_sets(differences, rejected).tolist() == [[1, 2], [1, 3], [2, 4], [3, 4]]


def test_more_than_26_letters_are_named() -> None:
    found = letters(~np.eye(30, dtype=bool), range(30))
    assert [names[0] for names in found][24:28] == ["y", "z", "aa", "ab"]


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=6))
def test_bradley_terry_finds_the_strengths_that_made_the_wins(strengths: list[float]) -> None:
    s = np.array(strengths) - np.mean(strengths)
    wins = 100 / (1 + np.exp(s[None, :] - s[:, None]))
    assert bradley_terry(wins) == pytest.approx(s, abs=1e-6)


@pytest.mark.parametrize(
    "wins",
    [[[0, 3, 2], [0, 0, 1], [0, 4, 0]], [[0, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 3], [0, 0, 2, 0]]],
    ids=["one never lost", "two groups that never met"],
)
def test_bradley_terry_says_when_strengths_are_not_determined(wins: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="not determined: the systems 0"):
        bradley_terry(wins)


def test_bradley_terry_refuses_what_is_no_table_of_counts() -> None:
    with pytest.raises(ValueError, match="square table"):
        bradley_terry([[0, 1, 2], [1, 0, 2]])


def test_paired_means_are_t_tests_and_agresti_mins_intervals() -> None:
    rng = np.random.default_rng(1)
    graded = rng.choice([0, 0.25, 0.75, 1], (40, 3))
    found = paired_means(graded)
    test = stats.ttest_rel(graded[:, 0], graded[:, 2])
    assert found.p[0, 2] == pytest.approx(test.pvalue)
    assert (found.low[0, 2], found.high[0, 2]) == pytest.approx(tuple(test.confidence_interval()))
    assert (np.diag(found.p) == 1).all()
    right = rng.integers(0, 2, (60, 2)).astype(float)
    found, b, c = paired_means(right), *(int((right @ [s, -s] == 1).sum()) for s in (1, -1))
    assert (found.low[0, 1], found.high[0, 1]) == pytest.approx(agresti_min(b, c, 60))
    assert (found.p[0, 1] < 0.05) == (found.low[0, 1] > 0 or found.high[0, 1] < 0)


def test_paired_means_of_clusters_are_those_of_their_means() -> None:
    rng = np.random.default_rng(2)
    scores = rng.random((20, 3, 2))
    rows, clusters = scores.reshape(60, 2), np.repeat(np.arange(20), 3)
    found, of_means = paired_means(rows, clusters), paired_means(scores.mean(axis=1))
    assert found.p == pytest.approx(of_means.p)
    assert found.low == pytest.approx(of_means.low)
    with pytest.raises(ValueError, match="two or more"):
        paired_means(rows, np.zeros(60, dtype=int))


def test_equal_systems_do_not_differ() -> None:
    found = paired_means(np.full((30, 2), 0.5))
    assert (found.p == 1).all()
    assert np.isnan(found.low[0, 1])  # no spread is seen, which is no proof that there is none
