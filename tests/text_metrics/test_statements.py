"""Clinical statements as a text metric: style earns nothing, denial is no claim."""

from __future__ import annotations

import numpy as np
import pytest

from ecg_bench.text_metrics import Pair, agreement, claims_of
from ecg_bench.text_metrics._statements import Statements

REFERENCE = "Atrial fibrillation. Left bundle branch block. No sign of left ventricular hypertrophy."


def f(answer: str, reference: str = REFERENCE) -> float:
    return float(Statements().compare([Pair(answer, reference)]).scores["ref_statement_f"][0])


@pytest.mark.parametrize(
    "answer",
    [
        "AF with LBBB",
        "The tracing demonstrates atrial fibrillation, and there is complete left bundle branch block.",
        "Left bundle branch block; atrial fibrillation.",
    ],
)
def test_other_words_for_the_same_findings_score_1(answer: str) -> None:
    assert f(answer) == 1


@pytest.mark.parametrize(
    "answer",
    [
        "No atrial fibrillation. No left bundle branch block.",
        "Left ventricular hypertrophy.",
        "The patient was seen in clinic and the tracing was reviewed in detail by the team.",
        "",
    ],
)
def test_denying_the_findings_or_speaking_in_their_style_scores_0(answer: str) -> None:
    assert f(answer) == 0


def test_hedging_everything_does_not_pay() -> None:
    hedged = "Possible atrial fibrillation, possible left bundle branch block, possible atrial flutter, possible LVH."
    assert f(hedged) < f("Atrial fibrillation. Left bundle branch block.")
    assert claims_of(hedged).present == frozenset()


def test_what_the_reference_only_suspects_may_be_claimed_and_need_not() -> None:
    reference = "Sinus rhythm. Possible left ventricular hypertrophy."
    assert f("Sinus rhythm.", reference) == 1
    assert f("Sinus rhythm. Left ventricular hypertrophy.", reference) == 1
    assert f("Sinus rhythm. Right ventricular hypertrophy.", reference) == pytest.approx(2 / 3)


def test_precision_and_recall_count_claims_and_findings() -> None:
    one = agreement(claims_of("Atrial fibrillation. Atrial flutter."), {"AFIB", "CLBBB"})
    assert (one.right, one.false, one.missed) == (1, 1, 1)
    assert (one.precision, one.recall, one.f) == (0.5, 0.5, 0.5)


def test_the_values_over_all_pairs_say_what_they_leave_out() -> None:
    metric = Statements()
    pairs = [
        Pair("Sinus rhythm.", "Sinus rhythm."),
        Pair("Atrial fibrillation.", "Sinus rhythm."),
        Pair("Sinus rhythm.", "Please send the text of the report."),
    ]
    found = metric.compare(pairs)
    assert found.flags["reference_without_statements"].tolist() == [False, False, True]
    values = {name: float(metric.aggregates[name](sums.sum(axis=0))) for name, sums in found.statistics.items()}
    assert values["statement_mean_f"] == 0.5
    assert values["statement_micro_f"] == pytest.approx(2 / 5)  # one right, two false, one missed


def test_an_answer_that_turns_a_finding_round_is_flagged() -> None:
    pairs = [Pair("No atrial fibrillation.", REFERENCE), Pair("LVH.", REFERENCE), Pair("Sinus rhythm.", REFERENCE)]
    np.testing.assert_array_equal(Statements().compare(pairs).flags["contradicts_reference"], [True, True, False])
