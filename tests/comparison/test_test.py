"""The paired test, its interval, and the contrast of a part with the rest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg_bench.comparison._changes import Scored, count_changes
from ecg_bench.comparison._test import paired_test
from ecg_bench.statistics import agresti_min, contrast, mcnemar, sign_flip

yes_or_no = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 9)), min_size=1, max_size=60)


def arrays(answers: list[tuple[bool, bool, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    table = np.array(answers, dtype=np.float64)
    return table[:, 0], table[:, 1], table[:, 2].astype(int)


def from_counts(fixed: int, broken: int, right: int, wrong: int) -> tuple[np.ndarray, np.ndarray]:
    before = np.repeat([0.0, 1.0, 1.0, 0.0], [fixed, broken, right, wrong])
    after = np.repeat([1.0, 0.0, 1.0, 0.0], [fixed, broken, right, wrong])
    return before, after


def test_yes_or_no_in_clusters_of_one_is_mcnemars_exact_test_with_agresti_and_mins_interval() -> None:
    before, after = from_counts(6, 16, 50, 28)
    found = paired_test(before, after, np.arange(100), seed=0)
    assert found.p == pytest.approx(0.0525, abs=1e-4)  # the exact test of 6 and 16, of tests/statistics
    assert found.value == pytest.approx(-0.1)
    assert (found.low, found.high) == pytest.approx(agresti_min(6, 16, 100))
    assert found.test == "exact McNemar test"


def test_the_published_interval_of_agresti_and_min() -> None:
    before, after = from_counts(40, 20, 60, 40)
    found = paired_test(before, after, np.arange(160), seed=0)
    assert found.low == pytest.approx(0.0309, abs=1e-4)
    assert found.high == pytest.approx(0.21602, abs=1e-5)


def test_samples_of_one_passage_flip_their_signs_together() -> None:
    before, after = from_counts(0, 10, 20, 10)
    clusters = np.arange(40) % 5
    found = paired_test(before, after, clusters, seed=0)
    assert found.p == sign_flip(after - before, clusters, seed=0).p == 2 / 2**5
    assert found.p > mcnemar(0, 10).exact
    assert found.clusters == 5


def test_graded_scores_beyond_1_have_an_interval_around_their_difference() -> None:
    before, after = np.arange(40.0), np.arange(40.0) + np.tile([3.0, 5.0], 20)
    found = paired_test(before, after, np.arange(40), seed=0)
    assert found.value == pytest.approx(4.0)
    assert found.low is not None
    assert found.high is not None
    assert 3 < found.low < 4 < found.high < 5
    assert found.p < 1e-6


def test_many_clusters_are_resampled_and_few_are_not() -> None:
    rng = np.random.default_rng(0)
    before, after = rng.random(300), rng.random(300)
    assert "bootstrap" in paired_test(before, after, np.arange(300), seed=0).interval
    assert paired_test(before[:99], after[:99], np.arange(99), seed=0).interval == "t over clusters"


def test_a_single_cluster_tells_nothing() -> None:
    before, after = np.array([0.2, 0.4]), np.array([0.3, 0.9])
    found = paired_test(before, after, np.zeros(2, dtype=int), seed=0)
    assert found.p == 1
    assert found.low is found.high is found.detectable is None


def test_where_everything_broke_the_interval_is_still_below_0() -> None:
    before, after = np.ones(30), np.zeros(30)
    found = paired_test(before, after, np.arange(30) % 15, seed=0)
    assert found.high is not None
    assert found.high < 0


def test_the_least_difference_found_is_that_of_a_test_with_80_percent_power() -> None:
    """About 2.8 standard errors, as in Miller (2024), section 5."""
    rng = np.random.default_rng(0)
    before, after = rng.random(400), rng.random(400)
    found = paired_test(before, after, np.arange(400), seed=0)
    assert found.detectable == pytest.approx(2.8 * (after - before).std() / 20, rel=0.05)


@given(yes_or_no)
@settings(deadline=None)
def test_fixed_less_broken_is_the_difference_times_n(answers: list[tuple[bool, bool, int]]) -> None:
    before, after, clusters = arrays(answers)
    found = paired_test(before, after, clusters, seed=0)
    counts = count_changes(Scored(np.arange(len(before)), before, after, "higher", binary=True))
    assert counts.fixed is not None
    assert counts.broken is not None
    assert counts.fixed - counts.broken == pytest.approx(len(before) * found.value)
    assert counts.fixed + counts.broken + (counts.same_right or 0) + (counts.same_wrong or 0) == len(before)
    assert (counts.rose, counts.fell) == (counts.fixed, counts.broken)


@given(yes_or_no)
@settings(deadline=None)
def test_the_other_way_round_is_the_same_test_with_the_other_sign(answers: list[tuple[bool, bool, int]]) -> None:
    before, after, clusters = arrays(answers)
    one = paired_test(before, after, clusters, seed=0)
    other = paired_test(after, before, clusters, seed=0)
    assert other.value == pytest.approx(-one.value)
    assert other.p == pytest.approx(one.p)
    assert 0 < one.p <= 1
    if one.low is not None and one.high is not None:
        assert other.low == pytest.approx(-one.high)
        assert one.low - 1e-9 <= one.value <= one.high + 1e-9 or "Agresti" in one.interval


@given(yes_or_no)
@settings(deadline=None)
def test_equal_scores_are_never_told_apart(answers: list[tuple[bool, bool, int]]) -> None:
    before, _, clusters = arrays(answers)
    found = paired_test(before, before, clusters, seed=0)
    assert (found.value, found.p) == (0, 1)
    if found.clusters > 1:
        assert found.low is not None
        assert found.high is not None
        assert found.low < 0 < found.high


def test_the_contrast_of_independent_samples_is_welchs_statistic() -> None:
    from scipy import stats

    rng = np.random.default_rng(3)
    values = rng.normal(size=50) + np.where(np.arange(50) < 20, 0.5, 0.0)
    inside = np.arange(50) < 20
    value, p = contrast(values, np.arange(50), inside)
    welch = stats.ttest_ind(values[inside], values[~inside], equal_var=False)
    assert value == pytest.approx(values[inside].mean() - values[~inside].mean())
    assert p == pytest.approx(2 * stats.t.sf(abs(welch.statistic), 19))


@pytest.mark.parametrize(("n", "clusters"), [(10, 5), (12, 12), (40, 20)])
def test_a_part_that_does_not_differ_is_seldom_found_to(n: int, clusters: int) -> None:
    """The rate of false findings, with a third of the samples doing as their passage does."""
    rng, false, draws = np.random.default_rng(1), 0, 600
    passages = np.concatenate([np.arange(n) % clusters, clusters + np.arange(200 - n) % 90])
    inside = np.arange(200) < n
    for _ in range(draws):
        own, passage = (rng.choice([-1.0, 0.0, 1.0], k, p=[0.15, 0.65, 0.2]) for k in (200, passages.max() + 1))
        values = np.where(rng.random(200) < 0.3, passage[passages], own)
        p = contrast(values, passages, inside)[1]
        false += p is not None and p < 0.05
    assert false / draws < 0.08


def test_small_parts_have_a_contrast_but_no_p_value() -> None:
    values, inside = np.random.default_rng(0).normal(size=60), np.arange(60) < 9
    assert contrast(values, np.arange(60), inside)[0] is not None
    assert contrast(values, np.arange(60), inside)[1] is None
    assert contrast(values, np.arange(60), np.ones(60, dtype=bool)) == (None, None)
