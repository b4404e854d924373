"""What holds for every text metric, whichever are registered."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg_bench.text_metrics import TEXT_METRICS, Comparison, Pair, TextMetric
from tests.text_metrics.texts import pairs, shipped_pairs

NEED_A_MODEL = {"bertscore"}  # their own tests give them one
WEIGH_BY_CORPUS = {"cider", "meit"}  # a pair's score depends on the others, and the signature says so
BATCHED = {"meit"}  # and on the order of the pairs
NAMES = sorted(set(TEXT_METRICS) - NEED_A_MODEL)
INDEPENDENT = sorted(set(NAMES) - WEIGH_BY_CORPUS)
QUALITY = [name for name in NAMES if not TEXT_METRICS.get(name).diagnostic]

OF_REPORTS = {"statements"}  # most references of the open questions make no statement on an ECG
REPORTS = [
    Pair("Sinus rhythm. Normal ECG.", "Atrial fibrillation. Left bundle branch block."),
    Pair("Atrial flutter.", "Sinus tachycardia with first degree AV block."),
]

EMPTY = [Pair("", "sinus rhythm"), Pair("", ""), Pair(" \n", "sinus rhythm"), Pair("", "sinus rhythm", "Which rhythm?")]


def make(name: str) -> TextMetric:
    return TEXT_METRICS.get(name)()


def some_pairs() -> list[Pair]:
    found = shipped_pairs("open-factual")[:60]
    found += [Pair(pair.answer, pair.answer) for pair in found[:5]] + [
        Pair(pair.answer[:90], pair.answer) for pair in found[:9]
    ]
    return [*found, *EMPTY, Pair("ST", "ST"), Pair("ST elevation", ""), Pair("…", "…"), Pair("心電図は正常", "сердце")]


def assert_equal(first: Comparison, second: Comparison) -> None:
    for found, expected in (
        (first.scores, second.scores),
        (first.statistics, second.statistics),
        (first.flags, second.flags),
    ):
        assert list(found) == list(expected)
        for name in expected:
            np.testing.assert_array_equal(found[name], expected[name])


def part(whole: Comparison, places: list[int]) -> Comparison:
    kinds = (whole.scores, whole.statistics, whole.flags)
    return Comparison(*({name: values[places] for name, values in kind.items()} for kind in kinds))  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", NAMES)
def test_the_signature_names_the_metric_and_stays(name: str) -> None:
    metric = make(name)
    assert name in metric.signature
    before = metric.signature
    metric.compare(some_pairs()[:3])
    assert metric.signature == before == make(name).signature


@pytest.mark.parametrize("name", INDEPENDENT)
def test_a_pair_scores_the_same_alone_and_among_others(name: str) -> None:
    found = some_pairs()
    whole = make(name).compare(found)
    for i, pair in enumerate(found):
        assert_equal(make(name).compare([pair]), part(whole, [i]))


@pytest.mark.parametrize("name", sorted(set(NAMES) - BATCHED))
def test_the_order_of_pairs_does_not_matter(name: str) -> None:
    found = some_pairs()
    order = list(range(len(found)))
    random.Random(0).shuffle(order)
    assert_equal(make(name).compare([found[i] for i in order]), part(make(name).compare(found), order))


@pytest.mark.parametrize("name", NAMES)
def test_empty_answers_score_0(name: str) -> None:
    for column, values in make(name).compare(EMPTY).scores.items():
        assert values.tolist() == [0] * len(EMPTY), column


@pytest.mark.parametrize("name", QUALITY)
def test_empty_references_score_0(name: str) -> None:
    for column, values in make(name).compare([Pair("sinus rhythm", ""), Pair("", ""), Pair("ST", "\n")]).scores.items():
        assert values.tolist() == [0, 0, 0], column


@pytest.mark.parametrize("name", NAMES)
def test_no_pairs_give_no_scores(name: str) -> None:
    found = make(name).compare([])
    assert all(values.shape == (0,) for values in found.scores.values())
    assert list(found.scores) == list(make(name).compare(some_pairs()).scores)


@pytest.mark.parametrize("name", NAMES)
def test_every_score_and_flag_has_a_value_for_each_pair(name: str) -> None:
    found, metric = some_pairs(), make(name)
    comparison = metric.compare(found)
    assert set(comparison.statistics) == set(metric.aggregates)
    for values in (*comparison.scores.values(), *comparison.flags.values()):
        assert values.shape == (len(found),)
    for column, statistics in comparison.statistics.items():
        assert statistics.shape[0] == len(found)
        assert metric.aggregates[column](statistics.sum(axis=0)).shape == ()
        assert metric.aggregates[column](statistics[np.zeros((3, 2, 4), int)].sum(axis=2)).shape == (3, 2)


@pytest.mark.parametrize("name", NAMES)
@given(st.lists(pairs(), max_size=4))
@settings(deadline=None, max_examples=50)
def test_scores_of_any_texts_are_numbers_within_their_bounds(name: str, found: list[Pair]) -> None:
    metric = make(name)
    scores = metric.compare(found).scores
    for column, values in scores.items():
        assert np.isfinite(values).all(), column
        assert metric.diagnostic or ((values >= 0) & (values <= 1)).all(), column
        if column.endswith("_f"):
            precision, recall = scores[f"{column[:-2]}_p"], scores[f"{column[:-2]}_r"]
            assert (values >= np.minimum(precision, recall) - 1e-15).all(), column
            assert (values <= np.maximum(precision, recall) + 1e-15).all(), column


@pytest.mark.parametrize("name", QUALITY)
def test_a_copy_of_the_reference_scores_more_than_another_answer(name: str) -> None:
    found = REPORTS if name in OF_REPORTS else shipped_pairs("open-factual")
    copies = make(name).compare([Pair(pair.reference, pair.reference) for pair in found]).scores
    for column, values in make(name).compare(found).scores.items():
        assert (copies[column] > values).all(), column


def test_lexical_metrics_import_nothing_heavy_before_they_need_it() -> None:
    code = (
        "import sys\n"
        "from ecg_bench.text_metrics import TEXT_METRICS, Pair\n"
        "metrics = [TEXT_METRICS.get(name)() for name in ('bleu', 'chrf', 'length', 'meteor', 'rouge')]\n"
        "assert not {'nltk', 'sacrebleu', 'scipy', 'pandas', 'torch'} & set(sys.modules)\n"
        "for metric in metrics: metric.compare([Pair('a', 'a')])\n"
        "assert not {'nltk', 'scipy', 'pandas', 'torch'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
