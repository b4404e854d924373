"""What is drawn: how many of what, with which probability, and how wide the intervals will be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from math import sqrt
from pathlib import Path
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ecg_bench import UserError
from ecg_bench.ratings import Rating, Scale, write_ratings
from ecg_bench.ratings.sheets import draw, plan
from ecg_bench.ratings.sheets._design import design, divide
from ecg_bench.ratings.sheets._draw import draw_from
from ecg_bench.ratings.sheets._guess import Guess, guess
from ecg_bench.ratings.sheets._order import APART, Drawn, arrange
from ecg_bench.ratings.sheets._pool import NO_VERDICT, Candidate, Pool, collect
from ecg_bench.ratings.sheets._widths import widths
from tests.ratings.sheets.conftest import SYSTEMS
from tests.ratings.sheets.making import graded, make_run, pack_of

SCALE = Scale.even(["wrong", "so-so", "right"])
VERDICTS = (*SCALE.levels, NO_VERDICT)


def candidate(system: str, sample: int, verdict: str, *, text: str = "", epoch: int = 0) -> Candidate:
    return Candidate(
        run=f"runs/{system}", task="t", sample=f"s{sample:04d}", epoch=epoch, system=system,
        question=f"Question {sample}?", reference="", passage="", text=text or f"{system} says {sample}.{epoch}",
        group=f"g{sample}", topic=("rhythm", "axis")[sample % 2], verdict=verdict,
    )  # fmt: skip


def pool(candidates: Sequence[Candidate]) -> Pool:
    return Pool(sorted(candidates, key=lambda one: one.place), "digest", "judge", SCALE, {}, [])


pools = st.lists(
    st.tuples(st.sampled_from("AB"), st.integers(0, 30), st.sampled_from(VERDICTS)),
    min_size=1, max_size=60, unique_by=lambda one: one[:2],
).map(lambda rows: pool([candidate(*row) for row in rows]))  # fmt: skip


@given(pools, st.integers(1, 80), st.sets(st.sampled_from(["verdict", "system", "topic"])))
def test_an_allocation_spends_the_budget_within_the_strata_and_inclusion_sums_to_it(
    some: Pool, budget: int, fields: set[str]
) -> None:
    stratify = sorted(fields)
    strata = divide(some, stratify, by_question=False)
    assert sum(one.available for one in strata) == len(some.candidates)
    budget = min(budget, len(some.candidates))
    try:
        chosen = design(strata, stratify, guess(some), budget, by_question=False)
    except UserError:
        assert budget < len(strata) * (2 if "system" in fields else 1)  # each system has half of the budget
        return
    assert sum(one.drawn for one in chosen.strata) == budget
    assert all(1 <= one.drawn <= one.available for one in chosen.strata)
    assert chosen.answers == pytest.approx(budget, abs=1e-9)
    assert set(chosen.inclusion) == {one.place for one in some.candidates}


def test_systems_get_the_same_number_unless_one_has_too_few() -> None:
    sizes = {"A": 100, "B": 100, "C": 7}
    some = pool([candidate(system, n, "right") for system, size in sizes.items() for n in range(size)])
    strata = divide(some, ["verdict", "system"], by_question=False)
    chosen = design(strata, ["verdict", "system"], guess(some), 67, by_question=False)
    assert {one.values[1]: one.drawn for one in chosen.strata} == {"A": 30, "B": 30, "C": 7}


def test_within_a_system_the_doubtful_verdicts_get_most_as_neyman_says() -> None:
    some = pool([candidate("A", n, ("wrong", "right")[n % 2]) for n in range(2000)])
    expected = Guess({"wrong": 0.5, "right": 0.1}, "known")  # standard deviations 0.5 and 0.3
    strata = divide(some, ["verdict"], by_question=False)
    chosen = design(strata, ["verdict"], expected, 400, by_question=False)
    assert {one.name: one.drawn for one in chosen.strata} == {"verdict=right": 150, "verdict=wrong": 250}


def test_every_stratum_has_ten_or_shares_half_of_what_there_is() -> None:
    verdicts = ["wrong"] * 500 + ["so-so"] * 12 + ["right"] * 20
    some = pool([candidate("A", n, verdict) for n, verdict in enumerate(verdicts)])
    strata = divide(some, ["verdict"], by_question=False)
    drawn = [
        {one.values[0]: one.drawn for one in design(strata, ["verdict"], guess(some), n, by_question=False).strata}
        for n in (100, 24)
    ]
    assert drawn[0] == {"right": 10, "so-so": 10, "wrong": 80}
    assert drawn[1] == {"right": 4, "so-so": 4, "wrong": 16}


def test_the_probability_of_each_answer_is_that_with_which_it_is_drawn(three_runs: list[Path], studio: Path) -> None:
    times: Counter[tuple[str, str, int, str]] = Counter()
    seeds = 300
    some = collect(three_runs, include=[pack_of(studio)])
    for seed in range(seeds):
        one = draw_from(some, guess(some), sample=60, stratify=["verdict", "system"], seed=seed)
        assert len(one.drawn) == 60
        times.update(each.answer.place for each in one.drawn)
        assert all(each.inclusion == one.design.inclusion[each.answer.place] for each in one.drawn)
    inclusion = one.design.inclusion
    assert sum(inclusion.values()) == pytest.approx(60)
    z = [(times[place] - seeds * p) / sqrt(seeds * p * (1 - p)) for place, p in inclusion.items()]
    # Without replacement, the squares of a stratum with n answers are as n / (n - 1) chi-squares with n - 1 degrees.
    freedom = sum(one.available - 1 for one in one.design.strata)
    squares = sum(value * value for value in z) * freedom / len(z)
    assert stats.chi2.ppf(1e-4, freedom) < squares < stats.chi2.ppf(1 - 1e-4, freedom)


def test_without_strata_all_systems_are_drawn_on_the_same_questions(three_runs: list[Path], studio: Path) -> None:
    one = draw(three_runs, sample=30, seed=3, include=[pack_of(studio)])
    questions = {each.answer.sample for each in one.drawn}
    assert len(questions) == 10
    assert Counter(each.answer.system for each in one.drawn) == dict.fromkeys(SYSTEMS, 10)
    assert {each.inclusion for each in one.drawn} == {10 / 60}


def test_single_answers_can_be_drawn_without_strata_and_questions_within_topics(
    three_runs: list[Path], studio: Path
) -> None:
    answers = draw(three_runs, sample=30, by_question=False, include=[pack_of(studio)])
    assert len(answers.drawn) == 30
    assert len({each.answer.sample for each in answers.drawn}) > 10
    questions = draw(three_runs, sample=30, stratify=["topic"], by_question=True, include=[pack_of(studio)])
    assert len({each.answer.sample for each in questions.drawn}) == 10


def test_without_a_sample_everything_is_rated_with_certainty(three_runs: list[Path], studio: Path) -> None:
    one = draw(three_runs, include=[pack_of(studio)])
    assert len(one.drawn) == 180
    assert {each.inclusion for each in one.drawn} == {1.0}


def test_the_order_of_the_runs_makes_no_difference(three_runs: list[Path], studio: Path) -> None:
    one, other = (draw(runs, sample=30, include=[pack_of(studio)]) for runs in (three_runs, three_runs[::-1]))
    assert one.assignments == other.assignments


def drawn_of(candidates: Sequence[Candidate]) -> list[Drawn]:
    return [Drawn(answer=one, inclusion=1.0, stratum="all") for one in candidates]


@given(
    st.lists(st.tuples(st.integers(0, 8), st.sampled_from("ABC")), min_size=1, max_size=80, unique=True),
    st.floats(0, 0.5), st.randoms(use_true_random=False),
)  # fmt: skip
def test_questions_stand_together_and_repeats_stand_apart(
    rows: list[tuple[int, str]], repeats: float, random: object
) -> None:
    drawn = drawn_of([candidate(system, sample, "right") for sample, system in rows])
    shown = arrange(drawn, repeats, random)  # type: ignore[arg-type]
    first = [one for one in shown if not one.repeat]
    again = [one for one in shown if one.repeat]
    assert sorted(one.drawn[0].answer.place for one in first) == sorted(one.answer.place for one in drawn)
    order = [one.drawn[0].answer.sample for one in first]
    assert sum(a != b for a, b in pairwise(order)) == len(set(order)) - 1
    assert [one.position for one in shown] == list(range(1, len(shown) + 1))
    assert len({one.code for one in shown}) == len(shown)
    most = len(first) - min(APART, len(first) // 2) if len(first) > 1 else 0
    assert len(again) == (min(most, max(1, round(repeats * len(first)))) if repeats else 0)
    places = {one.drawn[0].answer.place: one.position for one in first}
    for one in again:
        assert one.position - places[one.drawn[0].answer.place] > min(APART, len(first) // 2)
    assert len({one.drawn for one in again}) == len(again)


def test_a_repeat_never_stands_between_the_answers_to_another_question() -> None:
    drawn = drawn_of([candidate(system, sample, "right") for sample in range(20) for system in "ABC"])
    from random import Random

    for seed in range(20):
        shown = arrange(drawn, 0.3, Random(seed))
        for before, one, after in zip(shown, shown[1:], shown[2:], strict=False):
            if one.repeat and before.question == after.question:
                assert before.repeat or after.repeat


def test_the_same_text_is_rated_once_for_all_who_gave_it() -> None:
    from random import Random

    same = [
        candidate(system, 1, "right", text="Sinus  rhythm.\n" if system == "B" else "Sinus rhythm.") for system in "AB"
    ]
    other = candidate("C", 1, "right", text="Atrial fibrillation.")
    shown = arrange(drawn_of([*same, other]), 0.0, Random(1))
    assert sorted(len(one.drawn) for one in shown) == [1, 2]
    case = arrange(drawn_of([same[0], candidate("C", 1, "right", text="sinus rhythm.")]), 0.0, Random(1))
    assert len(case) == 2, "case can matter, as in mV and MV"


def test_nothing_in_the_order_tells_the_systems_apart(three_runs: list[Path], studio: Path) -> None:
    places: Counter[tuple[str, int]] = Counter()
    some = collect(three_runs, include=[pack_of(studio)])
    for seed in range(40):
        shown = draw_from(some, guess(some), seed=seed).assignments
        for start in range(0, len(shown), 3):
            for place, one in enumerate(shown[start : start + 3]):
                places[one.drawn[0].answer.system, place] += 1
    table = [[places[system, place] for place in range(3)] for system in SYSTEMS]
    assert stats.chi2_contingency(table).pvalue > 1e-4


@pytest.mark.parametrize("budget", [60, 120, 240])
def test_the_planned_widths_are_those_that_ratings_give(budget: int) -> None:
    """Ratings are drawn under the plan's expectations, and intervals made of them: their mean width is as planned."""
    rng = np.random.default_rng(budget)
    shares = {"wrong": 0.35, "so-so": 0.15, "right": 0.5}
    verdicts = [verdict for verdict, share in shares.items() for _ in range(round(share * 600))]
    some = pool([candidate("A", n, verdict) for n, verdict in enumerate(verdicts)])
    expected = Guess({"wrong": 0.3, "so-so": 0.6, "right": 0.92, NO_VERDICT: 0.5}, "known")
    strata = divide(some, ["verdict"], by_question=False)
    chosen = design(strata, ["verdict"], expected, budget, by_question=False)
    planned = widths(some, chosen, expected).systems["A"]
    rated = {one.values[0]: one.drawn for one in chosen.strata}
    corrected, human = [], []
    for _ in range(150):
        judged = rng.multinomial(600, list(shares.values()))
        p = rng.dirichlet(judged + 0.5, 4000)
        accepted = [rng.binomial(rated[name], expected.means[name]) for name in shares]
        seen = np.column_stack(
            [rng.beta(a + 0.5, rated[name] - a + 0.5, 4000) for a, name in zip(accepted, shares, strict=True)]
        )
        low, high = np.quantile((p * seen).sum(axis=1), [0.025, 0.975])
        corrected.append(high - low)
        k = rng.binomial(budget, planned.accepted)
        interval = stats.binomtest(int(k), budget).proportion_ci(method="wilson")
        human.append(interval.high - interval.low)
    assert planned.corrected == pytest.approx(fmean(corrected), rel=0.1)
    assert planned.human == pytest.approx(fmean(human), rel=0.1)


