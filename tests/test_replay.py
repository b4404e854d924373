"""Answers that exist already are played back, one system or many, and nothing is lost silently."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecg_bench import UserError, evaluate, evaluate_systems
from ecg_bench.backends import open_model
from tests.packs import rows, write_jsonl

Pack = Callable[..., Path]


def replay(path: Path, **arguments: Any) -> Any:
    return open_model(f"replay/{path}", arguments)


def test_answers_by_id_refer_to_the_order_of_the_data(pack: Pack, tmp_path: Path) -> None:
    folder, data = pack(), rows(20)
    answers = write_jsonl(tmp_path / "answers.jsonl", ({"id": row["id"], "answer": f"({row['key']})"} for row in data))
    run = evaluate(f"replay/{answers}", "toy/choice", include=[folder], out=tmp_path / "run", quiet=True)
    assert run.results.tasks["toy/choice"].metrics["acc"].value == 1.0
    assert {one["request"]["order"] for one in run.samples()} == {"ABCD"}
    assert run.system == "replay/answers"


def test_answers_by_question_are_found_despite_case_and_blanks(pack: Pack, tmp_path: Path) -> None:
    folder, data = pack(), rows(20)
    answers = write_jsonl(
        tmp_path / "a.jsonl", ({"question": f"  {row['question'].upper()}\n", "answer": row["key"]} for row in data)
    )
    run = evaluate(f"replay/{answers}", "toy/choice", include=[folder], out=tmp_path / "run", quiet=True)
    assert run.results.tasks["toy/choice"].metrics["acc"].value == 1.0


def test_half_a_surrogate_pair_in_an_answer_is_replaced_and_the_rest_is_kept(pack: Pack, tmp_path: Path) -> None:
    folder, data = pack(), rows(3)
    texts = ({"id": row["id"], "answer": f"{row['key']} \ud83d"} for row in data)
    answers = write_jsonl(tmp_path / "answers.jsonl", texts)
    run = evaluate(f"replay/{answers}", "toy/choice", include=[folder], out=tmp_path / "run", quiet=True)
    assert [one["output"][1:] for one in run.samples() if one["output"]] == [" ?"] * 3


def test_missing_answers_are_errors_and_listed(pack: Pack, tmp_path: Path) -> None:
    folder, data = pack(), rows(20)
    answers = write_jsonl(tmp_path / "a.jsonl", ({"id": row["id"], "answer": row["key"]} for row in data[:17]))
    run = evaluate(f"replay/{answers}", "toy/choice", include=[folder], out=tmp_path / "run", quiet=True)
    assert run.header.outcomes["error"] == 3
    assert [sample for _, sample, _ in run.errors()] == ["q00017", "q00018", "q00019"]
    result = run.results.tasks["toy/choice"]
    assert (result.metrics["acc"].value, result.metrics["acc"].n) == (17 / 20, 20)
    assert result.bounds is not None
    assert (result.bounds.worst, result.bounds.best) == (17 / 20, 1.0)


def test_answers_that_belong_to_nothing_are_said(pack: Pack, tmp_path: Path) -> None:
    folder, data = pack(), rows(22)
    answers = write_jsonl(tmp_path / "a.jsonl", ({"id": row["id"], "answer": row["key"]} for row in data))
    run = evaluate(f"replay/{answers}", "toy/choice", include=[folder], out=tmp_path / "run", quiet=True)
    (notice,) = run.header.notices
    assert "2 of 22 answers of replay/a belong to no sample" in notice


def many(tmp_path: Path) -> Path:
    data = [
        {"task": "toy/choice", "id": row["id"], "system": system, "answer": row["key"] if system == "good" else "A"}
        for row in rows(20)
        for system in ("good", "A only")
    ]
    return write_jsonl(tmp_path / "many.jsonl", data)


def test_a_file_of_several_systems_makes_a_run_each(pack: Pack, tmp_path: Path) -> None:
    runs = evaluate_systems(f"replay/{many(tmp_path)}", include=[pack()], out=tmp_path / "runs", quiet=True)
    assert [run.system for run in runs] == ["good", "A only"]
    assert [run.path.name for run in runs] == ["good", "a-only"]
    assert [run.results.tasks["toy/choice"].metrics["acc"].value for run in runs] == [1.0, 0.25]


def test_systems_whose_names_make_the_same_folder_are_kept_apart(tmp_path: Path) -> None:
    data = [{"question": "Why?", "system": system, "answer": "Because."} for system in ("A+B", "A B", "C")]
    path = write_jsonl(tmp_path / "a.jsonl", data)
    runs = evaluate_systems(f"replay/{path}", out=tmp_path / "runs", quiet=True)
    names = [run.path.name for run in runs]
    assert len(set(names)) == 3
    assert names[2] == "c"


def test_one_system_of_several_is_chosen_by_name(pack: Pack, tmp_path: Path) -> None:
    path, folder = many(tmp_path), pack()
    run = evaluate(f"replay/{path}", system="A only", include=[folder], out=tmp_path / "run", quiet=True)
    assert run.results.tasks["toy/choice"].metrics["acc"].value == 0.25
    with pytest.raises(UserError, match=r"has no system 'godo' \(did you mean 'good'\?\)"):
        evaluate(f"replay/{path}", system="godo", include=[folder], quiet=True)
    with pytest.raises(UserError, match="holds several systems: name one of good, A only"):
        evaluate(f"replay/{path}", include=[folder], quiet=True)


def test_questions_without_a_task_become_an_open_task_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Frage", "Antwort", "Modell"])
        writer.writerows([["What is a P wave?", "Atrial depolarisation.", "m1"], ["What is a P wave?", "", "m2"]])
        writer.writerow(["What is\na T wave?", "Repolarisation.", "m1"])
    runs = evaluate_systems(
        f"replay/{path}",
        model_args={"question": "Frage", "answer": "Antwort", "system": "Modell"},
        out=tmp_path / "runs",
        quiet=True,
    )
    assert [run.system for run in runs] == ["m1", "m2"]
    assert [run.header.outcomes["ok"] for run in runs] == [2, 0]
    assert (runs[1].header.outcomes["empty"], runs[1].header.outcomes["error"]) == (1, 1)
    assert list(runs[0].results.tasks) == ["adhoc/sheet"]
    ids = [one["id"] for one in runs[0].samples()]
    assert len(set(ids)) == 2
    assert ids == [one["id"] for one in runs[1].samples()]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([], ": holds no answer"),
        ([{"id": "1"}], ":1: has no 'answer' but 'id': name the right column with --model-arg answer=COLUMN"),
        ([{"answer": "x"}], ":1: has no 'question' but 'answer'"),
        ([{"id": "1", "answer": "x"}, {"id": "1", "answer": "y"}], ":2: answers '1' again, which line 1 did already"),
        (
            [{"id": "1", "answer": "x", "system": "s"}, {"id": "1", "answer": "y", "system": "s"}],
            ":2: answers '1' of 's' again",
        ),
    ],
)
def test_broken_files_are_named_with_file_and_line(tmp_path: Path, data: list[dict[str, str]], said: str) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", data)
    with pytest.raises(UserError) as caught:
        replay(path)
    assert said in str(caught.value)


def test_a_missing_file_and_an_unknown_argument(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.jsonl: no such file"):
        replay(tmp_path / "none.jsonl")
    with pytest.raises(UserError, match=r"has no argument 'anwser' \(did you mean 'answer'\?\)"):
        replay(many(tmp_path), anwser="x")


def test_ids_without_tasks_need_a_task(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", [{"id": "1", "answer": "x"}])
    with pytest.raises(UserError, match="names samples but no tasks: say which with --tasks"):
        evaluate(f"replay/{path}", quiet=True)


def test_the_released_answers_of_ecg_llm(test_data: Path, tmp_path: Path) -> None:
    """80 answers of eight systems that nobody here wrote."""
    path = test_data / "ecg-llm" / "10_questions.csv"
    runs = evaluate_systems(
        f"replay/{path}",
        model_args={"question": "Question", "answer": "Answer", "system": "Model"},
        out=tmp_path / "runs",
        quiet=True,
    )
    assert len(runs) == 8
    assert {run.results.tasks["adhoc/10_questions"].n for run in runs} == {10}
    assert sum(run.header.outcomes["ok"] for run in runs) == 80
    with path.open(encoding="utf-8-sig", newline="") as file:
        released = {(row["Model"].strip(), row["Answer"]) for row in csv.DictReader(file)}
    assert {(run.system, one["output"]) for run in runs for one in run.samples()} == released
