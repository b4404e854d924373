"""ROUGE is that of rouge-score, to the last bit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from ecg_bench.text_metrics import Pair
from ecg_bench.text_metrics._rouge import TYPES, Rouge
from ecg_bench.text_metrics._subsequences import common_length, common_places, places
from tests.text_metrics.texts import pairs, random_pairs, shipped_pairs, study_pairs


def scores(answer: str, reference: str, *, stemmer: bool = True) -> dict[str, float]:
    return {
        name: float(values[0])
        for name, values in Rouge(stemmer=stemmer).compare([Pair(answer, reference)]).scores.items()
    }


def assert_same(pairs: Sequence[Pair], *, stemmer: bool) -> None:
    oracle = RougeScorer(list(TYPES), use_stemmer=stemmer)
    found = Rouge(stemmer=stemmer).compare(pairs).scores
    assert list(found) == [f"{name}_{part}" for name in TYPES for part in "prf"]
    for i, pair in enumerate(pairs):
        expected = oracle.score(pair.reference, pair.answer)
        for name in TYPES:
            assert tuple(found[f"{name}_{part}"][i] for part in "prf") == tuple(expected[name]), (name, pair)


@pytest.mark.parametrize("stemmer", [True, False])
def test_nonsense_in_many_lines_scores_as_in_rouge_score(stemmer: bool) -> None:
    assert_same(random_pairs(2000, seed=int(stemmer)), stemmer=stemmer)


@given(pairs(), st.booleans())
@settings(deadline=None)
def test_any_pair_scores_as_in_rouge_score(pair: Pair, stemmer: bool) -> None:
    assert_same([pair], stemmer=stemmer)


@pytest.mark.parametrize("stemmer", [True, False])
def test_shipped_references_score_as_in_rouge_score(stemmer: bool) -> None:
    assert_same(shipped_pairs("open-factual"), stemmer=stemmer)
    assert_same(shipped_pairs("open-complex"), stemmer=stemmer)


@pytest.mark.slow
def test_thousands_of_shipped_pairs_score_as_in_rouge_score() -> None:
    by_sentence = [
        Pair(pair.answer.replace(". ", ".\n"), pair.reference.replace(". ", ".\n"))
        for distance in (1, 2, 3)
        for pair in shipped_pairs("open-complex", distance)
    ]
    factual = [pair for distance in range(2, 18) for pair in shipped_pairs("open-factual", distance)]
    assert len(factual) > 2500
    assert_same(by_sentence + factual, stemmer=True)


def test_the_studys_answers_score_as_in_rouge_score(test_data: Path) -> None:
    assert_same(study_pairs(test_data), stemmer=True)


def test_the_example_of_the_readme_of_rouge_score() -> None:
    found = scores("The quick brown dog jumps on the log.", "The quick brown fox jumps over the lazy dog")
    assert (found["rouge1_p"], found["rouge1_r"], found["rouge1_f"]) == (0.75, 0.6666666666666666, 0.7058823529411765)
    assert (found["rougeL_p"], found["rougeL_r"], found["rougeL_f"]) == (0.625, 0.5555555555555556, 0.5882352941176471)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("police kill the gunman", 0.75), ("the gunman kill police", 0.5), ("the gunman police killed", 0.5)],
)
def test_the_sentences_of_the_paper(answer: str, expected: float) -> None:
    assert scores(answer, "police killed the gunman", stemmer=False)["rougeL_f"] == expected


def test_the_union_of_the_paper_is_four_words_of_five() -> None:
    first, second, reference = "w1 w2 w6 w7 w8", "w1 w3 w8 w9 w5", "w1 w2 w3 w4 w5"
    assert scores(first, reference)["rougeLsum_r"] == 0.4
    assert scores(second, reference)["rougeLsum_r"] == 0.6
    assert scores(f"{first}\n{second}", reference)["rougeLsum_r"] == 0.8


def test_lines_in_another_order_cost_rouge_l_and_not_rouge_lsum() -> None:
    one, two = "The axis points to the left.", "The rhythm is sinus."
    apart = scores(f"{one}\n{two}", f"{two}\n{one}")
    assert apart["rougeLsum_f"] == 1
    assert apart["rougeL_f"] == 0.6
    assert scores(f"{one} {two}", f"{two} {one}")["rougeLsum_f"] == 0.6


def test_a_negation_hardly_costs_anything() -> None:
    assert scores("no ST elevation", "ST elevation")["rougeL_f"] == 0.8


def test_signs_and_other_scripts_are_not_seen() -> None:
    assert scores(">= 120 ms", "<= 120 ms")["rougeL_f"] == 1
    assert set(scores("сердце", "сердце").values()) == {0}


def test_the_stemmer_is_an_option_and_in_the_signature() -> None:
    assert scores("elevated", "elevation")["rouge1_f"] == 1
    assert scores("elevated", "elevation", stemmer=False)["rouge1_f"] == 0
    assert "stemmer:porter" in Rouge().signature
    assert "stemmer:no" in Rouge(stemmer=False).signature


@given(st.lists(st.sampled_from("abc"), max_size=80), st.lists(st.sampled_from("abc"), max_size=80))
@settings(deadline=None)
def test_the_places_of_a_subsequence_are_as_many_as_its_length_and_in_the_second_text(
    first: list[str], second: list[str]
) -> None:
    bits = common_places(places(first), len(first), second)
    chosen = [token for i, token in enumerate(first) if bits >> i & 1]
    assert len(chosen) == common_length(places(first), len(first), second)
    rest = iter(second)
    assert all(token in rest for token in chosen)
