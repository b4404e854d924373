"""Ratings find the answers of runs that they are about, by sample, by question, or by the code of a blinded sheet."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from ecg_bench import UserError, evaluate
from ecg_bench.ratings import Scale
from ecg_bench.ratings.intake import Intake, SheetMapping, import_ratings
from tests.packs import make_pack

SCALE = Scale.parse("incorrect=0 | partially incorrect=0.25 | correct but incomplete=0.75 | correct=1")
QUESTIONS = [f"What is thing number {n} good for?" for n in range(6)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a pack and the runs of two systems on its six open questions."""
    folder = tmp_path_factory.mktemp("runs")
    pack = make_pack(folder / "toy")
    for system in ("Alpha 8B", "Beta 70B"):
        rows = [{"id": f"o{n:04d}", "answer": f"“Thing {n}”, says {system}."} for n in range(6)]
        (folder / "answers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        evaluate(
            f"replay/{folder / 'answers.jsonl'}",
            "toy/free",
            include=[pack],
            out=folder / system,
            system=system,
            quiet=True,
            cache=False,
        )
    return folder


def joined(place: Path, text: str) -> Intake:
    sheet = place / "sheet.csv"
    sheet.write_text(text, encoding="utf-8")
    runs = [place / "Alpha 8B", place / "Beta 70B"]
    return import_ratings([sheet], runs=runs, include=[place / "toy"])


def lines(intake: Intake, code: str) -> list[int]:
    return [line for one in intake.report.decisions if one.code == code for line in one.lines]


def test_ratings_join_runs_by_system_and_question(place: Path) -> None:
    intake = joined(
        place,
        "question,answer,model,rating\n"
        f'{QUESTIONS[1].upper()},"""Thing 1"",  says Alpha 8B.",alpha-8b,correct\n'
        f"{QUESTIONS[2]},,Beta 70B,incorrect\n"
        f"{QUESTIONS[3]},Something else,Beta 70B,incorrect\n"
        "Who are you?,,Beta 70B,incorrect\n"
        f"{QUESTIONS[4]},,Gamma,correct\n",
    )
    assert [(one.system, one.task, one.sample, one.topic, one.group) for one in intake.ratings] == [
        ("Alpha 8B", "toy/free", "o0001", "shapes", "doc1#section-1"),
        ("Beta 70B", "toy/free", "o0002", "shapes", "doc2#section-2"),
        ("Beta 70B", "", "", "", ""),
        ("Beta 70B", "", "", "", ""),
        ("Gamma", "", "", "", ""),
    ]
    assert intake.ratings[1].answer == "“Thing 2”, says Beta 70B."
    assert (lines(intake, "JOINED"), lines(intake, "MISALIGNED"), lines(intake, "UNJOINED")) == ([2, 3], [4], [5, 6])


def test_ratings_join_runs_by_sample(place: Path) -> None:
    intake = joined(place, "sample,model,rating\no0003,Alpha 8B,correct\no0009,Alpha 8B,correct\n")
    assert [(one.task, one.sample, one.question) for one in intake.ratings] == [
        ("toy/free", "o0003", QUESTIONS[3]),
        ("", "o0009", ""),
    ]


KEY = ("code", "system", "scale", "criterion", "task", "sample", "epoch", "group", "topic", "repeat", "position")
KEY += ("inclusion", "stratum", "question", "answer", "run")


def blinded(folder: Path, rows: str) -> Path:
    """Write a sheet, and a key in which two systems share a code and one answer is shown twice."""
    with (folder / "key.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(KEY)
        for position, (code, systems, sample, repeat) in enumerate(
            [("K1", ("A", "B"), "s1", 0), ("K2", ("A",), "s2", 0), ("K3", ("A",), "s2", 1)], 1
        ):
            for system in systems:
                texts = [f"Question {sample}?", f"=answer, {sample}"]
                place = [code, system, SCALE, "correctness", "t", sample, 0, "g", "", repeat, position]
                writer.writerow([*place, 0.25, "correct", *texts, "r"])
    sheet = folder / "sheet.csv"
    sheet.write_text(f"code,question,answer,rating,comment\n{rows}", encoding="utf-8")
    return sheet


def test_a_blinded_sheet_is_read_with_its_key(tmp_path: Path) -> None:
    sheet = blinded(
        tmp_path,
        'k1,Question s1?,"\'=answer, s1",Correct,fine\nK3,Question s2?,"=answer, s2",correct,\n'
        'K2,Question s2?,"=answer, s2",correct,\nK9,Question s9?,a,correct,\n',
    )
    intake = import_ratings([sheet], key=tmp_path / "key.csv", mapping=SheetMapping(rater="Anna"))
    assert [(one.system, one.sample, one.level, one.repeat, one.position) for one in intake.ratings] == [
        ("A", "s1", "correct", 0, 1),
        ("B", "s1", "correct", 0, 1),
        ("A", "s2", "correct", 1, 3),
        ("A", "s2", "correct", 0, 2),
    ]
    first = intake.ratings[0]
    assert (first.inclusion, first.stratum, first.answer, first.comment) == (0.25, "correct", "=answer, s1", "fine")
    assert first.scale == SCALE
    assert [(one.line, one.reason) for one in intake.report.set_aside] == [(5, "the code 'K9' is not in the key")]


def test_codes_that_did_not_come_back_are_told(tmp_path: Path) -> None:
    intake = import_ratings([blinded(tmp_path, "K1,,,correct,\nK2,,,,\n")], key=tmp_path / "key.csv")
    assert [one.levels for one in intake.ratings] == [("correct",), ("correct",), ()]
    assert [one.text for one in intake.report.decisions if one.code == "NOT_RETURNED"] == [
        "1 codes of the key are in no sheet: K3"
    ]


def test_a_sheet_of_which_one_column_was_sorted_is_set_aside(tmp_path: Path) -> None:
    sheet = blinded(tmp_path, 'K1,Question s1?,"=answer, s2",correct,\nK2,Question s2?,"=answer, s2",correct,\n')
    intake = import_ratings([sheet], key=tmp_path / "key.csv")
    assert len(intake.ratings) == 1
    assert [(one.line, "one column sorted" in one.reason) for one in intake.report.set_aside] == [(2, True)]


def test_two_experts_with_the_same_sheet_are_two_raters(tmp_path: Path) -> None:
    sheet = blinded(tmp_path, "K1,,,correct,\nK2,,,correct,\n")
    other = tmp_path / "other.csv"
    other.write_text(sheet.read_text().replace("K1,,,correct", "K1,,,incorrect"))
    intake = import_ratings([sheet, other], key=tmp_path / "key.csv")
    assert {one.rater for one in intake.ratings} == {"rater-1", "rater-2"}
    assert not any(one.repeat for one in intake.ratings)


def test_sheet_and_key_belong_together(tmp_path: Path) -> None:
    sheet = blinded(tmp_path, "K1,,,correct,\n")
    with pytest.raises(UserError, match="is a blinded sheet: name its key, as in --key"):
        import_ratings([sheet])
    plain = tmp_path / "plain.csv"
    plain.write_text("question,model,rating\nq,A,correct\n")
    with pytest.raises(UserError, match="none of the files is a blinded sheet"):
        import_ratings([plain], key=tmp_path / "key.csv")
    with pytest.raises(UserError, match=r"plain.csv:1: is no key .*lacks the column 'code'"):
        import_ratings([sheet], key=plain)
