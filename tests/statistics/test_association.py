"""Scores against levels: the values are scipy's, the jackknife is the one by hand, and the area has an honest end."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy.stats import kendalltau, mannwhitneyu, spearmanr

from ecg_bench.statistics import association, cohen_kappa, estimate, spearman, tau_b
from ecg_bench.statistics._association import Kind
from ecg_bench.statistics._jackknife import effective_clusters, jackknife_interval
from tests.statistics.tables import Floats, random_ratings

KINDS: tuple[Kind, ...] = ("tau_b", "spearman", "auc")


def by_scipy(kind: Kind, x: Floats, y: Floats) -> float:
    if kind == "auc":
        return float(mannwhitneyu(x[y >= 2], x[y < 2]).statistic / ((y >= 2).sum() * (y < 2).sum()))
    return float((kendalltau if kind == "tau_b" else spearmanr)(x, y).statistic)


def made(seed: int, n: int) -> tuple[Floats, Floats, Floats]:
    rng = np.random.default_rng(seed)
    levels = rng.integers(0, 4, n).astype(float)
    return np.round(levels + rng.normal(0, 2, n)), levels, rng.integers(0, max(3, n // 3), n)


@pytest.mark.parametrize("kind", KINDS)
def test_values_equal_those_of_scipy(kind: Kind) -> None:
    for seed in range(200):
        x, y, clusters = made(seed, 8 + seed % 40)
        if len(np.unique(y >= 2)) == 2 and len(np.unique(x)) > 1:
            found = association(x, y, clusters, kind, threshold=2)
            assert found.value == pytest.approx(by_scipy(kind, x, y), abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_the_jackknife_over_clusters_is_the_one_by_hand(kind: Kind) -> None:
    x, y, clusters = made(1, 60)
    names = np.unique(clusters)
    without = np.array([by_scipy(kind, x[clusters != one], y[clusters != one]) for one in names])
    low, high = jackknife_interval(
        by_scipy(kind, x, y),
        without,
        lowest=0 if kind == "auc" else -1,
        effective=effective_clusters(
            (y >= 2).astype(float) if kind == "auc" else y, 2 if kind == "auc" else 4, len(names)
        ),
    )
    found = association(x, y, clusters, kind, threshold=2)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert (found.n, found.clusters) == (60, len(names))


@pytest.mark.parametrize(("kind", "coefficient"), [("tau_b", tau_b(4)), ("spearman", spearman(4))])
def test_scores_that_are_levels_give_what_the_table_gives(kind: Kind, coefficient: object) -> None:
    for seed in range(20):
        two = random_ratings(np.random.default_rng(seed), 4, raters=2)
        table = estimate(coefficient, two, np.arange(len(two)))  # type: ignore[arg-type]
        scores = association(two[:, 0], two[:, 1], np.arange(len(two)), kind)
        assert scores.value == pytest.approx(table.value)
        assert scores.reason == table.reason
        if table.low is not None and len(np.unique(two[:, 1])) == 4:  # then both know of four levels
            assert (scores.low, scores.high) == pytest.approx((table.low, table.high), abs=0.05)


def test_what_only_one_side_has_is_left_out() -> None:
    x, y, clusters = made(2, 50)
    x[:5], y[5:10] = np.nan, np.nan
    for kind in KINDS:
        found = association(x, y, clusters, kind, threshold=2)
        assert found == association(x[10:], y[10:], clusters[10:], kind, threshold=2)
        assert found.n == 40


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_undefined_is_none_with_a_reason(kind: Kind) -> None:
    x, units = np.arange(6.0), np.arange(6)
    assert association(x, np.full(6, 3.0), units, kind, threshold=2).reason == "one_class"
    assert association(x, np.full(6, np.nan), units, kind, threshold=2).reason == "no_overlap"
    assert association(x, x, units // 3, kind, threshold=2).reason == "few_clusters"


def test_scores_that_are_all_the_same_tell_nothing_of_the_order() -> None:
    same, levels = np.ones(10), np.arange(10.0)
    assert association(same, levels, np.arange(10), "tau_b").reason == "one_class"
    area = association(same, levels, np.arange(10), "auc", threshold=5)
    assert area.value == 0.5


def test_a_perfect_area_says_less_the_fewer_units_one_class_has() -> None:
    def low(positive: int, n: int = 200) -> float:
        x = np.arange(n, dtype=float)
        found = association(x, (x >= n - positive).astype(float), np.arange(n), "auc", threshold=1)
        assert found.value == found.high == 1
        assert found.low is not None
        return found.low

    assert low(3) < low(20) < low(100) < 1
    assert low(3) < 0.75  # of three positives, none among the negatives: up to 0.7 of such may be (exact)


def test_an_area_needs_a_threshold() -> None:
    with pytest.raises(ValueError, match="threshold"):
        association(np.arange(5.0), np.arange(5.0), np.arange(5), "auc")


def test_order_says_nothing_of_strictness() -> None:
    human = np.array([1.0, 2, 3, 3, 2, 1] * 5)
    harsh = np.column_stack([human, human - 1])
    units = np.arange(30)
    assert association(harsh[:, 1], human, units, "tau_b").value == pytest.approx(1)
    kappa = estimate(cohen_kappa(4, "linear"), harsh, units).value
    assert kappa is not None
    assert kappa < 0.5


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_five_thousand_clusters_take_no_time_to_speak_of(kind: Kind) -> None:
    x, y, _ = made(3, 5000)
    start = time.perf_counter()
    association(x, y, np.arange(5000), kind, threshold=2)
    assert time.perf_counter() - start < 10  # some 0.1 s; all pairs of all leave-one-outs would take minutes
