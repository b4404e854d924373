"""Files of every usual kind are opened, and hostile ones are refused in one sentence."""

from __future__ import annotations

import io
import time
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ecg_bench import UserError
from ecg_bench.ratings.intake import Intake, SheetMapping, import_ratings

ROWS = [
    ("Frage", "Antwort", "Modell", "Bewertung"),
    ("Größe?", "a; b, c", "A", "correct"),
    ("q2", "ü", "B", "incorrect"),
]


def text(separator: str = ",", end: str = "\n") -> str:
    return end.join(separator.join(f'"{cell}"' for cell in row) for row in ROWS) + end


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32"])
def test_any_separator_line_end_and_encoding(tmp_path: Path, separator: str, end: str, encoding: str) -> None:
    path = tmp_path / "sheet.csv"
    path.write_bytes(text(separator, end).encode(encoding))
    intake = import_ratings([path])
    assert [(one.question, one.answer, one.level) for one in intake.ratings] == [
        ("Größe?", "a; b, c", "correct"),
        ("q2", "ü", "incorrect"),
    ]
    guessed = encoding in ("cp1252", "utf-16-le", "utf-16-be")
    assert intake.report.files[0].encoding.endswith("(guessed)") == guessed


def test_the_line_of_excel_that_names_the_separator_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text("sep=;\n" + text(";") + "q3;x;A;perhaps\n" + "q4;x;A;correct\n" * 20)
    intake = import_ratings([path])
    assert [one.line for one in intake.report.set_aside] == [5]


