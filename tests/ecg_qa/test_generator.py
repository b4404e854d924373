"""Questions on synthetic ECGs: right, in ECG-QA's format, and not to be answered without the ECG."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from ecg_bench.ecg.sets import QUESTION_TYPES
from ecg_bench.ecg.synthesis import Spec
from ecg_bench.ecg_qa import NONE, Reader
from ecg_bench.ecg_qa.generator import TEMPLATES, Question, facts_of, make_questions, recognise

QUESTIONS = make_questions(1600, 7)


def test_the_same_seed_gives_the_same_questions_and_another_seed_others() -> None:
    assert make_questions(32, 3) == make_questions(32, 3)
    assert make_questions(32, 3) != make_questions(32, 4)


def test_rows_are_in_the_format_of_ecg_qa() -> None:
    for one in QUESTIONS:
        row = one.row()
        assert set(row) == {
            "template_id", "question_id", "sample_id", "question_type", "attribute_type", "question", "answer",
            "ecg_id", "attribute",
        }  # fmt: skip
        assert one.question_type in QUESTION_TYPES
        assert len(one.specs) == len(one.ecg_id) == (1 if one.question_type.startswith("single") else 2)
        assert set(one.answer) <= set(one.options)
        assert one.answer
    assert {one.question_type for one in QUESTIONS} == set(QUESTION_TYPES)


def test_every_answer_follows_from_the_specs() -> None:
    by_id = {template.id: template for template in TEMPLATES}
    for one in QUESTIONS:
        template = by_id[one.template_id]
        facts = [facts_of(spec) for spec in one.specs]
        assert set(one.answer) == template.solve(facts, one.attribute or ())


@pytest.mark.parametrize(
    ("spec", "question", "answer"),
    [
        (Spec(rhythm="afib", rate=110), "Which rhythm does this ECG show?", {"atrial fibrillation"}),
        (Spec(), "Which rhythm does this ECG show?", {"sinus rhythm"}),
        (Spec(block="lbbb", qrs_ms=150), "What is wrong with conduction here?", {"complete left bundle branch block"}),
        (Spec(), "What is wrong with conduction here?", {NONE}),
        (Spec(st_mv=(("inferior", 0.3),)), "In which leads is ST elevated?", {"inferior leads"}),
        (Spec(st_mv=(("inferior", -0.2),)), "In which leads is ST elevated?", {NONE}),
        (Spec(axis=-60), "What is the frontal axis of this ECG?", {"left axis deviation"}),
        (Spec(rate=45, pr_ms=260), "Which intervals or rates are abnormal?", {"heart rate", "pr interval"}),
        (Spec(rhythm="vt", rate=170), "Does this ECG show ventricular tachycardia?", {"yes"}),
        (Spec(), "Would you report atrial flutter here?", {"no"}),
    ],
)
def test_a_spec_answers_a_question(spec: Spec, question: str, answer: set[str]) -> None:
    found = recognise(question)
    assert found is not None
    template, asked = found
    assert template.solve([facts_of(spec)], asked) == answer


def test_every_question_is_recognised_by_its_wording_and_read_back_by_the_reader() -> None:
    for one in QUESTIONS:
        found = recognise(one.question)
        assert found is not None
        assert (found[0].id, found[1]) == (one.template_id, one.attribute or ()), one.question
        assert Reader(one.options)("; ".join(one.answer)).answers == set(one.answer)
    assert recognise("How old is the patient?") is None


def _shares(kept: list[Question]) -> dict[tuple[str, ...] | None, Counter[tuple[str, ...]]]:
    found: dict[tuple[str, ...] | None, Counter[tuple[str, ...]]] = defaultdict(Counter)
    for one in kept:
        found[one.attribute][one.answer] += 1
    return found


def test_a_question_of_yes_and_no_does_not_give_its_answer_away() -> None:
    many = make_questions(6400, 11, templates=[one for one in TEMPLATES if one.id in (1, 2, 3)])
    for attribute, answers in _shares(many).items():
        assert 0.25 < answers["yes",] / answers.total() < 0.75, attribute


def test_neither_does_a_choice_name_first_what_is_there() -> None:
    choices = [one for one in QUESTIONS if one.question_type.endswith("choose") and len(one.answer) == 1]
    named = [one for one in choices if one.answer != (NONE,)]
    first = sum(one.attribute is not None and one.answer[0] == one.attribute[0] for one in named)
    assert 0.35 < first / len(named) < 0.65
    assert 0.15 < 1 - len(named) / len(choices) < 0.4


def test_the_commonest_answer_to_each_kind_of_question_is_right_in_less_than_half() -> None:
    right, n = 0, 0
    for template in TEMPLATES:
        answers = Counter(one.answer for one in QUESTIONS if one.template_id == template.id)
        right += max(answers.values())
        n += answers.total()
    assert right / n < 0.5


def test_questions_on_one_ecg_alone_can_be_had() -> None:
    assert all(len(one.specs) == 1 for one in make_questions(64, 1, comparisons=False))
