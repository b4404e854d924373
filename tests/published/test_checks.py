"""What is right is not called wrong, and what follows from arithmetic is found in any numbers."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ecg_bench.published import ContradictionRecord, PublishedRecord, median_ranks, names, published
from ecg_bench.published._consistency import problems
from ecg_bench.published._file import Publication
from ecg_bench.published._findings import contradictions
from ecg_bench.published._order import most_discordant, net_gain
from ecg_bench.published._tables import rank_values
from ecg_bench.statistics import mcnemar
from tests.published.editing import edited, shipped, small, table, written


def check(data: dict[str, Any]) -> list[ContradictionRecord]:
    import json

    publication = Publication.model_validate_json(json.dumps(data))
    assert not list(problems(publication))
    return contradictions(publication)


def kinds(record: PublishedRecord, kind: str) -> list[tuple[str, str, str]]:
    return [(one.table, one.system, one.column) for one in record.contradictions if one.kind == kind]


B70 = "Llama 3.1 70B"


def test_ranks_that_agree_with_the_values_are_not_flagged(tmp_path: Path) -> None:
    def swap(data: dict[str, Any]) -> None:
        cells = table(data, "Table 1")["cells"]
        cells["Claude Sonnet 3.7"][:2] = ["82.3 (6)", "88.0 (5)"]
        cells[B70][:2] = ["82.4 (5)", "88.2 (4)"]

    assert not [one for one in kinds(edited(tmp_path, swap), "rank") if one[0] == "Table 1"]


def test_tied_ranks_of_different_values_are_not_flagged(tmp_path: Path) -> None:
    def tie(data: dict[str, Any]) -> None:
        table(data, "Table 1")["cells"][B70][:2] = ["82.4 (5)", "88.2 (4)"]

    assert not [one for one in kinds(edited(tmp_path, tie), "rank") if one[0] == "Table 1"]


def test_a_table_that_follows_from_its_parts_is_not_flagged(tmp_path: Path) -> None:
    def mend(data: dict[str, Any]) -> None:
        cells = table(data, "Table 3")["cells"]
        cells["Llama 3.1 70B + RAG"] = ["2", "7", "3", "1", "2.5"]
        cells["Llama 3.1 8B + RAG"] = ["3", "6", "5", "1", "4.0"]
        cells["Llama 3.1 70B + FT 256/128"][3] = "4.5"
        cells["Llama 3.1 8B"][4] = "6.25"

    assert not kinds(edited(tmp_path, mend), "median")


def test_a_median_that_is_rounded_to_the_digits_of_its_column_is_not_flagged(tmp_path: Path) -> None:
    def rounded(data: dict[str, Any]) -> None:
        table(data, "Table 3")["cells"]["Llama 3.1 8B"][4] = "6.2"

    assert ("Table 3", "Llama 3.1 8B", "median") not in kinds(edited(tmp_path, rounded), "median")


def test_bertscore_in_its_right_order_and_equal_prints_are_not_flagged(tmp_path: Path) -> None:
    def mend(data: dict[str, Any]) -> None:
        table(data, "Table E6")["cells"]["Llama 3.1 70B + RAG"] = ["0.1418", "0.0095", "0.2811"]
        table(data, "Table 2")["cells"]["Llama 3.1 70B + RAG"] = ["0.0339", "0.2414", "0.1064", "0.1871", "0.1418"]
        data["checks"]["numbers"][0]["printed"][1]["value"] = 417
        data["checks"]["numbers"][1]["printed"][0]["value"] = 50

    record = edited(tmp_path, mend)
    assert not kinds(record, "range")
    assert not kinds(record, "value")


def test_counts_far_enough_apart_may_differ_significantly(tmp_path: Path) -> None:
    def apart(data: dict[str, Any]) -> None:
        cells = table(data, "Fig. E1")["cells"]
        cells[B70] = ["260 (3)"]
        cells["Llama 3.1 70B + RAG"] = ["259 (3)"]

    assert not [one for one in kinds(edited(tmp_path, apart), "test") if one[0] == "Fig. 2"]


def test_claims_that_hold_are_not_flagged(tmp_path: Path) -> None:
    def hold(data: dict[str, Any]) -> None:
        cells = table(data, "Table 1")["cells"]
        cells["Llama 3.1 8B + FT 256/128"][1] = "87.5 (3)"
        human = table(data, "Figs. 3 and 4")["cells"]
        human["Llama 3.1 70B"] = ["5", "6"]
        human["Llama 3.1 8B"] = ["7", "7"]
        cells["Claude Sonnet 3.7"] = ["82.3 (5)", "88.0 (5)", "81.7 (5)"]
        cells[B70] = ["82.4 (5)", "88.2 (5)", "81.5 (6)"]

    assert not kinds(edited(tmp_path, hold), "claim")


@pytest.mark.parametrize("name", ["meit", "ecg-lm"])
def test_the_other_publications_contradict_themselves_nowhere(name: str) -> None:
    assert not published(name).contradictions


def test_a_changed_digit_of_the_other_publications_is_found(tmp_path: Path) -> None:
    data = shipped("ecg-lm")
    table(data, "ECG-QA")["cells"]["ECG-LM"][3] = "0.578"
    (one,) = published(written(tmp_path, data)).contradictions
    assert (one.kind, one.printed, one.recomputed) == ("median", "0.578", "0.577")
    data = shipped("meit")
    table(data, "Noise, METEOR")["cells"]["OPT 6.7B"][0] = "0.756"
    (one,) = published(written(tmp_path, data)).contradictions
    assert (one.kind, one.system) == ("value", "OPT 6.7B")


# --- any numbers -----------------------------------------------------------------------------------------------------

values = st.lists(st.integers(0, 1000), min_size=1, max_size=8)


@given(values, st.booleans())
def test_ranks_made_from_the_values_are_never_flagged(numbers: list[int], higher: bool) -> None:
    scores = {f"s{i}": number / 10 for i, number in enumerate(numbers)}
    ranks = rank_values(scores, higher=higher)
    cells = {row: [f"{value:.1f} ({ranks[row]:g})"] for row, value in scores.items()}
    column = {"name": "c", "better": "higher" if higher else "lower"}
    assert not check(small(cells=cells, columns=[column], unit="score"))


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=8, unique=True), st.data())
def test_two_ranks_that_changed_places_are_always_found(numbers: list[int], data: st.DataObject) -> None:
    scores = {f"s{i}": float(number) for i, number in enumerate(numbers)}
    ranks = rank_values(scores, higher=True)
    a, b = data.draw(st.lists(st.sampled_from(sorted(scores)), min_size=2, max_size=2, unique=True))
    ranks[a], ranks[b] = ranks[b], ranks[a]
    found = check(
        small(cells={row: [f"{v:.0f} ({ranks[row]:g})"] for row, v in scores.items()}, columns=["c"], unit="score")
    )
    better = max(a, b, key=lambda row: scores[row])
    assert better in {one.system for one in found}
    assert next(one for one in found if one.system == better).certain


@given(st.dictionaries(st.text(min_size=1), st.integers(0, 50), min_size=1, max_size=12), st.booleans())
def test_ranks_of_values_add_up_and_follow_the_values(scores: dict[str, int], higher: bool) -> None:
    ranks = rank_values({row: float(score) for row, score in scores.items()}, higher=higher)
    assert sum(ranks.values()) == pytest.approx(len(scores) * (len(scores) + 1) / 2)
    for a in scores:
        for b in scores:
            if scores[a] != scores[b]:
                assert (ranks[a] < ranks[b]) == ((scores[a] > scores[b]) == higher)


layers = st.integers(1, 6).flatmap(
    lambda n: st.dictionaries(st.text(), st.lists(st.floats(1, 20), min_size=n, max_size=n), max_size=8)
)


@given(layers)
def test_medians_of_ranks_are_medians(ranks: dict[str, list[float]]) -> None:
    found = median_ranks({system: {str(i): rank for i, rank in enumerate(row)} for system, row in ranks.items()})
    assert found == {system: statistics.median(row) for system, row in ranks.items()}
    assert list(found.values()) == sorted(found.values())


def test_medians_of_ranks_of_different_layers_are_refused() -> None:
    with pytest.raises(ValueError, match="same layers"):
        median_ranks({"a": {"x": 1, "y": 2}, "b": {"x": 2}})
    with pytest.raises(ValueError, match="at least one"):
        median_ranks({"a": {}})


@given(st.integers(1, 60))
def test_the_bound_is_where_mcnemars_test_turns(gain: int) -> None:
    most = most_discordant(gain)
    if most is None:
        assert mcnemar(gain, 0).p >= 0.05
        return
    assert mcnemar((most + gain) // 2, (most - gain) // 2).p < 0.05
    assert mcnemar((most + gain) // 2 + 1, (most - gain) // 2 + 1).p >= 0.05


def test_no_test_finds_three_items() -> None:
    assert [most_discordant(gain) for gain in (0, 1, 2, 3, 4, 7, 8)] == [None, None, None, None, 4, 11, 16]


@given(st.integers(0, 900), st.integers(0, 900), st.integers(900, 40_000))
def test_printed_shares_never_understate_how_far_counts_can_be_apart(a: int, b: int, n: int) -> None:
    from decimal import Decimal

    one, other = (Decimal(f"{100 * count / n:.1f}") for count in (a, b))
    assert net_gain(abs(one - other), Decimal("0.1"), n) >= abs(a - b)


@given(
    st.lists(
        st.tuples(st.floats(0.01, 1), st.floats(0.01, 1)).map(lambda pr: (*pr, 2 * pr[0] * pr[1] / sum(pr))), min_size=1
    )
)
@example([(1.0, 0.15625, 0.2702702702702703)])  # all three are rounded, and two of them to the wrong side
def test_mean_f1_of_real_answers_is_never_flagged(answers: list[tuple[float, float, float]]) -> None:
    means = [f"{statistics.fmean(column):.4f}" for column in zip(*answers, strict=True)]
    rule = {"table": "T", "f": "F", "precision": "P", "recall": "R"}
    assert not check(small(cells={"a": means}, columns=["P", "R", "F"], unit="score", means=[rule]))


def test_a_mean_f1_above_the_harmonic_mean_is_flagged() -> None:
    rule = {"table": "T", "f": "F", "precision": "P", "recall": "R"}
    data = small(cells={"a": ["0.2", "0.6", "0.5"]}, columns=["P", "R", "F"], unit="score", means=[rule])
    (one,) = check(data)
    assert one.kind == "range"
    assert "lies outside" not in one.sentence  # it does lie between the two


def test_values_of_different_digits_may_be_one_quantity() -> None:
    def twice(a: str, b: str) -> int:
        same = [{"cells": [["T", "x"], ["T", "y"]]}]
        return len(check(small(cells={"s": [a, b]}, columns=["x", "y"], unit="score", same=same)))

    assert twice("0.76", "0.761") == 0
    assert twice("0.76", "0.766") == 1
    assert twice("0.760", "0.761") == 1


def test_names_are_those_of_the_files() -> None:
    assert names() == ["ecg-llm", "ecg-lm", "ecg-qa", "ecgbench", "gem", "meit", "ptbxl"]
    assert [published(name).name for name in names()] == names()
