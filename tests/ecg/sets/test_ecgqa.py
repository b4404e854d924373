"""ECG-QA's files give questions, vocabularies and splits as they are published, and damaged ones are refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from ecg_bench.ecg.sets import EcgQa, PtbXl, provenance_of
from ecg_bench.errors import UserError
from tests.ecg.folders import ecgqa_folder, ptbxl_folder, question

SPLITS = {"train": [1, 2, 3], "valid": [4], "test": [10, 11, 12, 13, 14]}


def small(tmp_path: Path, *questions: dict[str, Any]) -> Path:
    return ecgqa_folder(tmp_path / "ecg-qa", questions or [question(n) for n in range(5)], SPLITS)


def test_questions_come_from_all_files_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    data = EcgQa(small(tmp_path))
    assert [path.name for path in data.files] == ["0.json", "10000.json", "20000.json"]
    assert [one.sample_id for one in data.questions] == [0, 1, 2, 3, 4]
    first = data.questions[0]
    assert (first.template_id, first.answer, first.ecg_ids, first.attribute) == (1, ("yes",), (10,), ("finding 0",))


@pytest.mark.parametrize("below", ["", "ecgqa", "ecgqa/ptbxl"])
def test_the_folder_may_be_the_repository_or_one_below(below: str, tmp_path: Path) -> None:
    assert len(EcgQa(small(tmp_path) / below)) == 5


def test_vocabulary_and_legal_answers_are_the_official_ones(tmp_path: Path) -> None:
    data = EcgQa(small(tmp_path))
    assert data.answers == ("no", "not sure", "yes", "none", "block (left, or right)")
    assert data.legal(2) == ("block (left, or right)", "none")
    with pytest.raises(UserError, match="has no template 99"):
        data.legal(99)


def test_an_ecg_is_in_the_split_whose_list_names_it(tmp_path: Path) -> None:
    data = EcgQa(small(tmp_path))
    assert [data.split_of(ecg) for ecg in (2, 4, 14, 15)] == ["train", "valid", "test", None]


def test_comparisons_are_about_two_ecgs_and_of_no_attribute(tmp_path: Path) -> None:
    both = question(0, question_type="comparison_irrelevant-query", ecg_id=[10, 11], attribute=None, answer=[])
    (one,) = EcgQa(small(tmp_path, both)).questions
    assert (one.ecg_ids, one.attribute, one.answer) == ((10, 11), None, ())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"answer": "yes"},
            "question 2 of the file has a field 'answer' of another kind than a list of texts: \"yes\"",
        ),
        ({"answer": [1]}, "'answer' of another kind"),
        ({"ecg_id": [10.5]}, "'ecg_id' of another kind than a list of whole numbers"),
        ({"template_id": True}, "'template_id' of another kind than a whole number: true"),
        ({"question": None}, "'question' of another kind than text"),
        ({"question_type": "single-verfy"}, r"no known type: 'single-verfy' \(did you mean 'single-verify'"),
        ({"ecg_id": [10, 11]}, "is a single-verify question about 2 ECGs"),
    ],
)
def test_a_wrong_question_is_answered_with_its_place(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    data = EcgQa(small(tmp_path, question(0), question(1, **changes)))
    with pytest.raises(UserError, match=rf"0.json: .*{said}"):
        _ = data.questions


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "0.json:1: is not valid JSON"),
        ("{}", "must be a JSON list"),
        ("[3]", "question 1 of the file is no JSON object"),
        ('[{"template_id": 1}]', "has no field 'question_id'"),
        ("[" * 100_000, "nested too deeply|not valid JSON"),
    ],
)
def test_a_damaged_file_is_refused(text: str, said: str, tmp_path: Path) -> None:
    data = EcgQa(small(tmp_path, question(0)))
    data.files[0].write_text(text)
    with pytest.raises(UserError, match=said):
        _ = EcgQa(tmp_path / "ecg-qa").questions


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    home = small(tmp_path)
    with pytest.raises(UserError, match=r"is not a folder of ECG-QA: it has no ecgqa/ptbxl/answers.csv"):
        EcgQa(tmp_path)
    with pytest.raises(UserError, match=r"it has no ecgqa/mimic-iv-ecg/answers.csv"):
        EcgQa(home / "ecgqa" / "ptbxl", version="mimic")
    with pytest.raises(UserError, match="has no questions of the split 'train': it holds test"):
        _ = EcgQa(home, split="train").questions
    with pytest.raises(UserError, match=r"ECG-QA has no variant 'paraphrase' \(did you mean 'paraphrased'"):
        EcgQa(home, variant="paraphrase")  # type: ignore[arg-type]


def test_legal_answers_and_lists_that_are_none_are_refused(tmp_path: Path) -> None:
    home = small(tmp_path) / "ecgqa" / "ptbxl"
    (home / "answers_for_each_template.csv").write_text("template_id,classes\n1,\"__import__('os')\"\n")
    (home / "train_ecgs.tsv").write_text("0\t12\n1;13\n")
    with pytest.raises(UserError, match=r"template.csv:2: the column classes must hold a list of texts"):
        EcgQa(home).legal(1)
    with pytest.raises(UserError, match=r"train_ecgs.tsv:2: must hold a number, a tab"):
        EcgQa(home).split_of(1)


def test_an_ecg_is_clean_where_both_sets_keep_it_for_testing(tmp_path: Path) -> None:
    rows = [{"ecg_id": 10, "strat_fold": 10}, {"ecg_id": 11, "strat_fold": 3}, {"ecg_id": 2, "strat_fold": 10}]
    ptbxl, ecg_qa = PtbXl(ptbxl_folder(tmp_path / "ptbxl", rows)), EcgQa(small(tmp_path))
    found = [provenance_of(ecg, ptbxl=ptbxl, ecg_qa=ecg_qa).fields() for ecg in (10, 11, 2, 99)]
    assert found == [
        {"fold": 10, "ecgqa_split": "test", "clean": True},
        {"fold": 3, "ecgqa_split": "test", "clean": False},
        {"fold": 10, "ecgqa_split": "train", "clean": False},
        {"clean": False},
    ]


def test_real_files_have_the_published_sizes_and_answers(test_data: Path) -> None:
    data = EcgQa(test_data / "ecg-qa", variant="paraphrased", split="valid")
    assert {split: len(ids) for split, ids in data.splits.items()} == {"train": 11_566, "valid": 1_274, "test": 3_214}
    assert len(data.answers) == 104
    assert "bigeminal pattern (unknown origin, supraventricular, or ventricular)" in data.answers
    assert sorted(data.templates) == list(range(1, 71))
    assert data.questions[-1].sample_id == 64_662  # of 64,663 questions of the split
    for one in data.questions:
        assert set(one.answer) <= set(data.legal(one.template_id))
        assert data.splits["valid"].issuperset(one.ecg_ids)
    with (data.root.parent.parent / "llm_modeling/metadata/ptbxl/qa_class.csv").open() as file:
        classes = [row["class"] for row in csv.DictReader(file)]
    assert set(data.answers) - {"none"} == set(classes)
    raw = json.loads(data.files[0].read_text())
    assert [one.question for one in data.questions] == [item["question"] for item in raw]
