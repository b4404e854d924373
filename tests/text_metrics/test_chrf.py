"""ChrF is sacreBLEU's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg_bench.text_metrics import Pair
from ecg_bench.text_metrics._chrf import Chrf
from tests.text_metrics.texts import pairs, shipped_pairs, study_pairs


def chrf(answer: str, reference: str) -> float:
    return float(Chrf().compare([Pair(answer, reference)]).scores["chrf"][0])


def corpus(pairs: Sequence[Pair]) -> float:
    metric = Chrf()
    return float(metric.aggregates["corpus_chrf"](metric.compare(pairs).statistics["corpus_chrf"].sum(axis=0)))


def sacrebleu_of(pairs: Sequence[Pair]) -> float:
    return sacrebleu.corpus_chrf([pair.answer for pair in pairs], [[pair.reference for pair in pairs]]).score


@given(pairs())
@settings(deadline=None)
def test_any_pair_scores_as_in_sacrebleu(pair: Pair) -> None:
    assert 100 * chrf(pair.answer, pair.reference) == sacrebleu.sentence_chrf(pair.answer, [pair.reference]).score


@given(st.lists(pairs(), min_size=1, max_size=8))
@settings(deadline=None)
def test_any_corpus_scores_as_in_sacrebleu(pairs: list[Pair]) -> None:
    assert 100 * corpus(pairs) == sacrebleu_of(pairs)


@pytest.mark.parametrize("task", ["open-factual", "open-complex"])
def test_shipped_references_score_as_in_sacrebleu(task: str) -> None:
    found = shipped_pairs(task)
    assert 0 < corpus(found) < 1
    assert 100 * corpus(found) == sacrebleu_of(found)


def test_the_studys_answers_score_as_in_sacrebleu(test_data: Path) -> None:
    found = study_pairs(test_data)
    assert 100 * corpus(found) == sacrebleu_of(found)


def test_the_value_over_resamples_is_that_of_the_resampled_pairs() -> None:
    found, metric, rng = shipped_pairs("open-factual")[:40], Chrf(), np.random.default_rng(0)
    statistics = metric.compare(found).statistics["corpus_chrf"]
    chosen = rng.integers(len(found), size=(6, len(found)))
    values = metric.aggregates["corpus_chrf"](statistics[chosen].sum(axis=-2))
    assert (100 * values).tolist() == [sacrebleu_of([found[i] for i in places]) for places in chosen]


def test_any_script_counts_and_white_space_does_not() -> None:
    assert chrf("心電図は正常", "心電図 は 正常") == 1
    assert chrf("心電図", "сердце") == 0


def test_the_signature_is_that_of_sacrebleu() -> None:
    assert Chrf().signature == f"chrf|nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:{sacrebleu.__version__}"