def test_the_width_of_a_paired_difference_is_that_which_pairs_give() -> None:
    rng = np.random.default_rng(5)
    some = pool([candidate(system, n, NO_VERDICT) for system in "AB" for n in range(300)])
    strata = divide(some, [], by_question=True)
    chosen = design(strata, [], guess(some), 200, by_question=True)
    planned = widths(some, chosen, guess(some))
    # Pairs of 0 or 1 with mean 1/2 and the correlation 0.23: both are alike with probability (1 + 0.23) / 2.
    alike = rng.random((2000, 100)) < (1 + 0.23) / 2
    a = rng.random((2000, 100)) < 0.5
    differences = a.astype(float) - np.where(alike, a, ~a)
    seen = 2 * 1.96 * differences.std(axis=1, ddof=1) / 10
    assert planned.difference == pytest.approx(seen.mean(), rel=0.1)


def test_a_plan_says_more_for_more_ratings_and_draws_nothing(three_runs: list[Path], studio: Path) -> None:
    made = plan(three_runs, [5, 20, 40, 60, 100, 1000], stratify=["verdict", "system"], include=[pack_of(studio)])
    assert [budget for budget, _, _ in made.rows] == [
        20,
        40,
        60,
        100,
        180,
    ]  # 5 is too few for 9 strata, and 180 are all
    shown = [found.difference for _, _, found in made.rows]
    assert shown == sorted(shown, key=lambda width: -(width or 0))
    drawn = draw(three_runs, sample=60, stratify=["verdict", "system"], include=[pack_of(studio)])
    assert drawn.widths == made.rows[2][2]


