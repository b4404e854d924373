"""BLEU is sacreBLEU's; with compat=ecg-llm it is the study's."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.translate.bleu_score import sentence_bleu

from ecg_bench import UserError
from ecg_bench.registry import build
from ecg_bench.text_metrics import TEXT_METRICS, Pair
from ecg_bench.text_metrics._bleu import Bleu
from tests.text_metrics.texts import pairs, random_pairs, shipped_pairs, study_pairs


def bleu(answer: str, reference: str) -> float:
    return float(Bleu().compare([Pair(answer, reference)]).scores["bleu"][0])


def study_bleu(answer: str, reference: str) -> float:
    return float(Bleu(compat="ecg-llm").compare([Pair(answer, reference)]).scores["bleu_ecg_llm"][0])


def corpus(pairs: Sequence[Pair]) -> float:
    metric = Bleu()
    return float(metric.aggregates["corpus_bleu"](metric.compare(pairs).statistics["corpus_bleu"].sum(axis=0)))


def sacrebleu_of(pairs: Sequence[Pair]) -> float:
    answers, references = [pair.answer for pair in pairs], [pair.reference for pair in pairs]
    return min(sacrebleu.corpus_bleu(answers, [references]).score / 100, 1)


def test_a_perfect_answer_of_two_words_scores_1() -> None:
    assert bleu("ST elevation", "ST elevation") == 1


def test_a_negation_leaves_more_than_half() -> None:
    assert bleu("no ST elevation", "ST elevation") > 0.5
    assert bleu("ST elevation", "no ST elevation") == pytest.approx(math.exp(-0.5))  # for being short, no more


def test_the_clipped_counts_of_the_paper() -> None:
    found = Bleu().compare([Pair("the the the the the the the", "the cat is on the mat")])
    assert found.statistics["corpus_bleu"].tolist() == [[7, 6, 2, 0, 0, 0, 7, 6, 5, 4]]


@given(pairs())
@settings(deadline=None)
def test_any_pair_scores_as_in_sacrebleu(pair: Pair) -> None:
    expected = sacrebleu.sentence_bleu(pair.answer, [pair.reference], use_effective_order=True).score
    assert bleu(pair.answer, pair.reference) == min(expected / 100, 1)


@given(st.lists(pairs(), min_size=1, max_size=8))
@settings(deadline=None)
def test_any_corpus_scores_as_in_sacrebleu(pairs: list[Pair]) -> None:
    assert corpus(pairs) == sacrebleu_of(pairs)


@pytest.mark.parametrize("task", ["open-factual", "open-complex"])
def test_shipped_references_score_as_in_sacrebleu(task: str) -> None:
    found = shipped_pairs(task)
    assert 0 < corpus(found) < 1
    assert corpus(found) == sacrebleu_of(found)
    assert corpus([Pair(pair.answer, pair.answer) for pair in found]) == 1


def test_the_studys_answers_score_as_in_sacrebleu(test_data: Path) -> None:
    found = study_pairs(test_data)
    assert corpus(found) == sacrebleu_of(found)


def test_the_value_over_resamples_is_that_of_the_resampled_pairs() -> None:
    found, metric, rng = shipped_pairs("open-factual"), Bleu(), np.random.default_rng(0)
    statistics = metric.compare(found).statistics["corpus_bleu"]
    chosen = rng.integers(len(found), size=(5, 2, len(found)))
    values = metric.aggregates["corpus_bleu"](statistics[chosen].sum(axis=-2))
    assert values.shape == (5, 2)
    for place in np.ndindex(5, 2):
        assert values[place] == sacrebleu_of([found[i] for i in chosen[place]])


def test_the_signature_holds_that_of_sacrebleu() -> None:
    assert f"nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:{sacrebleu.__version__}" in Bleu().signature


def test_sacrebleu_says_nothing(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    found = [Pair("sinus rhythm .", "sinus rhythm ."), Pair("", "")] * 200
    Bleu().aggregates["corpus_bleu"](Bleu().compare(found).statistics["corpus_bleu"].sum(axis=0))
    assert not caplog.records
    assert capfd.readouterr() == ("", "")


# --- the study's ----------------------------------------------------------------------------------------------------


def nltk_of(pair: Pair) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of each order of n-grams that has nothing in common
        return float(sentence_bleu([pair.reference.split()], pair.answer.split()))


@given(pairs())
@settings(deadline=None)
def test_any_pair_scores_as_in_nltk(pair: Pair) -> None:
    assert study_bleu(pair.answer, pair.reference) == nltk_of(pair)


def test_nonsense_and_shipped_references_score_as_in_nltk() -> None:
    found = random_pairs(1000, seed=5) + shipped_pairs("open-factual") + shipped_pairs("open-complex")
    scores = Bleu(compat="ecg-llm").compare(found).scores["bleu_ecg_llm"]
    assert scores.tolist() == [nltk_of(pair) for pair in found]


def test_the_example_of_nltk() -> None:
    # Of its documentation of corpus_bleu: the mean of 0.5045… (three references) and this pair's is 0.6223….
    answer = "he read the book because he was interested in world history"
    reference = "he was interested in world history because he read the book"
    assert study_bleu(answer, reference) == pytest.approx(2 * 0.6223 - 0.5045, abs=3e-4)


def test_without_smoothing_many_of_the_studys_answers_score_nothing(test_data: Path) -> None:
    scores = Bleu(compat="ecg-llm").compare(study_pairs(test_data)).scores["bleu_ecg_llm"]
    assert np.mean(scores < 1e-70) > 0.25


def test_a_perfect_short_answer_scores_nothing_in_the_study() -> None:
    assert study_bleu("ST elevation", "ST elevation") < 1e-70


def test_the_studys_bleu_is_labelled() -> None:
    metric = build(TEXT_METRICS.get("bleu"), "bleu", (), {"compat": "ecg-llm"})
    assert metric.signature.startswith("bleu_ecg_llm|")
    assert "smooth:none" in metric.signature
    assert "tok:whitespace" in metric.signature
    assert not metric.aggregates
    assert list(metric.compare([Pair("a", "a")]).scores) == ["bleu_ecg_llm"]


def test_an_unknown_compat_is_named() -> None:
    with pytest.raises(UserError, match="compat='other'"):
        Bleu(compat="other")  # type: ignore[arg-type]
