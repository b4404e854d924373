"""What the expert gets: blinded, defused, with a list of levels; and a key that resolves it. Both or none."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg_bench import UserError
from ecg_bench.ratings import Scale
from ecg_bench.ratings.sheets import KEY_COLUMNS, Sample, draw, export_sheet, rubric
from ecg_bench.ratings.sheets._order import Assignment, Drawn, arrange
from ecg_bench.ratings.sheets._page import page
from ecg_bench.ratings.sheets._pool import Candidate
from ecg_bench.ratings.sheets._table import key_bytes, table_bytes
from ecg_bench.ratings.sheets._workbook import workbook_bytes
from ecg_bench.texts import LONGEST, clean, is_formula
from tests.ratings.sheets.conftest import SYSTEMS
from tests.ratings.sheets.making import make_run, pack_of

ROOT = Path(__file__).parents[3]
LEVELS = ("incorrect", "partially incorrect", "correct but incomplete", "correct")
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", " =", "\u200b=", "\u3000＝", "＋", "－", "＠", "\x00=", "  @")
ATTACK = "cmd|' /C calc'!A0"


@pytest.fixture
def sample(three_runs: list[Path], studio: Path) -> Sample:
    given_: dict[str, Any] = {"sample": 60, "stratify": ["verdict", "system"], "repeats": 0.1, "seed": 1}
    return draw(three_runs, include=[pack_of(studio)], **given_)


def read_csv(data: bytes, separator: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=separator, strict=True))


def test_the_sheet_holds_nothing_that_names_a_system_or_a_run(sample: Sample, tmp_path: Path) -> None:
    export_sheet(sample, rubric(), tmp_path / "sheet.xlsx", tmp_path / "key.csv")
    with zipfile.ZipFile(tmp_path / "sheet.xlsx") as file:
        parts = {name: file.read(name).decode() for name in file.namelist()}
    everything = "\0".join([*parts, *parts.values()]).casefold()
    for one in sample.drawn:
        for secret in (one.answer.system, one.answer.run, one.answer.group, one.answer.sample, one.stratum):
            assert secret.casefold() not in everything
    for secret in ("inclusion", "stratum", "seed", "lexical", str(tmp_path).casefold(), str(date.today().year)):
        assert secret not in everything
    book = openpyxl.load_workbook(tmp_path / "sheet.xlsx")
    assert not book.defined_names
    assert [sheet.sheet_state for sheet in book.worksheets] == ["visible"] * 3


def test_the_same_seed_gives_the_same_bytes_and_another_another_order(
    three_runs: list[Path], studio: Path, tmp_path: Path
) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        one = draw(three_runs, sample=30, repeats=0.1, seed=seed, include=[pack_of(studio)])
        for suffix in ("xlsx", "csv", "tsv"):
            export_sheet(one, rubric(), tmp_path / f"{name}.{suffix}", tmp_path / f"{name}.{suffix}.key.csv")
    for suffix in ("xlsx", "csv", "tsv", "csv.key.csv"):
        a, b, c = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in "abc")
        assert a == b != c
    codes = [[row["code"] for row in read_csv((tmp_path / f"{name}.csv").read_bytes())] for name in "ac"]
    assert not set(codes[0]) & set(codes[1])


def test_excel_offers_the_levels_and_lets_nothing_else_be_edited(sample: Sample, tmp_path: Path) -> None:
    export_sheet(sample, rubric(), tmp_path / "sheet.xlsx", tmp_path / "key.csv")
    book = openpyxl.load_workbook(tmp_path / "sheet.xlsx")
    assert book.sheetnames == ["Ratings", "Levels", "How to rate"]
    assert book.active is book["Ratings"]
    sheet = book["Ratings"]
    assert [cell.value for cell in sheet[1]] == ["code", "question", "reference", "answer", "rating", "comment"]
    assert sheet.max_row == len(sample.assignments) + 1 == 67
    (choice,) = sheet.data_validations.dataValidation
    assert (choice.type, choice.formula1, str(choice.sqref)) == ("list", "'Levels'!$A$2:$A$5", "E2:E67")
    assert choice.showErrorMessage
    assert choice.showDropDown is not True  # in the file format, true hides the list
    assert tuple(cell.value for (cell,) in book["Levels"]["A2:A5"]) == LEVELS
    assert all(cell.value for (cell,) in book["Levels"]["B2:B5"])
    assert sheet.freeze_panes == "B2"
    for one in book.worksheets:
        assert one.protection.sheet
        assert one.protection.password is None
    for row in sheet.iter_rows():
        for cell in row:
            assert cell.protection.locked == (cell.row == 1 or cell.column < 5)
            assert cell.row == 1 or cell.alignment.wrap_text
    said = "\n".join(str(value) for (value,) in book["How to rate"].values)
    assert "66 answers to rate" in said
    assert "how far a cardiologist could let the answer stand as it is" in said


def marked(answer: str) -> str:
    """Return the level that a rater would give, by words that only one kind of answer has."""
    words = {"and the purpose is numbered": 3, "It has a purpose": 2, "is not good": 1, "Nobody": 0}
    (place,) = (place for word, place in words.items() if word in answer)
    return LEVELS[place]


def test_a_rater_fills_it_in_and_every_mark_finds_its_answer(sample: Sample, tmp_path: Path) -> None:
    export_sheet(sample, rubric(), tmp_path / "sheet.xlsx", tmp_path / "key.csv")
    book = openpyxl.load_workbook(tmp_path / "sheet.xlsx")
    sheet = book["Ratings"]
    for row in range(2, sheet.max_row + 1):
        text = str(sheet.cell(row, 4).value)
        sheet.cell(row, 5).value = marked(text)
    book.save(tmp_path / "rated.xlsx")
    rated = {
        str(row[0]): str(row[4])
        for row in openpyxl.load_workbook(tmp_path / "rated.xlsx")["Ratings"].iter_rows(min_row=2, values_only=True)
    }
    key = read_csv((tmp_path / "key.csv").read_bytes())
    assert {row["code"] for row in key} == set(rated)
    for row in key:
        assert rated[row["code"]] == marked(row["answer"])
    assert {row["system"] for row in key} == set(SYSTEMS)


def test_the_key_has_what_the_import_needs(sample: Sample, tmp_path: Path) -> None:
    export_sheet(sample, rubric(), tmp_path / "sheet.csv", tmp_path / "key.csv")
    key = read_csv((tmp_path / "key.csv").read_bytes())
    assert tuple(key[0]) == KEY_COLUMNS
    assert {row["repeat"] for row in key} == {"0", "1"}
    firsts = [row for row in key if row["repeat"] == "0"]
    assert sum(1 / float(row["inclusion"]) for row in firsts) == pytest.approx(180), "weights sum to all answers"
    assert {Scale.parse(row["scale"]) for row in key} == {rubric().scale}
    assert [row["code"] for row in read_csv((tmp_path / "sheet.csv").read_bytes())] == [
        row["code"] for row in sorted(key, key=lambda row: int(row["position"]))
    ]
    again = {row["code"] for row in key if row["repeat"] == "1"}
    places = [{(row["sample"], row["system"]) for row in key if row["repeat"] == repeat} for repeat in "01"]
    assert len(again) == 6
    assert places[1] < places[0]


@pytest.mark.parametrize("reference", [True, False])
def test_reference_and_passage_are_shown_as_asked(sample: Sample, tmp_path: Path, reference: bool) -> None:
    shown = export_sheet(
        sample, rubric(), tmp_path / "sheet.csv", tmp_path / "key.csv", reference=reference, passage=not reference
    )
    other = "reference" if reference else "passage"
    assert list(shown.columns) == ["code", "question", other, "answer", "rating", "comment"]
    for row, one in zip(read_csv((tmp_path / "sheet.csv").read_bytes()), sample.assignments, strict=True):
        assert row[other] == (one.reference if reference else clean(one.passage))
        assert row[other]


def texts() -> st.SearchStrategy[str]:
    dangerous = st.sampled_from(DANGEROUS).map(lambda start: start + ATTACK)
    lines = st.lists(dangerous | st.text(max_size=20), min_size=1, max_size=3).map("\n".join)
    return (
        lines | dangerous | st.sampled_from(["#N/A", "1e5", "0012", "TRUE", "2026-11-21", '"', "'", ";=1", "_x0041_"])
    )


def assignments(fields: list[tuple[str, str, str, str]]) -> list[Assignment]:
    drawn = [
        Drawn(
            answer=Candidate(
                run="r", task="t", sample=str(n), epoch=0, system="s", question=question or "?", reference=reference,
                passage=passage, text=text or "!", group=reference, topic=passage,
            ),
            inclusion=0.5, stratum="all",
        )
        for n, (question, reference, passage, text) in enumerate(fields)
    ]  # fmt: skip
    return arrange(drawn, 0.2, Random(1))


fields = st.lists(st.tuples(texts(), texts(), texts(), texts()), min_size=1, max_size=4)


@settings(max_examples=30, deadline=None)
@given(fields, texts())
def test_in_a_workbook_nothing_is_a_formula(some: list[tuple[str, str, str, str]], about: str) -> None:
    by = replace(rubric(), about=about, meanings=[about] * 4)
    shown = page(assignments(some), by, passage=True)
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(shown)))
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type in ("s", "n"), cell.value
                assert (cell.data_type == "n") == (cell.value is None)
                if is_formula(str(cell.value or "")):
                    assert cell.quotePrefix
    columns = {cell.value: cell.column for cell in book["Ratings"][1]}
    for number, row in enumerate(shown.rows, 2):
        for name, text in zip(shown.columns, row, strict=False):
            assert (book["Ratings"].cell(number, columns[name]).value or "") == text


@settings(max_examples=100, deadline=None)
@given(fields, st.sampled_from([",", "\t"]))
def test_in_a_table_no_line_is_a_formula_whatever_separates_cells(
    some: list[tuple[str, str, str, str]], separator: str
) -> None:
    shown = page(assignments(some), rubric(), passage=True)
    data = table_bytes(shown, separator)
    assert data.startswith(b"\xef\xbb\xbf")
    rows = read_csv(data, separator)
    assert len(rows) == len(shown.rows)
    for row, texts_ in zip(rows, shown.rows, strict=True):
        for name, text in zip(shown.columns, texts_, strict=False):
            assert row[name].replace("'", "") == text.replace("'", "")
            assert not is_formula(row[name])
    for line in data.decode("utf-8-sig").split("\n"):
        assert not is_formula(line)


@settings(max_examples=100, deadline=None)
@given(fields)
def test_sheet_and_key_together_give_every_drawn_answer_back(some: list[tuple[str, str, str, str]]) -> None:
    shown = assignments(some)
    key = read_csv(key_bytes(shown, rubric()))
    by_code = {row["code"]: row for row in key}
    for row in read_csv(table_bytes(page(shown, rubric()), ",")):
        found = some[int(by_code[row["code"]]["sample"])]
        assert by_code[row["code"]]["question"] == (found[0] or "?")
        assert by_code[row["code"]]["answer"] == (found[3] or "!")
    assert {int(row["sample"]) for row in key} == set(range(len(some)))


@given(st.text(alphabet=st.characters(), max_size=50))
def test_cleaned_text_keeps_all_that_can_be_read(text: str) -> None:
    shown = clean(text)
    assert shown == clean(shown)
    assert [one for one in shown if one.isalnum()] == [one for one in text if one.isalnum()]
    assert "\r" not in shown
    shown.encode()


@pytest.mark.parametrize("one", ["x", "\U0001fac0"])
def test_what_is_too_long_for_a_cell_is_cut_and_says_so_and_the_key_has_it_all(one: str) -> None:
    shown = assignments([("Why?", "", "", one * 40_000)])
    text = page(shown, rubric()).rows[0][-1]
    assert len(text.encode("utf-16-le")) // 2 <= LONGEST
    assert text.endswith("[cut here: the text has 40,000 characters, more than a cell can hold]")
    (row,) = read_csv_large(key_bytes(shown, rubric()))
    assert row["answer"] == one * 40_000
    assert openpyxl.load_workbook(io.BytesIO(workbook_bytes(page(shown, rubric()))))["Ratings"]["C2"].value == text


def read_csv_large(data: bytes) -> list[dict[str, str]]:
    before = csv.field_size_limit(1_000_000)
    try:
        return read_csv(data)
    finally:
        csv.field_size_limit(before)


def test_codes_are_text_for_every_spreadsheet_and_easy_to_read(sample: Sample) -> None:
    for one in sample.assignments:
        assert len(one.code) == 7
        assert one.code[0].isalpha()
        assert one.code[2] == "-"
        assert not set(one.code) & set("0OQ1IL2Z5S8BAEU")


def test_two_sheets_of_one_study_share_no_code(three_runs: list[Path], studio: Path) -> None:
    pack = pack_of(studio)
    first = draw(three_runs, sample=30, by_question=False, include=[pack])
    second = draw(three_runs, sample=30, stratify=["system"], include=[pack])
    assert not {one.code for one in first.assignments} & {one.code for one in second.assignments}


def test_an_answer_that_names_a_system_is_told(tmp_path: Path) -> None:
    run = make_run(tmp_path, "Zephyr", lambda n: "I am ZEPHYR." if n < 3 else f"{n} zephyrs.", n=6, judged=False)
    one = draw([run], include=[pack_of(tmp_path)])
    assert any(notice.startswith("3 of the answers hold the name of a system") for notice in one.notices)


def test_marks_are_never_written_over_unless_told(sample: Sample, tmp_path: Path) -> None:
    sheet, key = tmp_path / "sheet.csv", tmp_path / "key.csv"
    export_sheet(sample, rubric(), sheet, key)
    export_sheet(sample, rubric(), sheet, key)  # the same again does no harm
    sheet.write_bytes(sheet.read_bytes() + b"marked")
    before = sheet.read_bytes(), key.read_bytes()
    with pytest.raises(UserError, match="may hold an expert's marks"):
        export_sheet(sample, rubric(), sheet, key)
    with pytest.raises(UserError, match="may hold an expert's marks"):
        export_sheet(replace(sample, assignments=sample.assignments[:5]), rubric(), tmp_path / "new.csv", key)
    assert (sheet.read_bytes(), key.read_bytes()) == before
    assert sorted(os.listdir(tmp_path)) == ["key.csv", "sheet.csv"]
    export_sheet(sample, rubric(), sheet, key, force=True)
    assert not sheet.read_bytes().endswith(b"marked")


@pytest.mark.parametrize("force", [False, True])
def test_where_one_file_cannot_be_written_the_other_is_as_it_was(sample: Sample, tmp_path: Path, force: bool) -> None:
    key = tmp_path / "key.csv"
    if force:
        key.write_bytes(b"an older key")
    with pytest.raises(UserError, match=r"sheet\.csv: cannot be written: No such file or directory"):
        export_sheet(sample, rubric(), tmp_path / "nowhere" / "sheet.csv", key, force=force)
    assert (key.read_bytes() if force else key.exists()) == (b"an older key" if force else False)
    assert sorted(os.listdir(tmp_path)) == (["key.csv"] if force else [])


@pytest.mark.parametrize("force", [False, True])
def test_a_failure_between_the_two_leaves_neither(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, force: bool
) -> None:
    if force:
        (tmp_path / "key.csv").write_bytes(b"an older key")
    replace_ = os.replace

    def fails(source: Path, target: Path) -> None:
        if target.name == "sheet.xlsx":
            raise OSError(28, "No space left on device")
        replace_(source, target)

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(UserError, match=r"sheet\.xlsx: cannot be written: No space left on device"):
        export_sheet(sample, rubric(), tmp_path / "sheet.xlsx", tmp_path / "key.csv", force=force)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == (
        {"key.csv": b"an older key"} if force else {}
    )


KILLED = """
import os, signal, sys
from ecg_bench.ratings.sheets import _export, draw, export_sheet, rubric
calls, replace = [], os.replace
def dies(*names):
    calls.append(names)
    if len(calls) == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    replace(*names)
