"""Plans name the best allocation, and the width and the difference that will really be seen."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecg_bench.statistics import allocate, minimum_detectable_difference, planned_width, samples_needed


@pytest.mark.parametrize(
    ("sd", "n"),
    [(1 / 3, 969), ((1 / 9 + 1 / 6 + 1 / 6) ** 0.5, 3_876)],
    ids=["omega^2 1/9", "omega^2 1/9, sigma^2 1/6, K 1"],
)
def test_sample_sizes_equal_those_of_miller_2024(sd: float, n: int) -> None:
    assert samples_needed(0.03, sd) == n
    assert minimum_detectable_difference(sd, n) == pytest.approx(0.03, abs=1e-6)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.5), st.integers(0, 30)), min_size=1, max_size=5),
    st.integers(0, 80),
    st.integers(0, 12),
)
def test_allocation_gives_out_the_budget_and_no_more_than_there_is(
    strata: list[tuple[float, float, int]], budget: int, at_least: int
) -> None:
    shares, sds, sizes = map(np.array, zip(*strata, strict=True))
    given_out = allocate(shares, sds, budget, at_least=at_least, sizes=sizes)
    assert given_out.sum() == min(budget, sizes.sum())
    assert (given_out <= sizes).all()
    if budget >= np.minimum(sizes, at_least).sum():
        assert (given_out >= np.minimum(sizes, at_least)).all()


@given(st.lists(st.tuples(st.floats(0.05, 1), st.floats(0.05, 0.5)), min_size=2, max_size=3), st.integers(3, 14))
def test_no_other_allocation_has_less_variance(strata: list[tuple[float, float]], budget: int) -> None:
    shares, sds = map(np.array, zip(*strata, strict=True))
    weights = (shares * sds) ** 2

    def variance(counts: tuple[int, ...]) -> float:
        return float((weights / np.array(counts)).sum())

    others = [n for n in product(range(1, budget + 1), repeat=len(strata)) if sum(n) == budget]
    chosen = tuple(int(n) for n in allocate(shares, sds, budget, at_least=1))
    assert variance(chosen) <= min(map(variance, others)) * (1 + 1e-9)


def test_allocation_follows_share_times_deviation() -> None:
    assert allocate([0.8, 0.2], [0.1, 0.4], 100).tolist() == [50, 50]
    assert allocate([0.5, 0.5], [0.0, 0.4], 100, sizes=[300, 40]).tolist() == [60, 40]
    assert allocate([0.5, 0.5], [0.1, 0.4], 7).tolist() == [4, 3]


def test_planned_width_is_the_spread_of_simulated_estimates() -> None:
    rng = np.random.default_rng(1)
    p, means, rated, judged = np.array([0.6, 0.4]), np.array([0.9, 0.3]), np.array([25, 40]), 300
    counts = rng.binomial(judged, p[0], 40_000) / judged
    accepted = rng.binomial(rated, means, (40_000, 2)) / rated
    estimates = counts * accepted[:, 0] + (1 - counts) * accepted[:, 1]
    assert planned_width(p, means, rated, judged) == pytest.approx(2 * 1.96 * estimates.std(), rel=0.02)


def test_more_ratings_never_widen_the_plan_and_no_rating_leaves_a_verdict_open() -> None:
    widths = [planned_width([0.5, 0.5], [0.9, 0.4], [m, m], 500) for m in (0, 1, 5, 20, 100)]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] > 0.9


@pytest.mark.parametrize(
    "call",
    [
        lambda: allocate([0.5, 0.5], [0.1], 10),
        lambda: allocate([0.5, -0.5], [0.1, 0.1], 10),
        lambda: planned_width([0.5, 0.2], [0.5, 0.5], [5, 5], 100),
        lambda: planned_width([0.5, 0.5], [0.5, 1.5], [5, 5], 100),
        lambda: samples_needed(0, 0.5),
        lambda: minimum_detectable_difference(0.5, 0),
        lambda: minimum_detectable_difference(-0.5, 10),
    ],
)
def test_impossible_plans_are_refused(call: object) -> None:
    with pytest.raises(ValueError, match=r"stratum|negative|sum to 1|difference of 0|positive|no plan"):
        call()  # type: ignore[operator]
