"""The alternative-annotator test, the human ceiling, pairwise F1, and graded scores."""

from __future__ import annotations

import numpy as np
import pytest

from ecg_bench.statistics import (
    alternative_annotator_test,
    benjamini_yekutieli,
    bland_altman,
    estimate,
    intraclass_correlations,
    macro_f1,
    pairwise_f1,
)
from tests.statistics.tables import Floats, pairs


def rated(n: int, *, judge: float, human: float = 0.7, raters: int = 3, seed: int = 1) -> tuple[Floats, Floats]:
    """Return humans and a judge who give the true level of some share of the items, and else one at random."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, (n, 1))

    def said(share: float, columns: int) -> Floats:
        own = rng.integers(0, 4, (n, columns))
        return np.where(rng.random((n, columns)) < share, truth, own).astype(float)

    return said(human, raters), said(judge, 1)[:, 0]


@pytest.mark.parametrize("score", ["accuracy", "rmse"])
def test_a_judge_better_than_all_humans_may_stand_in_for_them_and_one_that_guesses_may_not(score: str) -> None:
    humans, judge = rated(200, judge=0.95)
    found = alternative_annotator_test(humans, judge, 0.1, score=score)  # type: ignore[arg-type]
    assert found.omega == 1
    assert found.rho is not None
    assert found.rho > 0.8
    assert [(row.rater, row.n, row.rejected) for row in found.raters] == [
        (0, 200, True),
        (1, 200, True),
        (2, 200, True),
    ]
    guess = alternative_annotator_test(humans, rated(200, judge=0.0, seed=2)[1], 0.1, score=score)  # type: ignore[arg-type]
    assert guess.omega == 0


def test_dearer_humans_are_easier_to_stand_in_for() -> None:
    humans, judge = rated(100, judge=0.7)
    p = [[row.p for row in alternative_annotator_test(humans, judge, eps).raters] for eps in (0.0, 0.1, 0.2)]
    assert np.all(np.diff(np.array(p, dtype=float), axis=0) < 0)


def test_a_copy_of_a_human_is_as_near_to_the_others_as_that_human() -> None:
    humans, _ = rated(60, judge=0.5)
    found = alternative_annotator_test(humans, humans[:, 1], 0.1)
    assert found.raters[1].rho == 1
    assert found.raters[1].p == 0  # no item tells them apart


def test_one_human_is_no_test() -> None:
    humans, judge = rated(60, judge=0.9, raters=1)
    found = alternative_annotator_test(humans, judge, 0.2)
    assert (found.omega, found.rho, found.raters, found.reason) == (None, None, (), "few_raters")


def test_humans_with_fewer_than_thirty_items_are_not_tested() -> None:
    humans, judge = rated(60, judge=0.9)
    humans[29:, 2] = np.nan
    found = alternative_annotator_test(humans, judge, 0.2)
    few = found.raters[2]
    assert (few.n, few.p, few.rejected, few.reason) == (29, None, None, "few_items")
    assert few.rho is not None
    tested = [row for row in found.raters if row.p is not None]
    assert found.omega == sum(bool(row.rejected) for row in tested) / 2
    assert found.rho == pytest.approx(np.mean([row.rho for row in tested if row.rho is not None]))
    short = alternative_annotator_test(humans[:29], judge[:29], 0.2)
    assert (short.omega, short.rho, short.reason) == (None, None, "few_items")


def test_items_that_no_other_human_or_not_the_judge_rated_are_left_out() -> None:
    humans, judge = rated(80, judge=0.9, raters=2)
    humans[:10, 1], judge[10:20] = np.nan, np.nan
    left = alternative_annotator_test(humans, judge, 0.2)
    assert [row.n for row in left.raters] == [60, 60]
    assert left == alternative_annotator_test(humans[20:], judge[20:], 0.2)


def test_more_humans_need_smaller_p_values() -> None:
    """Benjamini and Yekutieli: of m equal p-values, all are rejected up to 0.05 over the sum of 1 / 1 to 1 / m."""

    def rejected(*p: float) -> list[bool]:
        return (benjamini_yekutieli(p) <= 0.05).tolist()

    assert rejected(0.05) == [True]
    assert rejected(0.04, 0.04) == [False, False]
    assert rejected(0.03, 0.03) == [True, True]
    assert rejected(0.9, 0.001, 0.02) == [False, True, False]


def test_f1_of_pairs_of_one_human_is_that_of_the_table() -> None:
    table = pairs([[12, 5], [3, 20]])
    found = pairwise_f1(table[:, :1], table[:, 1], np.arange(40))
    assert found.macro == estimate(macro_f1(), table, np.arange(40))
    twice = pairwise_f1(table[:, [0, 0]], table[:, 1], np.arange(40))
    assert twice.macro.value == pytest.approx(found.macro.value)
    assert twice.macro.clusters == 40
    assert (twice.macro.low, twice.macro.high) == pytest.approx((found.macro.low, found.macro.high), abs=1e-3)


def test_raters_a_constant_apart_are_consistent_but_do_not_agree() -> None:
    one = np.array([1.0, 4, 2, 6, 3])
    found = intraclass_correlations(np.column_stack([one, one + 3]))
    assert found is not None
    assert found.icc31 == pytest.approx(1)
    assert found.icc21 < 0.5
    assert (found.n, found.raters) == (5, 2)


def test_correlations_need_two_raters_and_units_that_differ() -> None:
    assert intraclass_correlations(np.ones((5, 2))) is None
    assert intraclass_correlations(np.ones((5, 1))) is None
    assert intraclass_correlations(np.array([[1.0, np.nan], [2, 3], [np.nan, 1]])) is None


def test_limits_of_agreement_leave_out_what_only_one_measured() -> None:
    found = bland_altman(np.array([1.0, 2, 3, np.nan]), np.array([0.0, 2, 2, 5]))
    assert found is not None
    assert (found.bias, found.n) == (pytest.approx(2 / 3), 3)
    assert (found.low + found.high) / 2 == pytest.approx(found.bias)
    assert bland_altman(np.array([1.0]), np.array([2.0])) is None
