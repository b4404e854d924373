"""Corrected scores reproduce the audit of the study, and do what their definitions say."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ecg_bench.statistics import (
    Corrected,
    borrowed_score,
    corrected_differences,
    corrected_score,
    corrected_scores,
    error_rate_test,
    human_scores,
    lee_interval,
    prediction_powered,
    rogan_gladen,
    wilson,
)
from ecg_bench.statistics._poststratified import plug_in

# The audit of DeepSeek-R1's judge on Llama 8B+FT: of 417 answers 211 passed; 13 of 13 passed ones were accepted by the
# human, and 3 of 7 failed ones.
VERDICT = np.repeat([1, 0], [211, 206])
HUMAN = np.full(417, np.nan)
HUMAN[:13], HUMAN[211:214], HUMAN[214:218] = 1, 1, 0
AUDITED = ~np.isnan(HUMAN)


def two(*values: float | None) -> list[float]:
    return [round(float(value), 2) for value in values if value is not None]


def ends(score: Corrected) -> list[float]:
    return two(score.value, score.low, score.high)


def test_the_audit_of_the_study() -> None:
    """The values of agreement.md, a7."""
    assert two(VERDICT.mean(), *wilson(211, 417)) == [0.51, 0.46, 0.55]
    assert ends(human_scores(HUMAN, graded=False)[0]) == [0.80, 0.58, 0.92]
    assert two(rogan_gladen(211 / 417, 13 / 16, 1), *lee_interval(211 / 417, 417, 1, 4, 13 / 16, 16)) == [  # type: ignore[misc]
        *(0.62, 0.23, 0.81)
    ]
    # There the 20 audited answers count as others than the 417.
    assert two(*prediction_powered(HUMAN[AUDITED], VERDICT[AUDITED], VERDICT, 1)[:3]) == [0.66, 0.49, 0.82]
    assert two(prediction_powered(HUMAN[AUDITED], VERDICT[AUDITED], VERDICT).value) == [0.73]
    for design in ("random", "verdict_stratified", "unknown"):
        found = corrected_score(HUMAN, VERDICT, VERDICT, design=design, graded=False, seed=1)
        assert ends(found) == [0.72, 0.54, 0.87]
        assert (found.method, found.judged, found.rated) == ("poststrat_jeffreys", 417, 20)


@pytest.mark.parametrize(("each", "interval"), [(20, [0.63, 0.85]), (40, [0.66, 0.82])])
def test_more_audited_answers_of_each_verdict_narrow_it(each: int, interval: list[float]) -> None:
    verdict, human = np.repeat([1, 0], [250, 250]), np.full(500, np.nan)
    human[:each], human[250 : 250 + each // 2], human[250 + each // 2 : 250 + each] = 1, 1, 0
    found = corrected_score(human, verdict, verdict, design="verdict_stratified", graded=False, seed=1)
    assert ends(found) == [0.75, *interval]


def test_post_stratification_of_ppi_pys_data() -> None:
    i = np.arange(60)
    human = 7 * i % 10 < 7
    judge = np.where(i % 5, human, ~human)
    counts = np.array([[(~judge).sum(), judge.sum()]], dtype=float)
    passed = np.array([[human[~judge].sum(), human[judge].sum()]], dtype=float)
    assert plug_in(np.array([[180.0, 220.0]]), counts, passed) == pytest.approx(0.73, abs=0.005)


# What must hold by definition


@st.composite
def answers(draw: st.DrawFn, *, graded: bool) -> tuple[Any, Any]:
    n = draw(st.integers(8, 60))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    human = rng.choice([0, 0.25, 0.75, 1] if graded else [0, 1], n)
    verdict = np.where(rng.random(n) < 0.7, np.round(3 * human), rng.integers(0, 4, n)).astype(int)
    return human, verdict


@given(answers(graded=False), st.sampled_from(["random", "verdict_stratified"]))
def test_pass_rates_of_which_all_are_rated_are_the_humans(data: tuple[Any, Any], design: Any) -> None:
    human, verdict = data
    found = corrected_score(human, verdict, verdict / 3, design=design, graded=False, seed=1)
    assert found.value == pytest.approx(human.mean())


@given(answers(graded=True), st.sampled_from(["random", "verdict_stratified"]))
def test_graded_scores_of_which_all_are_rated_are_the_humans(data: tuple[Any, Any], design: Any) -> None:
    human, verdict = data
    found = corrected_score(human, verdict, verdict / 3, design=design, graded=True, seed=1)
    assert found.value == pytest.approx(human.mean())


@given(answers(graded=True))
def test_weight_0_is_the_human_mean_and_1_moves_it_by_the_judge(data: tuple[Any, Any]) -> None:
    human, verdict = data
    rest = np.array([1.0, 2.0])
    assert prediction_powered(human, verdict, rest, 0).value == pytest.approx(human.mean())
    shift = rest.mean() - verdict.mean()
    assert prediction_powered(human, verdict, rest, 1).value == pytest.approx(human.mean() + shift)
    assert 0 <= prediction_powered(human, verdict, rest).weight <= 1


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_rogan_gladen_undoes_what_the_judge_does(share: float, sensitivity: float, specificity: float) -> None:
    assert rogan_gladen(share, 1, 1) == pytest.approx(share)
    if sensitivity + specificity > 1.01:
        seen = share * sensitivity + (1 - share) * (1 - specificity)
        assert rogan_gladen(seen, sensitivity, specificity) == pytest.approx(share, abs=1e-9)
    elif sensitivity + specificity <= 1:
        assert rogan_gladen(share, sensitivity, specificity) is None


def test_a_graded_score_is_the_least_squares_prediction_at_the_judges_mean() -> None:
    rng = np.random.default_rng(3)
    judge = rng.random(300)
    human = np.clip(judge * 0.6 + 0.2 * rng.random(300), 0, 1)
    seen = np.where(np.arange(300) < 40, human, np.nan)
    line = stats.linregress(judge[:40], human[:40])
    found = corrected_score(seen, np.zeros(300, dtype=int), judge, design="random", graded=True, seed=1)
    assert found.value == pytest.approx(line.intercept + line.slope * judge.mean())
    assert found.method == "ppi++_t"


def test_a_judge_that_says_nothing_changes_nothing() -> None:
    rng = np.random.default_rng(4)
    seen = np.where(np.arange(200) < 50, rng.choice([0, 0.5, 1], 200), np.nan)
    found = corrected_score(seen, np.zeros(200, dtype=int), np.zeros(200), design="random", graded=True, seed=1)
    alone = human_scores(seen, graded=True)[0]
    assert (found.value, found.low, found.high) == pytest.approx((alone.value, alone.low, alone.high))


def test_skewed_sampling_is_undone_by_verdict() -> None:
    rng = np.random.default_rng(5)
    human = (rng.random(20_000) < 0.6).astype(float)
    verdict = np.where(rng.random(20_000) < 0.8, human, 1 - human).astype(int)
    seen = np.where(rng.random(20_000) < np.where(verdict == 1, 0.5, 0.02), human, np.nan)
    assert abs(float(np.nanmean(seen)) - 0.6) > 0.1
    for graded in (False, True):
        found = corrected_score(seen, verdict, verdict, design="unknown", graded=graded, seed=1)
        assert found.value == pytest.approx(human.mean(), abs=0.04)
        assert any("not known" in text for text in found.assumptions)


def test_recorded_probabilities_undo_a_skew_within_verdicts() -> None:
    rng = np.random.default_rng(6)
    human = (rng.random(20_000) < 0.6).astype(float)
    verdict = np.where(rng.random(20_000) < 0.8, human, 1 - human).astype(int)
    chance = np.where(human == 1, 0.3, 0.05)
    seen = np.where(rng.random(20_000) < chance, human, np.nan)
    found = corrected_score(seen, verdict, verdict, design="random", graded=False, inclusion=chance, seed=1)
    assert found.method == "ppi++_t"
    assert found.value == pytest.approx(human.mean(), abs=0.02)
    assert any("probability that is recorded" in text for text in found.assumptions)
    even = corrected_score(seen, verdict, verdict, design="random", graded=False, inclusion=chance * 0 + 0.1, seed=1)
    assert even.method == "poststrat_jeffreys"


def test_answers_to_the_same_question_are_no_independent_evidence() -> None:
    rng = np.random.default_rng(7)
    human, clusters = np.repeat((rng.random(300) < 0.7) * 1.0, 4), np.repeat(np.arange(300), 4)
    verdict = np.where(np.repeat(rng.random(300) < 0.8, 4), human, 1 - human).astype(int)
    seen = np.where(np.repeat(np.arange(300) < 40, 4), human, np.nan)
    for graded in (False, True):
        options: dict[str, Any] = {"design": "random", "graded": graded, "seed": 1}
        alone = corrected_score(seen, verdict, verdict, **options)
        together = corrected_score(seen, verdict, verdict, clusters=clusters, **options)
        once = corrected_score(seen[::4], verdict[::4], verdict[::4], **options)
        width = [float(one.high - one.low) for one in (alone, together, once)]  # type: ignore[operator]
        assert width[1] == pytest.approx(width[2], rel=0.05)
        assert width[1] > 1.7 * width[0]
        assert together.value == pytest.approx(alone.value)


def test_few_ratings_of_a_verdict_leave_it_to_the_human_where_that_says_more() -> None:
    human, verdict = np.full(400, np.nan), np.repeat([1, 0], [200, 200])
    human[:30], human[200:202] = 1, [1, 0]
    found = corrected_score(human, verdict, verdict, design="random", graded=False, seed=1)
    assert (found.method, found.value) == ("human_wilson", pytest.approx(31 / 32))
    assert found.reason is not None
    assert "narrower" in found.reason
    picked = corrected_score(human, verdict, verdict, design="verdict_stratified", graded=False, seed=1)
    assert picked.method == "poststrat_jeffreys"
    assert picked.value == pytest.approx(0.75)


def test_a_verdict_without_any_rating_stays_open() -> None:
    human, verdict = np.full(400, np.nan), np.repeat([1, 0], [200, 200])
    human[:30] = 1
    found = corrected_score(human, verdict, verdict, design="verdict_stratified", graded=False, seed=1)
    assert found.value == pytest.approx(0.75)
    assert ends(found)[2] - ends(found)[1] > 0.45
    assert found.reason is not None


def test_ratings_without_scatter_give_no_interval_of_width_0() -> None:
    human, verdict = np.full(400, np.nan), np.ones(400, dtype=int)
    human[:30] = 1
    for graded in (False, True):
        found = corrected_score(human, verdict, np.ones(400), design="random", graded=graded, seed=1)
        assert found.value == pytest.approx(1)
        assert 0.8 < float(found.low or 0) < 0.95
    perfect = np.where(np.arange(400) < 30, np.arange(400) % 2, np.nan)
    found = corrected_score(perfect, np.arange(400) % 2, np.arange(400) % 2, design="random", graded=True, seed=1)
    assert (found.method, found.value) == ("human_wilson", pytest.approx(0.5))


def test_a_system_without_a_rating_has_no_value_but_a_reason() -> None:
    verdict = np.array([[1, 1], [0, 1], [1, -1], [1, 0]] * 20)
    human = np.full(verdict.shape, np.nan)
    human[:40, 0] = verdict[:40, 0]
    human[2::4, 1] = 1  # rated, but never judged
    rated, bare = corrected_scores(human, verdict, verdict, design="random", graded=False, seed=1)
    assert rated.value == pytest.approx(0.75)
    assert (bare.value, bare.low, bare.method, bare.judged, bare.rated) == (None, None, "none", 60, 0)
    assert bare.reason == "no answer of this system is both judged and rated"
    found = corrected_differences(human, verdict, verdict, design="random", graded=False, seed=1)
    assert np.isnan(found.p).tolist() == [[False, True], [True, True]]


def test_no_score_depends_on_the_other_systems() -> None:
    rng = np.random.default_rng(8)
    verdict = rng.integers(0, 4, (200, 3))
    human = np.where(rng.random(verdict.shape) < 0.3, (rng.random(verdict.shape) < 0.6) * 1.0, np.nan)
    for graded in (False, True):
        for design in ("random", "verdict_stratified"):
            options: dict[str, Any] = {"design": design, "graded": graded, "seed": 1}
            every = corrected_scores(human, verdict, verdict / 3, **options)
            for n, one in enumerate(every):
                alone = corrected_score(human[:, n], verdict[:, n], verdict[:, n] / 3, **options)
                assert (one.value, one.low, one.high) == pytest.approx((alone.value, alone.low, alone.high))
                assert (one.method, one.assumptions) == (alone.method, alone.assumptions)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"human": np.full(5, 0.5)}, "graded"),
        ({"human": np.full(5, 2.0)}, "from 0 to 1"),
        ({"verdict": [1, 1, 1, 1]}, "shapes differ"),
        ({"judge": np.full(5, np.nan)}, "needs the judge's score"),
        ({"clusters": [1, 2]}, "2 clusters for 5 rows"),
        ({"inclusion": np.zeros(5)}, "probabilities"),
        ({"design": "whatever"}, "whatever"),
    ],
)
def test_what_cannot_be_corrected_is_refused(change: dict[str, Any], message: str) -> None:
    given_: dict[str, Any] = {
        "human": np.ones(5),
        "verdict": np.ones(5, dtype=int),
        "judge": np.ones(5),
        "design": "random",
        "graded": False,
        "seed": 1,
    }
    with pytest.raises(ValueError, match=message):
        corrected_score(**(given_ | change))


# Differences


def simulated(systems: int, questions: int, rated: float, seed: int) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    hard = rng.standard_normal((questions, 1))
    human = (hard + rng.standard_normal((questions, systems)) < np.linspace(0.2, 1.2, systems)) * 1.0
    verdict = np.where(rng.random(human.shape) < 0.85, human, 1 - human).astype(int)
    return np.where(rng.random((questions, 1)) < rated, human, np.nan), verdict, verdict * 1.0


@pytest.mark.parametrize("graded", [False, True])
def test_differences_are_those_of_the_scores_and_mirror(graded: bool) -> None:
    human, verdict, judge = simulated(4, 400, 0.2, 1)
    options: dict[str, Any] = {"design": "random", "graded": graded, "seed": 1}
    scores = np.array([one.value for one in corrected_scores(human, verdict, judge, **options)])
    found = corrected_differences(human, verdict, judge, **options)
    assert found.value == pytest.approx(scores[:, None] - scores[None, :])
    assert found.low == pytest.approx(-found.high.T)
    assert found.p == pytest.approx(found.p.T)
    assert ((found.low <= found.value) & (found.value <= found.high)).all()
    off = ~np.eye(4, dtype=bool)
    assert ((found.p < 0.05) == ((found.low > 0) | (found.high < 0)))[off].all()


def test_differences_of_fully_rated_graded_scores_are_paired_t_tests() -> None:
    rng = np.random.default_rng(2)
    human = rng.choice([0, 0.25, 0.75, 1], (300, 2))
    found = corrected_differences(human, np.zeros((300, 2)), np.zeros((300, 2)), design="random", graded=True, seed=1)
    assert found.p[0, 1] == pytest.approx(stats.ttest_rel(human[:, 0], human[:, 1]).pvalue, abs=0.01)


def test_rating_the_same_answers_tells_more_of_the_difference() -> None:
    human, verdict, judge = simulated(2, 1_000, 1, 3)
    rng = np.random.default_rng(1)
    same = np.where(rng.random((1_000, 1)) < 0.1, human, np.nan)
    other = np.where(rng.random((1_000, 2)) < 0.1, human, np.nan)
    for graded in (False, True):
        width = [
            (found.high - found.low)[0, 1]
            for found in (
                corrected_differences(seen, verdict, judge, design="random", graded=graded, seed=1)
                for seen in (same, other)
            )
        ]
        assert width[0] < width[1]


def test_all_pairs_of_twenty_systems_take_less_than_two_seconds() -> None:
    human, verdict, judge = simulated(20, 2_500, 0.04, 4)
    start = time.perf_counter()
    found = corrected_differences(human, verdict, judge, design="random", graded=False, seed=1)
    assert time.perf_counter() - start < 2
    assert found.p.shape == (20, 20)


# Borrowed error rates


def labelled(sensitivities: list[float], specificities: list[float], n: int, seed: int) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    systems = np.repeat(np.arange(len(sensitivities)), n)
    human = rng.random(len(systems)) < 0.6
    luck = rng.random(len(systems))
    passed = np.where(human, luck < np.array(sensitivities)[systems], luck > np.array(specificities)[systems])
    return human, passed, systems


def test_equal_error_rates_are_taken_for_equal_and_unequal_ones_are_told_apart() -> None:
    equal = error_rate_test(*labelled([0.85] * 3, [0.8] * 3, 300, 1), seed=1)
    assert min(equal.p_sensitivity, equal.p_specificity) > 0.1
    assert np.nanmin(equal.p_delta) > 0.1
    unequal = error_rate_test(*labelled([0.95, 0.95, 0.6], [0.8] * 3, 300, 1), seed=1)
    assert unequal.p_sensitivity < 0.001
    assert unequal.p_delta[0, 2] < 0.001
    assert unequal.delta[0, 2] == pytest.approx(0.35, abs=0.15)
    assert (np.diag(unequal.p_delta) == 1).all()


def test_the_error_rate_test_is_fishers_for_two_systems() -> None:
    human = np.ones(40, dtype=bool)
    passed = np.repeat([1, 0, 1, 0], [18, 2, 11, 9])
    found = error_rate_test(human, passed, np.repeat([0, 1], 20), draws=100_000, seed=1)
    assert found.p_sensitivity == pytest.approx(stats.fisher_exact([[18, 2], [11, 9]]).pvalue, abs=0.005)
    assert np.isnan(found.specificity).all()
    assert found.p_specificity == 1


def test_borrowing_needs_a_declaration_equal_error_rates_and_a_judge_that_sees() -> None:
    verdict = np.repeat([1, 0], [300, 200])
    rates = error_rate_test(*labelled([0.85] * 3, [0.8] * 3, 300, 1), seed=1)
    found = borrowed_score(verdict, rates, declared=True)
    assert (found.method, found.judged, found.rated) == ("rogan_gladen_lee", 500, 0)
    assert found.value == pytest.approx((0.6 + 0.8 - 1) / 0.65, abs=0.06)
    assert float(found.low or 0) < float(found.value or 0) < float(found.high or 0)
    assert any("error rates" in text for text in found.assumptions)
    for refused, reason in (
        (borrowed_score(verdict, rates, declared=False), "not declared"),
        (
            borrowed_score(verdict, error_rate_test(*labelled([0.95, 0.5], [0.8] * 2, 300, 1), seed=1), declared=True),
            "sensitivity differs",
        ),
        (
            borrowed_score(verdict, error_rate_test(*labelled([0.6], [0.6], 300, 1), seed=1), declared=True),
            "too weak",
        ),
        (borrowed_score(verdict, error_rate_test([1], [1], [0], seed=1), declared=True), "unknown"),
    ):
        assert (refused.value, refused.low, refused.high, refused.method) == (None, None, None, "none")
        assert reason in str(refused.reason)


def test_error_rates_need_one_verdict_for_each_rating() -> None:
    with pytest.raises(ValueError, match="for each answer"):
        error_rate_test([1, 0], [1], [0], seed=1)


def test_thin_verdicts_are_taken_together_only_where_rating_was_random() -> None:
    verdict = np.repeat([0, 1, 2, 3], [10, 40, 150, 200])
    human = np.full(400, np.nan)
    human[:1], human[10:13], human[50:65], human[200:220] = 0, [0, 1, 0], 1, 1
    human[50:55] = 0
    loose, strict = (
        corrected_score(human, verdict, verdict / 3, design=design, graded=False, seed=1)
        for design in ("random", "verdict_stratified")
    )
    low = np.array([0, 0, 1, 0, *[0] * 5, *[1] * 10])  # the three lowest verdicts, of which 4 and 15 are rated
    assert loose.value == pytest.approx(0.5 * low.mean() + 0.5)
    assert strict.value == pytest.approx((10 * 0 + 40 / 3 + 150 * 10 / 15 + 200) / 400)


def test_unknown_probabilities_of_rating_weigh_nothing() -> None:
    rng = np.random.default_rng(9)
    verdict = rng.integers(0, 2, 300)
    human = np.where(rng.random(300) < 0.3, (rng.random(300) < 0.6) * 1.0, np.nan)
    chance = np.where(rng.random(300) < 0.5, np.nan, rng.uniform(0.1, 0.9, 300))
    options: dict[str, Any] = {"design": "random", "graded": False, "seed": 1}
    assert corrected_score(human, verdict, verdict, inclusion=chance, **options) == corrected_score(
        human, verdict, verdict, **options
    )
