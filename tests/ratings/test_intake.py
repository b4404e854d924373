"""Rating sheets as people really fill them in become one table, and nothing is lost or guessed in silence."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ecg_bench import UserError
from ecg_bench.cli import cli
from ecg_bench.ratings import Rating, Scale, read_ratings, write_ratings
from ecg_bench.ratings.intake import Intake, IntakeRecord, SheetMapping, import_ratings, load_ratings

FOUR = ("incorrect", "partially incorrect", "correct but incomplete", "correct")
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
HEADER = "question,answer,model,rating\n"


@pytest.fixture
def sheet(tmp_path: Path) -> Any:
    """Return a function that writes a sheet and imports it."""

    def importing(text: str, name: str = "sheet.csv", strict: bool = False, **told: Any) -> Intake:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return import_ratings([path], mapping=SheetMapping(**told), strict=strict)

    return importing


def levels(intake: Intake) -> list[tuple[str, ...]]:
    return [one.levels for one in intake.ratings]


def decisions(intake: Intake, code: str) -> list[int]:
    return [line for one in intake.report.decisions if one.code == code for line in one.lines]


# --- the study's release ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def study(test_data: Path) -> Intake:
    return import_ratings([test_data / "ecg-llm" / "10_questions.csv"])


@pytest.mark.parametrize(
    ("system", "counts", "interval", "mean"),
    [
        ("LLama 3.1 8B + RAG", (0, 0, 0, 10), (72, 100), 1.0),
        ("LLama 3.1 70B + RAG", (0, 0, 1, 9), (60, 98), 0.975),
        ("Finetuned 70B: r=256, alpha=128", (0, 2, 1, 7), (40, 89), 0.825),
        ("Finetuned 70B: r=256, alpha=512", (0, 2, 2, 6), (31, 83), 0.8),
        ("Finetuned 70B: r=256, alpha=256", (0, 3, 2, 5), (24, 76), 0.725),
        ("Finetuned 8B: r=256, alpha=512", (0, 2, 5, 3), (11, 60), 0.725),
        ("Finetuned 8B: r=256, alpha=128", (0, 2, 6, 2), (6, 51), 0.7),
        ("Finetuned 8B: r=256, alpha=256", (2, 1, 0, 6), (35, 88), 0.694),
    ],
)
def test_the_study_counts_are_those_of_its_release(
    study: Intake, system: str, counts: Sequence[int], interval: tuple[int, int], mean: float
) -> None:
    """Counts, Wilson intervals and scores recomputed from the sheet that arXiv 2510.18339 released."""
    one = next(one for one in study.report.systems if one.system == system)
    assert tuple(one.levels.items()) == tuple(zip(FOUR, counts, strict=True))
    assert one.low is not None
    assert one.high is not None
    assert (round(100 * one.low), round(100 * one.high)) == interval
    assert one.mean == pytest.approx(mean, abs=5e-4)
    assert (one.n, one.missing) == (sum(counts), 10 - sum(counts))


def test_the_study_needs_no_flag_and_its_one_unrated_row_is_reported(study: Intake) -> None:
    assert len(study.ratings) == 80
    assert decisions(study, "MISSING") == [28]
    assert not study.report.set_aside
    assert not any(one.guess for one in study.report.decisions)
    assert str(study.ratings[0].scale) == (
        "incorrect=0 | partially incorrect=0.25 | correct but incomplete=0.75 | correct=1"
    )


def test_the_study_audit_has_417_verdicts_and_20_ratings_of_distinct_answers() -> None:
    intake = import_ratings([EXAMPLES / "study-audit.csv"], strict=True)
    judge = [one for one in intake.ratings if one.source == "judge"]
    human = [one for one in intake.ratings if one.source == "human"]
    assert (len(judge), len(human)) == (417, 20)
    assert Counter(one.level for one in judge) == {"correct": 211, "incorrect": 206}
    verdicts = {(one.task, one.sample): one.level for one in judge}
    assert len(verdicts) == 417
    assert Counter((verdicts[one.task, one.sample], one.level) for one in human) == {
        ("correct", "correct"): 13,
        ("incorrect", "correct"): 3,
        ("incorrect", "partially correct"): 1,
        ("incorrect", "incorrect"): 3,
    }
    assert human[0].sample == "2.1"


# --- layouts ----------------------------------------------------------------------------------------------------------


def test_one_row_per_rating_with_several_raters_and_a_missing_cell(sheet: Any) -> None:
    intake = sheet(
        "Rater,Model,Question,Answer,Rating,Comment\n"
        "Anna,A,q1,a,correct,fine\nBen,A,q1,a,Correct but incomplete,\nAnna,A,q2,b,,no time\nBen,A,q2,b,incorrect,\n"
    )
    assert levels(intake) == [("correct",), ("correct but incomplete",), (), ("incorrect",)]
    assert [one.rater for one in intake.ratings] == ["Anna", "Ben", "Anna", "Ben"]
    assert intake.ratings[0].comment == "fine"
    assert decisions(intake, "MISSING") == [4]


def test_one_column_per_rater(sheet: Any) -> None:
    intake = sheet("Question,Answer,Model,Anna,Ben\nq1,a,A,correct,incorrect\nq2,b,A,,correct\n")
    found = {(one.rater, one.question): one.levels for one in intake.ratings}
    assert found == {
        ("Anna", "q1"): ("correct",),
        ("Ben", "q1"): ("incorrect",),
        ("Anna", "q2"): (),
        ("Ben", "q2"): ("correct",),
    }


def test_one_column_per_system(sheet: Any) -> None:
    intake = sheet("Question,GPT,Claude\nq1,correct,incorrect\n")
    assert {one.system: one.level for one in intake.ratings} == {"GPT": "correct", "Claude": "incorrect"}


def test_explanations_under_evaluation_are_not_taken_for_the_ratings(sheet: Any) -> None:
    intake = sheet("question,model,evaluation,Anna\nq1,A,because it is so,correct\nq2,A,hm,incorrect\n")
    assert [(one.rater, one.level) for one in intake.ratings] == [("Anna", "correct"), ("Anna", "incorrect")]


def test_a_column_of_a_judge_is_no_human(sheet: Any) -> None:
    text = "question,answer,model,verdict,Anna\nq1,a,A,correct,incorrect\n"
    assert [one.source for one in sheet(text, sources={"verdict": "judge"}).ratings] == ["judge", "human"]
    named = sheet(text.replace("verdict", "judge"))
    assert {one.rater: one.source for one in named.ratings} == {"judge": "judge", "Anna": "human"}


def test_whole_numbers_are_levels_and_that_is_a_guess(sheet: Any) -> None:
    intake = sheet(HEADER + "q1,a,A,2\nq2,b,A,5.0\n")
    assert levels(intake) == [("2",), ("5",)]
    assert len(intake.ratings[0].scale) == 5
    assert any(one.code == "SCALE" and one.guess for one in intake.report.decisions)


def test_the_values_of_the_four_levels_are_known(sheet: Any) -> None:
    assert levels(sheet(HEADER + "q1,a,A,0.25\nq2,b,A,1\n")) == [("partially incorrect",), ("correct",)]


def test_a_column_that_says_yes_and_no_for_correct(sheet: Any) -> None:
    assert levels(sheet("question,model,correct\nq1,A,yes\nq2,A,0\n")) == [("correct",), ("incorrect",)]


def test_json_lines_and_arrays(sheet: Any) -> None:
    rows = [{"question": "q", "model": "A", "rating": "correct"}, {"question": "q", "model": "B", "rating": None}]
    assert levels(sheet("".join(json.dumps(row) + "\n" for row in rows), "a.jsonl")) == [("correct",), ()]
    assert levels(sheet(json.dumps(rows), "a.json")) == [("correct",), ()]


def test_a_german_sheet_has_the_levels_of_an_english_one(sheet: Any) -> None:
    text = "Frage;Antwort;Modell;falsch;teilweise falsch;richtig, aber unvollständig;richtig\nF;a;A;;;x;\nF;b;B;X;;;\n"
    assert levels(sheet(text)) == [("correct but incomplete",), ("incorrect",)]


def test_headers_are_known_in_spite_of_blanks_case_and_typing_errors(sheet: Any) -> None:
    intake = sheet(
        '" qustion ",ANSWER,"Mo\ndel",ncorrect,Partialy incorrect ,Correct but incompl., corect\n'
        "q1,a,A,x ,,,\nq2,a,A,,x,,\nq3,a,A,,, X,\nq4,a,A,,,,✓\n".replace('"Mo\ndel"', '"Model\n"')
    )
    assert levels(intake) == [(level,) for level in FOUR]
    assert intake.ratings[0].question == "q1"
    assert sum(one.code == "COLUMN" and one.guess for one in intake.report.decisions) == 4


def test_rows_above_the_header_and_the_header_again_are_no_ratings(sheet: Any) -> None:
    intake = sheet(f"Ratings of answers,,,\n,,,\n{HEADER}q1,a,A,correct\n{HEADER}q2,b,A,incorrect\n,,,\n")
    assert levels(intake) == [("correct",), ("incorrect",)]
    assert intake.report.files[0].header_line == 3
    assert [(one.line, one.reason) for one in intake.report.set_aside] == [(5, "the header again")]
    assert intake.report.files[0].rows.model_dump() == {
        "read": 4,
        "kept": 2,
        "collapsed": 0,
        "set_aside": 1,
        "empty": 1,
    }


def test_questions_written_once_per_block_are_filled_down(sheet: Any) -> None:
    intake = sheet("question,model,rating\nq1,A,correct\n,B,incorrect\nq2,A,correct\n,B,correct\n")
    assert [one.question for one in intake.ratings] == ["q1", "q1", "q2", "q2"]
    assert decisions(intake, "FILLED") == [3, 5]


def test_ratings_without_questions_are_not_taken_for_copies(sheet: Any) -> None:
    intake = sheet("model,rating\nA,correct\nA,correct\nB,incorrect\n")
    assert len({one.question_id for one in intake.ratings}) == len(intake.ratings) == 3


def test_a_column_that_numbers_the_rows_is_no_sample(sheet: Any) -> None:
    text = "id,question,model,rating\n1,q1,A,correct\n2,q1,B,incorrect\n"
    assert {one.question_id for one in sheet(text).ratings} == {"q1"}
    assert {one.question_id for one in sheet(text.replace("2,", "1,")).ratings} == {"/1"}


# --- marks ------------------------------------------------------------------------------------------------------------

WIDE = "question,answer,model,incorrect,correct\n"


@pytest.mark.parametrize("mark", ["x", "x ", " X", "1", "1.0", "✓", "yes", "ja", "TRUE", "(x)", "?", "✗"])
def test_whatever_is_not_blank_is_a_mark(sheet: Any, mark: str) -> None:
    assert levels(sheet(f"{WIDE}q1,a,A,,{mark}\nq2,b,A,x,\n")) == [("correct",), ("incorrect",)]


@pytest.mark.parametrize("mark", ["0", "no", "-", "false", "nein", " ", "0.0", "☐"])
def test_what_denies_is_no_mark(sheet: Any, mark: str) -> None:
    intake = sheet(f"{WIDE}q1,a,A,{mark},x\n")
    assert levels(intake) == [("correct",)]
    assert bool(decisions(intake, "NO_MARK")) == bool(mark.strip())


def test_two_marks_are_kept_as_a_response_set(sheet: Any) -> None:
    intake = sheet(f"{WIDE}q1,a,A,x,x\n")
    assert levels(intake) == [("incorrect", "correct")]
    assert intake.report.systems[0].several == 1
    assert decisions(intake, "SEVERAL_LEVELS") == [2]


def test_a_text_in_a_column_of_marks_is_a_mark_and_a_comment(sheet: Any) -> None:
    intake = sheet(f"{WIDE}q1,a,A,,right if lead V1 is meant\n")
    assert levels(intake) == [("correct",)]
    assert intake.ratings[0].comment == "right if lead V1 is meant"
    assert decisions(intake, "TEXT_MARK") == [2]


def test_a_table_of_counts_is_not_read_as_marks(sheet: Any) -> None:
    with pytest.raises(UserError, match="numbers where marks were expected"):
        sheet("model,incorrect,correct\nA,3,7\nB,4,6\n")


def test_marks_under_two_columns_of_one_name_are_refused(sheet: Any) -> None:
    with pytest.raises(UserError, match=r"sheet.csv:1: has two columns 'correct'"):
        sheet("question,model,incorrect,correct,correct\nq1,A,,x,\nq2,A,,,x\n")


# --- levels -----------------------------------------------------------------------------------------------------------


def test_levels_that_nobody_knows_have_to_be_named(sheet: Any) -> None:
    with pytest.raises(UserError, match=r"'mies', 'toll'.*name the levels from the worst to the best, as in --levels"):
        sheet(HEADER + "q1,a,A,mies\nq2,b,A,toll\n")
    intake = sheet(HEADER + "q1,a,A,mies\nq2,b,A,tolll\n", levels="mies | mittel | toll")
    assert intake.ratings[0].scale == Scale(("mies", "mittel", "toll"), (0, 0.5, 1))


def test_marks_under_a_header_that_is_no_level_are_not_lost(sheet: Any) -> None:
    text = "question,model,incorrect,partially incorrect,{},correct\nq1,A,,,x,\nq2,A,,,,x\n"
    assert levels(sheet(text.format("Corect but incmplt"))) == [("correct but incomplete",), ("correct",)]
    with pytest.raises(
        UserError, match=r'the column \'so so\' holds marks, .* --level-name "so so=correct but incompl'
    ):
        sheet(text.format("so so"))
    named = sheet(text.format("so so"), level_names={"so so": "correct but incomplete"})
    assert levels(named) == [("correct but incomplete",), ("correct",)]


def test_own_levels_may_be_columns_of_marks(sheet: Any) -> None:
    intake = sheet("question,model,mies,toll\nq1,A,,x\n", levels="mies | toll")
    assert levels(intake) == [("toll",)]


def test_names_of_levels_can_be_said(sheet: Any) -> None:
    intake = sheet(
        HEADER + "q1,a,A,so lala\nq2,b,A,correct\n",
        levels="incorrect | fair | correct",
        level_names={"so lala": "fair"},
    )
    assert levels(intake) == [("fair",), ("correct",)]


def test_a_cell_that_is_no_level_is_set_aside_with_its_line(sheet: Any) -> None:
    rows = "".join(f"q{n},a,A,correct\n" for n in range(20))
    intake = sheet(f"{HEADER}{rows}q20,a,A,perhaps\n")
    assert len(intake.ratings) == 20
    assert [(one.line, "'perhaps' is none of the levels" in one.reason) for one in intake.report.set_aside] == [
        (22, True)
    ]


def test_correct_is_never_mistaken_for_incorrect(sheet: Any) -> None:
    rows = "".join(f"q{n},a,A,{level}\n" for n, level in enumerate(FOUR * 5))
    intake = sheet(f"{HEADER}{rows}qx,a,A,ncorrect\nqy,a,A,incorect\n")
    assert [one.line for one in intake.report.set_aside] == [22]
    assert intake.ratings[-1].levels == ("incorrect",)


@pytest.mark.parametrize("level", ["partially correct", "partially corect", "Partialy Correct"])
def test_half_right_is_never_mistaken_for_half_wrong(sheet: Any, level: str) -> None:
    scale = "incorrect | partially incorrect | correct"
    rows = "".join(f"q{n},a,A,{one}\n" for n, one in enumerate(scale.split(" | ")))
    intake = sheet(f"{HEADER}{rows}qx,a,A,{level}\n", levels=scale)
    assert [one.line for one in intake.report.set_aside] == [5]


def test_a_scale_is_that_of_all_files_together(tmp_path: Path) -> None:
    (tmp_path / "anna.csv").write_text(HEADER + "q1,a,A,correct\nq2,b,A,incorrect\n")
    (tmp_path / "ben.csv").write_text(HEADER + "q1,a,A,correct but incomplete\nq2,b,A,partially incorrect\n")
    intake = import_ratings([tmp_path / "anna.csv", tmp_path / "ben.csv"])
    assert {one.scale.levels for one in intake.ratings} == {FOUR}


# --- copies, raters, systems ------------------------------------------------------------------------------------------


def test_equal_copies_are_collapsed_and_others_are_repeats(sheet: Any) -> None:
    intake = sheet(f"{HEADER}q1,a,A,correct\nq1,a,A,correct\nQ1,A ,A,incorrect\nq1,a,B,correct\n")
    assert [(one.system, one.level, one.repeat) for one in intake.ratings] == [
        ("A", "correct", 0),
        ("A", "incorrect", 1),
        ("B", "correct", 0),
    ]
    assert intake.report.files[0].rows.collapsed == 1
    assert decisions(intake, "DUPLICATE") == [3]
    assert decisions(intake, "REPEAT") == [4]
    first = next(one for one in intake.report.systems if one.system == "A")
    assert (first.n, first.repeats) == (1, 1)  # a repeat is no further answer


def test_an_unrated_copy_gives_way_and_its_comment_stays(sheet: Any) -> None:
    text = "question,answer,model,rating,comment\nq1,a,A,,see below\nq1,a,A,correct,\n"
    intake = sheet(text)
    assert [(one.levels, one.repeat, one.comment) for one in intake.ratings] == [(("correct",), 0, "see below")]


def test_the_rule_for_copies_can_be_chosen(sheet: Any) -> None:
    text = f"{HEADER}q1,a,A,correct\nq1,a,A,correct\n"
    assert [one.repeat for one in sheet(text, duplicates="repeats").ratings] == [0, 1]
    with pytest.raises(UserError, match=r"sheet.csv:3: rates an answer of 'A' again"):
        sheet(text, duplicates="error")


def test_two_answers_of_a_system_to_one_question_are_kept_and_reported(sheet: Any) -> None:
    intake = sheet(f"{HEADER}q1,a,A,correct\nq1,another,A,correct\n")
    assert len(intake.ratings) == 2
    assert decisions(intake, "MISALIGNED") == [3]


def test_an_unnamed_rater_is_told_and_a_second_sheet_on_the_same_answers_is_by_another(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text(f"{HEADER}q1,a,A,correct\nq2,b,A,correct\n")
    (tmp_path / "2.csv").write_text(f"{HEADER}q1,a,A,incorrect\nq2,b,A,correct\n")
    (tmp_path / "3.csv").write_text(f"{HEADER}q3,c,A,incorrect\n")
    paths = [tmp_path / f"{n}.csv" for n in (1, 2, 3)]
    intake = import_ratings(paths)
    assert [one.rater for one in intake.ratings] == ["rater-1", "rater-1", "rater-2", "rater-2", "rater-1"]
    named = import_ratings(paths, mapping=SheetMapping(rater=["Anna", "Ben", "Anna"]))
    assert [one.rater for one in named.ratings] == ["Anna", "Anna", "Ben", "Ben", "Anna"]
    with pytest.raises(UserError, match="2 raters for 3 files"):
        import_ratings(paths, mapping=SheetMapping(rater=["Anna", "Ben"]))


def test_a_copy_of_a_whole_sheet_adds_nothing(tmp_path: Path) -> None:
    for name in ("1.csv", "2.csv"):
        (tmp_path / name).write_text(f"{HEADER}q1,a,A,correct\nq2,b,A,correct\n")
    intake = import_ratings([tmp_path / "1.csv", tmp_path / "2.csv"])
    assert len(intake.ratings) == 2
    assert intake.report.files[1].rows.collapsed == 2


def test_spellings_that_differ_in_separators_are_one_system_and_others_are_reported(sheet: Any) -> None:
    intake = sheet(
        f"{HEADER}q1,a,LLama 3.1 8B+RAG,correct\nq2,a,Llama-3.1 8B + RAG,correct\nq3,a,LLama 3.1 8B+RAG,correct\n"
        "q4,a,Lama 3.1 8B + RAG,correct\nq5,a,LLama 3.1 70B + RAG,incorrect\n"
    )
    assert {one.system for one in intake.ratings} == {"LLama 3.1 8B+RAG", "Lama 3.1 8B + RAG", "LLama 3.1 70B + RAG"}
    assert decisions(intake, "SYSTEM_MERGED") == [3]
    suspects = [one.text for one in intake.report.decisions if one.code == "SYSTEM_SUSPECT"]
    assert len(suspects) == 1
    assert "'Lama 3.1 8B + RAG'" in suspects[0]


def test_systems_are_renamed_by_a_map_though_their_names_hold_equals_signs(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text(HEADER + 'q1,a,"FT: r=64, alpha=16",correct\nq2,a,B,incorrect\n')
    intake = import_ratings([path], system_map=["FT: r=64, alpha=16=tuned"])
    assert [one.system for one in intake.ratings] == ["tuned", "B"]
    with pytest.raises(UserError, match="OLD=NEW where OLD is a system"):
        import_ratings([path], system_map=["C=D"])


# --- columns by flag --------------------------------------------------------------------------------------------------


def test_columns_can_be_named(sheet: Any) -> None:
    text = "Was?,Wer?,Wie?\nq1,A,correct\nq2,A,incorrect\n"
    with pytest.raises(UserError, match=r"sheet.csv:1: is no rating sheet.*--column level=COLUMN"):
        sheet(text)
    intake = sheet(text, columns={"question": "was?", "system": "Wer?", "level": "Wie?"})
    assert [(one.question, one.system, one.level) for one in intake.ratings] == [
        ("q1", "A", "correct"),
        ("q2", "A", "incorrect"),
    ]
    with pytest.raises(UserError, match=r"has no column 'Wo\?'"):
        sheet(text, columns={"question": "Wo?", "system": "Wer?", "level": "Wie?"})


def test_the_system_of_a_sheet_can_be_said(sheet: Any) -> None:
    assert sheet("question,rating\nq1,correct\n", system="GPT").ratings[0].system == "GPT"


# --- tables, reports, strictness --------------------------------------------------------------------------------------


def rating(**fields: Any) -> Rating:
    given: dict[str, Any] = {"system": "A", "question": "q", "answer": "a", "rater": "Anna", "levels": ("correct",)}
    return Rating(scale=Scale.even(FOUR), **(given | fields))


def test_a_table_is_passed_through_and_merged_with_a_sheet(tmp_path: Path) -> None:
    table, sheet = tmp_path / "ratings.csv", tmp_path / "more.csv"
    ratings = [rating(position=3, repeat=1), rating(levels=(), task="t", sample="s", inclusion=0.25)]
    write_ratings(table, ratings)
    assert import_ratings([table]).ratings == ratings
    sheet.write_text(f"{HEADER}q9,a,A,correct\n")
    merged = import_ratings([table, sheet])
    assert merged.ratings[:2] == ratings
    assert merged.ratings[2].scale == ratings[0].scale


def test_a_table_edited_in_a_spreadsheet_is_read_all_the_same(tmp_path: Path) -> None:
    table, edited = tmp_path / "ratings.csv", tmp_path / "edited.csv"
    ratings = [rating(position=3, repeat=1, inclusion=0.5, task="t", sample="s", epoch=2), rating(source="judge")]
    write_ratings(table, ratings)
    with table.open(newline="") as file, edited.open("w", newline="") as out:
        csv.writer(out, delimiter=";").writerows(csv.reader(file))
    assert [
        Rating(**{name: getattr(one, name) for name in Rating.__dataclass_fields__ if name != "origin"})
        for one in import_ratings([edited]).ratings
    ] == ratings


def test_loading_reads_tables_and_imports_sheets(tmp_path: Path) -> None:
    table, sheet = tmp_path / "ratings.csv", tmp_path / "sheet.csv"
    write_ratings(table, [rating()])
    sheet.write_text(f"{HEADER}q9,a,A,correct\n")
    assert load_ratings(table) == [rating()]
    assert [one.question for one in load_ratings([table, sheet])] == ["q", "q9"]


def test_the_report_and_the_table_are_written_and_can_be_read_again(sheet: Any, tmp_path: Path) -> None:
    intake = sheet(f"{HEADER}q1,a,A,correct\nq2,a,A,\n")
    report = intake.write(tmp_path / "ratings.csv")
    assert report == tmp_path / "ratings.intake.json"
    assert IntakeRecord.model_validate_json(report.read_text()) == intake.report
    assert read_ratings(tmp_path / "ratings.csv") == intake.ratings
    with pytest.raises(UserError, match="is no table of ratings: give another --out"):
        intake.write(tmp_path / "sheet.csv")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (f"{HEADER}q1,a,A,correct\nq2,a,,incorrect\n", 3, "names no system"),
        (HEADER.replace("rating", "ratng") + "q1,a,A,correct\n", 1, "is taken for level"),
        (f"{HEADER}q1,a,A,correct\nq2,a,A,incorect\n", 3, "'incorect' is taken for incorrect"),
    ],
)
def test_strict_refuses_what_is_set_aside_or_guessed(sheet: Any, text: str, line: int, message: str) -> None:
    assert sheet(text).ratings
    with pytest.raises(UserError, match=rf"sheet\.csv:{line}: .*{message}"):
        sheet(text, strict=True)


def test_strict_takes_a_clean_sheet(sheet: Any) -> None:
    assert len(sheet(f"{HEADER}q1,a,A,correct\nq2,a,A,incorrect\n", strict=True).ratings) == 2


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_writes_prints_and_refuses(tmp_path: Path) -> None:
    path, out = tmp_path / "s.csv", tmp_path / "ratings.csv"
    path.write_text("Question,Model,Bewertung\nq1,FT=1,gut\nq2,B,toll\nq3,B,\n")
    arguments = ["ratings", "import", str(path), "--out", str(out)]
    refused = CliRunner().invoke(cli, arguments)
    assert isinstance(refused.exception, UserError)
    assert not out.exists()
    arguments += ["--levels", "mies | gut | toll", "--rater", "Anna", "--system-map", "FT=1=tuned"]
    done = CliRunner().invoke(cli, [*arguments, "--json"], catch_exceptions=False)
    assert json.loads(done.stdout)["ratings"] == 3
    assert [(one.system, one.rater, one.level) for one in read_ratings(out)] == [
        ("tuned", "Anna", "gut"),
        ("B", "Anna", "toll"),
        ("B", "Anna", None),
    ]
    shown = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert "shown but not rated" in shown.stdout
    assert "tuned" in shown.stdout


def test_a_mapping_says_what_flags_say_and_flags_go_before_it(tmp_path: Path) -> None:
    path, mapping, out = tmp_path / "s.csv", tmp_path / "map.yaml", tmp_path / "ratings.csv"
    path.write_text("Was,Wer,Wie,Richter\nq1,A,so la la,gut\n")
    mapping.write_text(
        "columns: {question: Was, system: Wer}\nlevels: mies | mittel | gut\nlevel_names: {so la la: mittel}\n"
        "systems: {A: GPT}\nrater_columns: [Wie, Richter]\nsources: {Richter: judge}\ncriterion: style\n"
    )
    arguments = ["ratings", "import", str(path), "--out", str(out), "--mapping", str(mapping), "--criterion", "tone"]
    CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert [(one.system, one.rater, one.source, one.criterion, one.level) for one in read_ratings(out)] == [
        ("GPT", "Wie", "human", "tone", "mittel"),
        ("GPT", "Richter", "judge", "tone", "gut"),
    ]
    mapping.write_text("columns:\n  question: Was\nlevls: a | b\n")
    refused = CliRunner().invoke(cli, arguments)
    assert "map.yaml:3: unknown field 'levls'" in str(refused.exception)