os.replace = dies
sample = draw([sys.argv[2]], sample=10, include=[sys.argv[3]])
export_sheet(sample, rubric(), "sheet.xlsx", "key.csv")
"""


@pytest.mark.slow
@pytest.mark.parametrize("moment", [1, 2, 3])
def test_killed_in_the_middle_no_file_is_half_written_and_the_same_call_completes(
    three_runs: list[Path], studio: Path, tmp_path: Path, moment: int
) -> None:
    def run(at: int) -> int:
        command = [sys.executable, "-c", KILLED, str(at), str(three_runs[0]), str(pack_of(studio))]
        return subprocess.run(
            command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=100
        ).returncode

    assert run(moment) == (-signal.SIGKILL if moment < 3 else 0)
    there = {path.name for path in tmp_path.iterdir() if not path.name.startswith(".")}
    assert there == [set(), {"key.csv"}, {"key.csv", "sheet.xlsx"}][moment - 1]
    assert run(9) == 0
    assert len(read_csv((tmp_path / "key.csv").read_bytes())) == 10
    assert openpyxl.load_workbook(tmp_path / "sheet.xlsx")["Ratings"].max_row == 11
    assert len(list(tmp_path.iterdir())) == 2


@pytest.fixture
def cli(three_runs: list[Path], studio: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def call(*arguments: object) -> subprocess.CompletedProcess[str]:
        form = (sys.executable, "-m", "ecg_bench", "ratings", "export", *three_runs, "--include", pack_of(studio))
        return subprocess.run(
            [*map(str, form), *map(str, arguments)], capture_output=True, text=True, cwd=tmp_path, timeout=100,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    return call


DESIGN = ("--sample", 60, "--stratify", "verdict,system", "--repeats", 0.1, "--seed", 1)


@pytest.mark.slow
def test_the_command_writes_sheet_and_key_and_says_what_to_expect(
    cli: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    done = cli("--out", "sheet.xlsx", "--key", "key.csv", *DESIGN)
    assert done.returncode == 0, done.stderr
    assert "66 rows, 60 answers, 6 of the rows repeats" in done.stdout
    assert "verdict=correct, system=Aurora-7B" in done.stdout
    assert "don't send it to the rater" in done.stdout
    before = (tmp_path / "sheet.xlsx").read_bytes()
    shown = cli("--out", "sheet.xlsx", "--key", "key.csv", *DESIGN, "--json")
    record = json.loads(shown.stdout)
    assert (record["answers"], record["repeats"], record["columns"][0]) == (60, 6, "code")
    assert sum(one["drawn"] for one in record["strata"]) == 60
    assert 0 < record["widths"]["systems"]["Aurora-7B"]["corrected"] < 1
    assert (tmp_path / "sheet.xlsx").read_bytes() == before


@pytest.mark.slow
def test_the_plan_prints_widths_and_writes_nothing(
    cli: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    done = cli("--plan", "--sample", 70, "--stratify", "verdict,system", "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["budgets"]
    assert [row["budget"] for row in rows] == [20, 40, 60, 70, 100, 180]
    table = cli("--plan")
    assert "width of the 95 % interval" in table.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name the sheet with --out and its key with --key"),
        (("--out", "s.ods", "--key", "k.csv"), "s.ods: the name of a sheet ends in .xlsx, .csv, .tsv"),
        (("--out", "s.csv", "--key", "k.xlsx"), "k.xlsx: the name of a key ends in .csv"),
        (("--out", "s.csv", "--key", "./s.csv"), "name the same file"),
        (("--out", "s.csv", "--key", "k.csv", "--stratify", "length"), "takes verdict, system, topic"),
        (("--out", "s.csv", "--key", "k.csv", "--by-question", "--stratify", "verdict"), "leave out --by-question"),
        (
            ("--out", "s.csv", "--key", "k.csv", "--sample", "5", "--stratify", "verdict,system"),
            "too small for 9 strata",
        ),
        (("--out", "s.csv", "--key", "k.csv", "--repeats", "0.8"), "a share of the answers from 0 to 0.5"),
        (("--out", "s.csv", "--key", "k.csv", "--judge", "key-points"), "no criterion with levels"),
        (("--out", "s.csv", "--key", "k.csv", "--pilot", "none.csv"), "none.csv: no such file"),
        (("nowhere", "--plan"), "nowhere: is no run directory"),
    ],
)
def test_mistakes_are_answered_with_one_sentence_and_nothing_is_written(
    cli: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = cli(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())
