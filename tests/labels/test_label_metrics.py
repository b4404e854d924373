"""Scores of sets of labels: against another library, and where that has none, against their definition."""

from __future__ import annotations

import numpy as np
import pytest

from ecg_bench.errors import UserError
from ecg_bench.label_metrics import BY_LABEL, OVERALL, auc, fmax, label_counts, macro_auc

RNG = np.random.default_rng(8)
TRUE = RNG.random((60, 5)) < [0.5, 0.3, 0.2, 0.1, 0.4]
SAID = np.where(RNG.random(TRUE.shape) < 0.7, TRUE, ~TRUE)
READ = np.ones_like(TRUE)


def sums(true: np.ndarray = TRUE, said: np.ndarray = SAID, read: np.ndarray = READ) -> np.ndarray:
    return label_counts(true, said, read).sum(axis=0)


def test_scores_are_those_of_scikit_learn_where_everything_is_read_and_every_label_occurs() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    for name, average in (("f1_macro", "macro"), ("f1_micro", "micro"), ("f1_weighted", "weighted")):
        assert OVERALL[name](sums()) == pytest.approx(metrics.f1_score(TRUE, SAID, average=average))
    assert OVERALL["hamming_loss"](sums()) == pytest.approx(metrics.hamming_loss(TRUE, SAID))
    own = [metrics.balanced_accuracy_score(TRUE[:, n], SAID[:, n]) for n in range(5)]
    assert OVERALL["balanced_acc"](sums()) == pytest.approx(np.mean(own))
    assert BY_LABEL["precision"](sums()) == pytest.approx(metrics.precision_score(TRUE, SAID, average=None))
    scores = RNG.random(TRUE.shape).round(1)
    assert macro_auc(TRUE, scores) == pytest.approx(metrics.roc_auc_score(TRUE, scores, average="macro"))


def test_an_auc_of_hard_answers_is_the_balanced_accuracy() -> None:
    assert macro_auc(TRUE, SAID.astype(float)) == pytest.approx(float(OVERALL["balanced_acc"](sums())))


def test_an_answer_that_is_not_read_is_wrong_on_every_label_and_claims_none() -> None:
    read = READ.copy()
    read[0] = False
    true, said = TRUE.copy(), TRUE.copy()
    true[0] = said[0] = [True, False, False, False, True]
    found = sums(true, said, read)
    assert OVERALL["hamming_loss"](found) == pytest.approx(1 / len(TRUE))
    assert BY_LABEL["precision"](found) == pytest.approx(1)
    assert (BY_LABEL["recall"](found)[[0, 4]] < 1).all()
    assert (BY_LABEL["specificity"](found)[1:4] < 1).all()


def test_a_label_that_is_never_true_is_no_part_of_the_macro_score_and_costs_the_micro_score() -> None:
    true = np.column_stack([TRUE, np.zeros(60, dtype=bool)])
    said = np.column_stack([SAID, np.ones(60, dtype=bool)])
    found = sums(true, said, np.ones_like(true))
    assert OVERALL["f1_macro"](found) == pytest.approx(float(OVERALL["f1_macro"](sums())))
    assert OVERALL["f1_micro"](found) < OVERALL["f1_micro"](sums())


def test_scores_of_many_resamples_are_those_of_each() -> None:
    parts = label_counts(TRUE, SAID, READ)
    resamples = np.stack([parts[RNG.integers(0, 60, 60)].sum(axis=0) for _ in range(4)])
    for score in OVERALL.values():
        assert score(resamples) == pytest.approx([float(score(one)) for one in resamples])


def test_fmax_is_1_for_scores_that_separate_and_is_found_at_the_best_threshold() -> None:
    assert fmax(TRUE, TRUE.astype(float)) == pytest.approx(1)
    # One label, named for all from 0 on: precision is the share of positives, recall 1.
    true = np.array([[True], [False], [False], [True]])
    assert fmax(true, np.full((4, 1), 0.5)) == pytest.approx(2 * 0.5 / 1.5)


def test_an_auc_needs_positives_and_negatives() -> None:
    assert np.isnan(auc(np.ones(3, dtype=bool), np.arange(3.0)))
    assert auc(np.array([True, False, False]), np.array([2.0, 1.0, 2.0])) == pytest.approx(0.75)


def test_arrays_of_different_shapes_are_refused() -> None:
    with pytest.raises(UserError, match="one shape"):
        label_counts(TRUE, SAID[:5], READ)
