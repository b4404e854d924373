"""Intervals of label scores, where a bootstrap sees no spread."""

from __future__ import annotations

import pytest

from ecg_bench.evaluation._label_results import LabelSums
from ecg_bench.runs import LABELS, EstimateRecord, ScoreTable, TableBuilder
from ecg_bench.statistics import ALL_EQUAL, wilson

N = 40
Estimates = dict[str, EstimateRecord]
RARE = {3, 4}  # positions at which RARE is true; it is never named


def answers(said: str, group: int) -> ScoreTable:
    """Return answers that name the same label of each ECG; a patient has so many ECGs."""
    builder = TableBuilder(())
    texts = dict.fromkeys(LABELS, "")
    for n in range(N):
        target = "COMMON RARE" if n in RARE else "COMMON"
        own = {"group": f"p{n // group}", "target": target, "parsed": said, "outcome": "ok"}
        builder.add(n, 0, 0, [{**texts, **own}[name] for name in LABELS], [])
    return builder.table()


def found(
    said: str = "COMMON", group: int = 1
) -> tuple[dict[str, EstimateRecord], dict[str, dict[str, EstimateRecord]]]:
    sums = LabelSums(("COMMON", "RARE"), each=False)
    sums.add(answers(said, group))
    labels = {name: dict(one.metrics) for name, one in sums.by_label(0, "test").items()}
    return dict(sums.overall(0, "test")), labels


def test_a_rare_label_that_is_always_missed_may_still_be_found_next_time() -> None:
    _, labels = found()
    recall, f1, specificity = (labels["RARE"][name] for name in ("recall", "f1", "specificity"))
    assert (recall.value, recall.low, recall.high) == pytest.approx((0, *wilson(0, 2)))
    assert recall.method == ALL_EQUAL
    highest = wilson(0, 2).high
    assert (f1.value, f1.low, f1.high) == pytest.approx((0, 0, 2 * highest / (1 + highest)))
    assert (specificity.low, specificity.high) == pytest.approx(tuple(wilson(N - 2, N - 2)))


def test_records_of_one_patient_are_one_case() -> None:
    _, labels = found(group=2)  # the two rare ones are of two patients
    assert labels["RARE"]["recall"].high == pytest.approx(wilson(0, 2).high)
    _, labels = found(group=10)  # and here of one
    assert labels["RARE"]["recall"].high == pytest.approx(wilson(0, 1).high)


def test_scores_with_a_spread_keep_the_interval_of_their_bootstrap() -> None:
    _, labels = found("COMMON RARE")
    assert labels["RARE"]["precision"].method == "cluster bootstrap"
    assert labels["RARE"]["precision"].low < 2 / N < labels["RARE"]["precision"].high


def test_what_is_wrong_of_all_labels_has_a_width_and_what_is_constant_by_its_nature_has_none() -> None:
    overall, _ = found("")
    assert (overall["f1_macro"].value, overall["f1_macro"].high) == pytest.approx((0, wilson(0, N).high))
    overall, _ = found()
    same = overall["balanced_acc"]  # of answers that are all alike: 1/2, whatever the ECGs
    assert (same.low, same.value, same.high) == (0.5, 0.5, 0.5)
