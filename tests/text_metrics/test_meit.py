"""MEIT's metrics: equal to pycocoevalcap's under its code's faults, and each fault as a case."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest

from ecg_bench.errors import UserError
from ecg_bench.scoring._metrics import apply
from ecg_bench.text_metrics import Pair
from ecg_bench.text_metrics._meit import Meit, pseudo_values

PARTS = (
    "sinus rhythm.",
    "normal ecg.",
    "atrial fibrillation with rapid ventricular response.",
    "left bundle branch block.",
    "left axis deviation.",
    "old inferior infarction, age undetermined.",
    "st segments are normal.",
    "t wave inversion in v1 to v3.",
)
# Of the pairs below by pycocoevalcap 1.2 in batches of 32, its CiderScorer given a frequency of 1 for every n-gram.
BY_PYCOCOEVALCAP = {
    True: (0.4324027897545489, 0.3533916676860815, 0.3135418418223456, 0.2808939603948471, 0.4096065207322564,
           2.0975496215712126),
    False: (0.391502389708011, 0.3400151708868198, 0.30826095998209824, 0.27843301077202826, 0.3573976890228186,
            2.0925255245966183),
}  # fmt: skip


def some_pairs() -> list[Pair]:
    rng = random.Random(0)
    references = [" ".join(rng.sample(PARTS, rng.randint(1, 4))) for _ in range(70)]
    answers = [" ".join(rng.sample(PARTS, rng.randint(1, 4))) for _ in range(70)]
    answers[3] = ""
    return [Pair(*one) for one in zip(answers, references, strict=True)]


def values(metric: Meit, pairs: Sequence[Pair]) -> dict[str, float]:
    found = metric.compare(pairs).statistics
    return {name: float(metric.aggregates[name](sums.sum(axis=0))) for name, sums in found.items()}


@pytest.mark.parametrize("prefix", [True, False])
def test_the_values_are_those_of_pycocoevalcap(prefix: bool) -> None:
    found = values(Meit(prefix=prefix), some_pairs())
    assert list(found) == ["meit_bleu1", "meit_bleu2", "meit_bleu3", "meit_bleu4", "meit_rougeL", "meit_cider"]
    assert list(found.values()) == pytest.approx(BY_PYCOCOEVALCAP[prefix], rel=1e-12)


def test_the_constant_first_line_raises_every_value() -> None:
    pairs = some_pairs()
    with_line, without = values(Meit(), pairs), values(Meit(prefix=False), pairs)
    assert all(with_line[name] > without[name] for name in with_line)
    nothing_alike = [Pair("a b c d e", "v w x y z")] * 5
    assert values(Meit(prefix=False), nothing_alike)["meit_bleu1"] == pytest.approx(0, abs=1e-9)
    assert values(Meit(), nothing_alike)["meit_bleu1"] == pytest.approx(1 / 6)


def test_the_mean_of_batches_is_not_the_value_of_all_pairs_and_depends_on_their_order() -> None:
    pairs = some_pairs()
    whole, batched = values(Meit(batch=1000), pairs), values(Meit(batch=16), pairs)
    assert batched["meit_bleu4"] != pytest.approx(whole["meit_bleu4"], abs=1e-3)
    in_order = sorted(pairs, key=lambda pair: len(pair.answer))
    assert values(Meit(batch=16), in_order)["meit_bleu4"] != pytest.approx(batched["meit_bleu4"], abs=1e-3)


def test_a_short_last_batch_counts_as_much_as_a_whole_one() -> None:
    right, wrong = Pair("sinus rhythm normal ecg", "sinus rhythm normal ecg"), Pair("v w x y", "a b c d")
    found = values(Meit(batch=4, prefix=False), [wrong] * 4 + [right])
    assert found["meit_rougeL"] == pytest.approx(0.5)


def test_cider_without_frequencies_weighs_a_rare_word_like_a_common_one() -> None:
    common = [Pair("sinus rhythm normal ecg", "sinus rhythm normal ecg")] * 20
    rare = Pair("sinus rhythm mobitz block", "sinus rhythm wenckebach block")
    usual = Pair("sinus rhythm normal ecg", "sinus rhythm abnormal ecg")
    alone = values(Meit(), [rare])["meit_cider"]
    assert alone == values(Meit(), [usual])["meit_cider"]
    with_others = Meit(batch=1).compare([*common, rare]).statistics["meit_cider"]
    assert with_others[-1, 0] == pytest.approx(alone)


def test_the_interval_holds_the_value_and_narrows_with_the_number_of_pairs() -> None:
    pairs = some_pairs()
    small = apply(Meit(), pairs, np.arange(70), seed=0, of="x").estimates
    large = apply(Meit(), pairs * 9, np.arange(630), seed=0, of="x").estimates
    for name in small:
        assert small[name].low < small[name].value < small[name].high
        assert (large[name].high - large[name].low) < 0.5 * (small[name].high - small[name].low)


def test_pseudo_values_have_the_value_as_mean_and_the_right_spread() -> None:
    rng = np.random.default_rng(0)
    rows = np.column_stack([rng.uniform(0, 2, 400), rng.uniform(1, 3, 400)])
    found = pseudo_values(rows, lambda sums: sums[..., 0] / sums[..., 1])
    ratio = rows[:, 0].sum() / rows[:, 1].sum()
    assert found.mean() == pytest.approx(ratio)
    linear = (rows[:, 0] - ratio * rows[:, 1]) / rows[:, 1].mean()  # the delta method
    assert found.std() == pytest.approx(linear.std(), rel=0.01)


def test_the_signature_says_what_is_unusual_and_a_batch_of_none_is_refused() -> None:
    assert "batches:32,in-order|prefix:<|assistant|>" in Meit().signature
    assert "idf:no" in Meit().signature
    with pytest.raises(UserError, match=r"meit\.batch must be at least 1, but is 0"):
        Meit(batch=0)