def test_a_pilot_replaces_the_guess_where_it_has_ratings(three_runs: list[Path], studio: Path, tmp_path: Path) -> None:
    some = collect(three_runs, include=[pack_of(studio)])
    right = [one for one in some.candidates if one.verdict == "correct"][:9]
    scale = Scale.even(["bad", "good"])
    write_ratings(
        tmp_path / "pilot.csv",
        [
            Rating(
                task=one.task, sample=one.sample, epoch=one.epoch, system=one.system, rater="R", scale=scale,
                levels=("good" if n < 8 else "bad",),
            )
            for n, one in enumerate(right)
        ],
    )  # fmt: skip
    before, after = guess(some), guess(some, tmp_path / "pilot.csv")
    assert after.means["correct"] == pytest.approx(8.5 / 10)
    assert after.means["incorrect"] == before.means["incorrect"] == pytest.approx(0.4)
    write_ratings(tmp_path / "other.csv", [Rating(system="someone", rater="R", scale=scale, levels=("good",))])
    with pytest.raises(UserError, match="no human rating of an answer in these runs"):
        guess(some, tmp_path / "other.csv")


def test_two_runs_of_one_system_on_the_same_questions_are_refused(three_runs: list[Path], tmp_path: Path) -> None:
    twin = make_run(tmp_path, SYSTEMS[0], graded(1), n=60, judged=False)
    with pytest.raises(UserError, match="name one of them only"):
        draw([three_runs[0], twin])


