"""The validator finds what is wrong with a pack, all of it, with file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecg_bench.domains import open_pack
from ecg_bench.errors import UserError
from ecg_bench.validation import PackReport, validate_pack, validate_packs
from ecg_bench.validation._duplicates import near_duplicates
from tests.packs import open_rows, rows, write_jsonl

Pack = Callable[..., Path]


def report_of(folder: Path) -> PackReport:
    return validate_pack(open_pack(folder))


def distinct(n: int) -> list[dict[str, Any]]:
    """Return rows that no rule answers and that resemble each other little."""
    words = [f"{a}{b}{c}" for a in "bcdfg" for b in "aeiou" for c in "klmnp"]
    made = rows(n)
    for i, row in enumerate(made):
        row["question"] = " ".join(words[(i * k + k) % 125] for k in range(1, 14)) + "?"
        row["options"] = [f"x{words[(i + 3 * k) % 125]} y{words[(i * 5 + k) % 125]}" for k in range(4)]
    return made


def test_a_sound_pack_has_no_problem(pack: Pack) -> None:
    report = report_of(pack(data=distinct(60), n_open=1))
    assert report.problems == ()
    assert (report.documents, report.passages, report.core_documents) == (7, 21, 7)
    choice = next(task for task in report.tasks if task.name == "toy/choice")
    assert (choice.n, choice.groups, sum(choice.keys.values())) == (60, 21, 60)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"key": "E"}, "the key must be a letter from A to D, but is 'E'"),
        ({"options": ["a", "b", "c", "d", "e"]}, "must have 4 options, but has 5"),
        ({"options": ["same", "Same", "c", "d"]}, "has the same option twice"),
        ({"group": "doc0#nowhere"}, "its passage 'doc0#nowhere' does not exist"),
        ({"topic": "smells"}, "the topic 'smells' is not among the domain's topics"),
        ({"difficulty": "so-so"}, "the difficulty must be easy, medium, hard"),
        ({"rationale": ""}, "has no rationale"),
        ({"question": "Who sang of a yellow cab?", "options": ["Yellow cab", "x", "y", "z"], "key": "A"},
         "the question contains the answer"),
        ({"id": "q00001"}, "the id 'q00001' stands on line 2 already"),
    ],
)  # fmt: skip
def test_a_wrong_item_is_named_with_file_and_line(pack: Pack, change: dict[str, Any], said: str) -> None:
    data = distinct(60)
    data[30] |= change
    folder = pack(data=data, n_open=1)
    problems = [problem for problem in report_of(folder).problems if problem.line == 31]
    assert any(said in problem.message for problem in problems)
    assert {problem.path for problem in problems} == {str(folder / "choice.jsonl")}


def test_all_problems_are_found_at_once(pack: Pack) -> None:
    data = distinct(60)
    for n, change in ((3, {"key": "Z"}), (9, {"topic": "?"}), (27, {"options": []})):
        data[n] |= change
    lines = {problem.line for problem in report_of(pack(data=data, n_open=1)).problems}
    assert {4, 10, 28} <= lines


def test_keys_that_the_wording_gives_away_are_found(pack: Pack) -> None:
    data = distinct(60)
    for row in data:
        row["options"]["ABCD".index(row["key"])] += " with every qualification one could want"
    messages = " ".join(problem.message for problem in report_of(pack(data=data, n_open=1)).problems)
    assert "the rule 'longest option' answers 100.0%" in messages


def test_unbalanced_keys_are_found(pack: Pack) -> None:
    data = distinct(60)
    for row in data[:50]:
        row["key"] = "C"
    messages = " ".join(problem.message for problem in report_of(pack(data=data, n_open=1)).problems)
    assert "the keys are unbalanced: C is the key of" in messages


def test_near_duplicates_are_found_within_and_across_files(pack: Pack) -> None:
    data = distinct(60)
    data[40] |= {"question": data[2]["question"] + " now", "options": data[2]["options"]}
    folder = pack(data=data, n_open=1)
    write_jsonl(folder / "shots.jsonl", [{**data[5], "id": "shot"}])
    messages = [str(problem) for problem in report_of(folder).problems]
    assert any("choice.jsonl:41: q00040" in m and "q00002 in choice.jsonl:3" in m for m in messages)
    assert any("shots.jsonl:1: shot" in m and "q00005 in choice.jsonl:6" in m for m in messages)


def test_open_items_need_reference_and_key_points(pack: Pack) -> None:
    folder = pack(data=distinct(60))
    broken = open_rows(3)
    del broken[0]["reference"]
    broken[1]["key_points"] = ["one"]
    broken[2]["reference"] = "number 2"
    write_jsonl(folder / "free.jsonl", broken)
    problems = {problem.line: problem.message for problem in report_of(folder).problems if "free" in problem.path}
    assert "has no reference answer" in problems[1]
    assert "at least two key points" in problems[2]
    assert "the question contains the answer" in problems[3]


def test_items_of_a_core_set_stem_from_core_documents(pack: Pack) -> None:
    folder = pack(data=distinct(60), n_open=1, card="passages: core\n")
    path = folder / "corpus" / "doc3.md"
    path.write_text(path.read_text().replace("core: true", "core: false"))
    messages = [problem.message for problem in report_of(folder).problems]
    assert sum("is of a document that is not core" in message for message in messages) == sum(
        i % 7 == 3 for i in range(60)
    )


def test_proof_is_a_computation_or_two_independent_sources(pack: Pack) -> None:
    data = distinct(60)
    source = {"title": "T", "publisher": "P", "year": 2001, "url": "https://example.org"}
    for row in data:
        row["computation"] = {"rule": "r", "inputs": {}}
    data[0]["computation"] = {"rule": "r"}
    del data[1]["computation"], data[2]["computation"], data[3]["computation"]
    data[2]["sources"] = [source, source]
    data[3]["sources"] = [source, {**source, "publisher": "Q"}]
    messages = {
        problem.line: problem.message
        for problem in report_of(pack(data=data, n_open=1, card="proof: required\n")).problems
    }
    assert set(messages) == {1, 2, 3}
    assert "must name a rule and its inputs" in messages[1]
    assert "neither by a computation nor by two sources" in messages[2]
    assert "neither by a computation nor by two sources" in messages[3]


def test_a_task_says_how_it_was_made_and_verified(pack: Pack) -> None:
    folder = pack(data=distinct(60), n_open=1)
    path = folder / "choice.yaml"
    path.write_text(path.read_text().replace("verified: By nobody.\n", ""))
    assert any("the field 'verified' is missing" in problem.message for problem in report_of(folder).problems)


def test_sources_need_a_year(pack: Pack) -> None:
    folder = pack(data=distinct(60), n_open=1)
    path = folder / "corpus" / "doc0.md"
    path.write_text(path.read_text().replace(", year: 2001", ""))
    assert any("the source 'A book' has no year" in problem.message for problem in report_of(folder).problems)


def test_where_no_pack_is(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no domain pack"):
        validate_packs(tmp_path)
    with pytest.raises(UserError, match="no such folder"):
        validate_packs(tmp_path / "none")


def test_near_duplicates_by_their_definition() -> None:
    texts = [
        "one two three four five six",
        "one two three four five seven",
        "eight nine ten eleven",
        "One, two. Three four!",
    ]
    assert [(a, b) for a, b, _ in near_duplicates(texts)] == [(1, 0)]
    assert [(a, b, round(overlap, 2)) for a, b, overlap in near_duplicates(texts, 0.3)] == [
        (1, 0, 0.6),
        (3, 0, 0.5),
        (3, 1, 0.5),
    ]
