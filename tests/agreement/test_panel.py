"""Ratings, verdicts and scores meet at the answer that they are about."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ecg_bench.agreement import assemble, gold_of
from ecg_bench.errors import UserError
from ecg_bench.ratings import Scale
from tests.agreement.making import FOUR, TWO, marks


def test_a_rating_and_a_verdict_of_the_same_sample_and_system_are_of_one_answer() -> None:
    panel = assemble(marks([3, 0]), marks([3, 1], judge=True), {})
    assert len(panel.units) == 2
    assert panel.humans[0].levels.tolist() == [3, 0]
    assert panel.judges[0].levels.tolist() == [3, 1]


def test_a_sheet_without_samples_is_joined_by_the_text_of_the_question() -> None:
    alone = [replace(one, task="", sample="", question=one.question.upper() + " ") for one in marks([3, 0])]
    panel = assemble(alone, marks([2, 1], judge=True), {})
    assert len(panel.units) == 2
    assert panel.humans[0].levels.tolist() == [3, 0]


def test_the_same_question_of_another_system_is_another_answer() -> None:
    panel = assemble(marks([3]), marks([2], system="system B", judge=True), {})
    assert len(panel.units) == 2
    assert np.isnan(panel.judges[0].levels[panel.system_codes == panel.systems.index("system A")]).all()


def test_an_answer_whose_text_differs_between_rating_and_verdict_is_said() -> None:
    other = [replace(one, answer="something else") for one in marks([3])]
    assert assemble(other, marks([3], judge=True), {}).misaligned == ("system A: pack/open/q0",)


def test_a_response_set_has_no_single_level_and_is_listed() -> None:
    both = [replace(marks([3])[0], levels=("correct but incomplete", "correct"))]
    panel = assemble(both, [], {})
    assert np.isnan(panel.humans[0].levels).all()
    assert len(panel.response_sets) == 1


def test_of_repeats_the_first_rating_counts_and_all_are_kept_for_agreement_with_oneself() -> None:
    panel = assemble([*marks([3]), *marks([2], repeat=1)], [], {})
    assert panel.humans[0].levels.tolist() == [3]
    assert panel.repeats == {"rater-1": [[3.0, 2.0]]}


def test_answers_of_one_passage_are_one_cluster_and_without_passage_those_to_one_question() -> None:
    same = [*marks([3, 0], group="passage 1"), *marks([2, 1], system="system B", group="passage 1")]
    assert len(np.unique(assemble(same, [], {}).clusters)) == 1
    loose = [*marks([3, 0]), *marks([2, 1], system="system B")]
    assert assemble(loose, [], {}).clusters.tolist() == assemble(loose, [], {}).question_codes.tolist()


def test_a_judge_with_other_levels_has_scores_but_no_place_on_the_scale() -> None:
    panel = assemble(marks([3, 0]), marks([1, 0], scale=TWO, judge=True), {})
    assert np.isnan(panel.judges[0].levels).all()
    assert panel.judges[0].scores.tolist() == [1.0, 0.0]
    assert panel.judges[0].places.tolist() == [1.0, 0.0]


def test_ratings_of_several_criteria_or_scales_need_a_choice() -> None:
    two = [*marks([3]), *marks([1], criterion="safety")]
    with pytest.raises(UserError, match="several criteria"):
        assemble(two, [], {})
    assert assemble(two, [], {}, criterion="safety").criterion == "safety"
    with pytest.raises(UserError, match="different scales"):
        assemble([*marks([3]), *marks([1], scale=TWO, first=1)], [], {})
    with pytest.raises(UserError, match="no human ratings"):
        assemble([], marks([1], judge=True), {})


def test_a_metric_is_joined_by_system_and_sample() -> None:
    panel = assemble(marks([3, 0]), [], {"bleu": {("system A", "pack/open", "q1", 0): 0.5}})
    assert np.isnan(panel.metrics["bleu"][0])
    assert panel.metrics["bleu"][1] == 0.5


def test_gold_is_the_majority_and_without_one_the_lower_median() -> None:
    levels = {"a": [3, 3, 0, None], "b": [3, 2, 2, None], "c": [1, 0, 3, 1]}
    panel = assemble([one for name, some in levels.items() for one in marks(some, rater=name)], [], {})
    gold = gold_of(panel)
    assert gold.levels.tolist() == [3, 2, 2, 1]
    assert gold.undecided == 2
    assert gold_of(panel, "b").levels[:3].tolist() == [3, 2, 2]
    with pytest.raises(UserError, match="no human is called 'd'"):
        gold_of(panel, "d")


def test_a_scale_is_read_from_its_own_text() -> None:
    assert Scale.parse(str(FOUR)) == FOUR
    assert Scale.parse("wrong | half | right").values == (0, 0.5, 1)
    for text in ("one", "a=1 | b=0", "a=0 | a=1", "a=0 | b", "a=0 | b=2"):
        with pytest.raises(ValueError, match=r"scale|level"):
            Scale.parse(text)