def test_runs_on_other_data_are_refused(three_runs: list[Path], tmp_path: Path) -> None:
    other = make_run(tmp_path, "other", graded(1), n=20, judged=False)
    with pytest.raises(UserError, match="answers other data of toy/free"):
        draw([three_runs[0], other])


def test_answers_without_text_are_left_out_and_told(tmp_path: Path) -> None:
    run = make_run(tmp_path, "silent", lambda n: "" if n < 4 else "It is fine.", n=12)
    one = draw([run], include=[pack_of(tmp_path)])
    assert len(one.drawn) == 8
    assert any("4 answers of silent have no text" in notice for notice in one.notices)
    nothing = make_run(tmp_path, "mute", lambda n: "", n=12, judged=False)
    with pytest.raises(UserError, match="nothing to rate"):
        draw([nothing], include=[pack_of(tmp_path)])


def test_verdicts_are_needed_to_stratify_by_them_and_named_where_several_judged(tmp_path: Path) -> None:
    from ecg_bench.judgements import judge_runs

    run = make_run(tmp_path, "alone", graded(0), judged=False)
    given_ = {"include": [pack_of(tmp_path)]}
    with pytest.raises(UserError, match="must have been judged"):
        draw([run], stratify=["verdict"], **given_)
    for judge in ("ecg-correctness", "ecg-binary"):
        judge_runs([run], judge, "baseline/lexical-judge", quiet=True, cache=False, limit=12, **given_)
    with pytest.raises(UserError, match="choose among several judges with --by"):
        draw([run], stratify=["verdict"], **given_)
    one = draw([run], stratify=["verdict"], by="ecg-binary@baseline-lexical-judge", **given_)
    available = {stratum.values[0]: stratum.available for stratum in one.design.strata}
    assert available.pop(NO_VERDICT) == 12, "half was not judged, and can still be drawn"
    assert set(available) <= {"correct", "incorrect"}
    with pytest.raises(UserError, match=r"not judged by 'ecg-binary'.*ecg-binary@baseline-lexical-judge"):
        draw([run], by="ecg-binary", **given_)