def test_encoding_and_separator_can_be_said(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_bytes(text("^").encode("cp437"))
    intake = import_ratings([path], mapping=SheetMapping(encoding="cp437", separator="^"))
    assert intake.ratings[0].question == "Größe?"
    with pytest.raises(UserError, match="no encoding 'klingon'"):
        import_ratings([path], mapping=SheetMapping(encoding="klingon"))


def test_a_quotation_mark_that_is_missing_is_told_with_the_row_where_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text('question,model,rating\nq1,A,correct\n"q2,A,correct\nq3,A,correct\n')
    with pytest.raises(UserError, match=r"sheet.csv:3: is not valid CSV in the row that begins here"):
        import_ratings([path])


def test_rows_with_too_many_cells_are_set_aside_and_short_ones_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text("question,model,rating,comment\nq1,A,correct\nq2, with a comma,A,correct,fine\nq3,A,correct,,,\n")
    intake = import_ratings([path])
    assert [one.question for one in intake.ratings] == ["q1", "q3"]
    assert [(one.line, one.reason) for one in intake.report.set_aside] == [(3, "has 5 cells where the header has 4")]


# --- Excel ------------------------------------------------------------------------------------------------------------


def workbook(path: Path, rows: list[tuple[Any, ...]], title: str = "Ratings", **other: list[tuple[Any, ...]]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for name, more in other.items():
        added = book.create_sheet(name)
        for row in more:
            added.append(row)
    book.save(path)
    return path


def change(path: Path, part: str, old: str, new: str) -> Path:
    """Replace text in one part of a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old.encode() in parts[part]
    parts[part] = parts[part].replace(old.encode(), new.encode())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def levels(intake: Intake) -> list[tuple[str, ...]]:
    return [one.levels for one in intake.ratings]


def test_a_workbook_with_numbers_dates_and_empty_rows(tmp_path: Path) -> None:
    rows = [
        ("Question", "Model", "Rating", "Time"),
        ("q1", "A", 2.0, datetime(2026, 1, 2, 3)),
        (None,),
        ("q2", "A", 5, None),
    ]
    path = workbook(tmp_path / "a.xlsx", [*rows, (None, " "), (None,)], Notes=[("nothing",)])
    intake = import_ratings([path])
    assert levels(intake) == [("2",), ("5",)]
    assert intake.ratings[0].time == "2026-01-02T03:00:00"
    assert intake.ratings[1].origin == f"{path}:4"
    assert any(one.code == "OTHER_SHEETS" and "'Notes'" in one.text for one in intake.report.decisions)


def test_true_and_false_in_columns_of_marks(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [("Question", "Model", "incorrect", "correct"), ("q1", "A", False, True)])
    assert levels(import_ratings([path])) == [("correct",)]


def test_merged_cells_are_filled(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [("Question", "Model", "Rating"), ("q1", "A", "correct"), (None, "B", "incorrect"), ("q2", "A", "correct")],
    )
    book = openpyxl.load_workbook(path)
    book["Ratings"].merge_cells("A2:A3")
    book.save(path)
    intake = import_ratings([path])
    assert [one.question for one in intake.ratings] == ["q1", "q1", "q2"]
    assert any(one.code == "MERGED_CELLS" and one.lines == [2] for one in intake.report.decisions)


def test_two_sheets_of_ratings_have_to_be_told_apart(tmp_path: Path) -> None:
    rows = [("Question", "Model", "Rating"), ("q1", "A", "correct")]
    path = workbook(tmp_path / "a.xlsx", rows, "Anna", Ben=[*rows, ("q2", "A", "incorrect")])
    with pytest.raises(
        UserError, match=r"several sheets that look like ratings \('Anna', 'Ben'\): name one with --sheet"
    ):
        import_ratings([path])
    assert len(import_ratings([path], mapping=SheetMapping(sheet="Ben")).ratings) == 2
    with pytest.raises(UserError, match="has no sheet 'Cora', but 'Anna', 'Ben'"):
        import_ratings([path], mapping=SheetMapping(sheet="Cora"))


def test_a_formula_without_a_stored_value_is_no_blank(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [("Question", "Model", "incorrect", "correct"), ("q1", "A", None, '=IF(1,"x","")'), ("q2", "A", "x", None)],
    )
    intake = import_ratings([path])
    assert levels(intake) == [("incorrect",)]
    assert [(one.line, "formula" in one.reason) for one in intake.report.set_aside] == [(2, True)]


def test_a_formula_with_a_stored_value_is_that_value(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [("Question", "Model", "Rating"), ("q1", "A", "=1+1"), ("q2", "A", "correct")])
    with zipfile.ZipFile(path) as archive:
        source = archive.read("xl/worksheets/sheet1.xml").decode()
    start, end = source.index('<c r="C2"'), source.index("</c>", source.index('<c r="C2"')) + 4
    cell = '<c r="C2" t="str"><f>1+1</f><v>incorrect</v></c>'
    assert levels(import_ratings([change(path, "xl/worksheets/sheet1.xml", source[start:end], cell)])) == [
        ("incorrect",),
        ("correct",),
    ]


def test_what_stands_beside_the_table_is_reported(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [("Question", "Model", "Rating"), ("q1", "A", "correct", None, "hm")])
    intake = import_ratings([path])
    assert levels(intake) == [("correct",)]
    assert any(one.code == "BESIDE" and one.lines == [2] for one in intake.report.decisions)


# --- hostile and foreign files ----------------------------------------------------------------------------------------


def archive(path: Path, **parts: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in parts.items():
            out.writestr(name.replace("__", "/"), data)
    return path


def test_foreign_files_are_refused_with_what_to_do(tmp_path: Path) -> None:
    ods = archive(tmp_path / "a.ods", mimetype=b"application/vnd.oasis.opendocument.spreadsheet")
    macros = tmp_path / "a.xlsm"
    with zipfile.ZipFile(workbook(tmp_path / "a.xlsx", [ROWS[0]]), "a") as out:
        out.writestr("xl/vbaProject.bin", b"")
    macros.write_bytes((tmp_path / "a.xlsx").read_bytes())
    old = tmp_path / "a.xls"
    old.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    word = archive(tmp_path / "a.docx", word__document=b"<w/>")
    for path, words in [(ods, "OpenDocument"), (macros, "macros"), (old, "old or a locked Excel"), (word, "no .xlsx")]:
        with pytest.raises(UserError, match=rf"{words}.*save .*\.xlsx"):
            import_ratings([path])


def test_an_archive_that_unpacks_to_too_much_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out,
        out.open("xl/workbook.xml", "w", force_zip64=True) as file,
    ):
        for _ in range(300):
            file.write(bytes(1 << 20))
    with pytest.raises(UserError, match="more than 256 MiB once unpacked"):
        import_ratings([path])


def test_declared_dimensions_cost_nothing(tmp_path: Path) -> None:
    rows = [("Question", "Model", "Rating"), ("q1", "A", "correct")]
    path = workbook(tmp_path / "a.xlsx", rows)
    change(path, "xl/worksheets/sheet1.xml", 'ref="A1:C2"', 'ref="A1:XFD1048576"')
    started = time.perf_counter()
    assert levels(import_ratings([path])) == [("correct",)]
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("row", ["99999999999", "20000000"])
def test_a_row_far_below_is_refused(tmp_path: Path, row: str) -> None:
    path = workbook(tmp_path / "a.xlsx", [("Question", "Model", "Rating"), ("q1", "A", "correct")])
    change(path, "xl/worksheets/sheet1.xml", '<row r="2"', f'<row r="{row}"')
    with pytest.raises(UserError, match=r"more than 1000 columns or 10,000,000 cells|cannot be read as an Excel"):
        import_ratings([path])


def test_a_cell_far_to_the_right_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [("Question", "Model", "Rating"), ("q1", "A", "correct")])
    change(path, "xl/worksheets/sheet1.xml", 'r="C2"', 'r="XFD2"')
    with pytest.raises(UserError, match="more than 1000 columns"):
        import_ratings([path])


def test_entities_that_multiply_are_not_expanded(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [("Question", "Model", "Rating"), ("q1", "A", "correct")])
    entities = '<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
    )
    change(path, "xl/worksheets/sheet1.xml", "<worksheet", f"<!DOCTYPE x [{entities}]><worksheet")
    change(path, "xl/worksheets/sheet1.xml", ">correct<", ">&j;<")
    with pytest.raises(UserError):
        import_ratings([path])


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_workbook_that_breaks_off_is_refused(tmp_path: Path, share: float) -> None:
    path = workbook(tmp_path / "a.xlsx", [("Question", "Model", "Rating"), ("q1", "A", "correct")])
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(UserError, match=r"a\.xlsx: is a damaged or incomplete file"):
        import_ratings([path])


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b" \n\n", "is empty"),
        ("a.csv", bytes(range(256)) * 4, "is neither UTF-8 nor CP1252|is no table"),
        ("a.csv", b"question,model,rating\n", "holds no ratings|no scale|no rating"),
        ("a.jsonl", b'{"a": 1}\n[1]\n', "row 2 must be a JSON object"),
        ("a.jsonl", b'{"a": 1}\n{"b": \n', r"a\.jsonl:2: is not valid JSON"),
        ("a.json", b"[" * 100_000, "cannot be read as JSON|is not valid JSON"),
        ("a.json", b"[]", "has no rows|no rating"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(200), "is no table|no text|neither"),
    ],
)
def test_what_is_no_sheet_is_refused_in_one_sentence(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(UserError, match=message):
        import_ratings([path])


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        import_ratings([tmp_path / "none.csv"])
    with pytest.raises(UserError, match="cannot be read"):
        import_ratings([tmp_path])
    with pytest.raises(UserError, match="no files to import"):
        import_ratings([])


@pytest.mark.slow
def test_a_hundred_thousand_rows_take_less_than_ten_seconds(tmp_path: Path) -> None:
    out = io.StringIO()
    out.write("Question,Answer,Model,Incorrect,Partially incorrect,Correct but incomplete,Correct\n")
    marks = ("x,,,", ",x,,", ",,x,", ",,,x")
    for n in range(100_000):
        out.write(f"Question number {n // 20}?,An answer with number {n},System {n % 20},{marks[n * 7 % 4]}\n")
    path = tmp_path / "large.csv"
    path.write_text(out.getvalue())
    started = time.process_time()
    intake = import_ratings([path])
    assert time.process_time() - started < 10
    assert len(intake.ratings) == 100_000
