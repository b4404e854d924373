"""Statements are those of PTB-XL, and text is read for what it says: present, absent or only suspected."""

from __future__ import annotations

import ast
import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecg_bench import UserError
from ecg_bench.ecg.scp import FAMILIES, STATEMENTS, codes_in, describe, find_statements, labels_of


def statuses(text: str) -> dict[str, str]:
    return {one.code: one.status for one in find_statements(text)}


def test_families_have_the_sizes_of_the_benchmark() -> None:
    sizes = {name: len(labels) for name, labels in FAMILIES.items()}
    assert sizes == {"all": 71, "diag": 44, "subdiag": 23, "superdiag": 5, "form": 19, "rhythm": 12}


def test_flags_and_classes_are_those_of_ptb_xl(test_data: Path) -> None:
    with (test_data / "ptbxl" / "scp_statements.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(row[""] for row in rows) == tuple(STATEMENTS)
    for row in rows:
        one = STATEMENTS[row[""]]
        assert (one.diagnostic, one.form, one.rhythm) == tuple(bool(row[k]) for k in ("diagnostic", "form", "rhythm"))
        assert (one.superclass, one.subclass) == (row["diagnostic_class"], row["diagnostic_subclass"])


@pytest.mark.parametrize("code", STATEMENTS)
def test_a_description_says_its_code_and_nothing_else(code: str) -> None:
    assert codes_in(describe([code])) == {code}
    assert codes_in(f"Edit: {code}, 100") == {code}


@given(st.sets(st.sampled_from(sorted(STATEMENTS)), max_size=8))
def test_a_description_of_several_codes_says_them_all(codes: set[str]) -> None:
    assert codes_in(describe(codes)) == codes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Abnormal ECG.", {}),
        ("Normal ECG", {"NORM": "present"}),
        ("sinus rhythm, otherwise normal ecg", {"SR": "present", "NORM": "present"}),
        ("Not a normal ECG", {"NORM": "absent"}),
        ("incomplete right bundle branch block", {"IRBBB": "present"}),
        ("No LBBB.", {"CLBBB": "absent"}),
        ("No evidence of ischemia or inferior infarction.", {"ISC_": "absent", "IMI": "absent"}),
        (
            "No ST elevation, ST depression, or T wave inversion.",
            {"STE_": "absent", "STD_": "absent", "INVT": "absent"},
        ),
        ("No ST elevation, sinus rhythm, LBBB.", {"STE_": "absent", "SR": "present", "CLBBB": "present"}),
        ("No P waves, atrial fibrillation.", {"AFIB": "present"}),
        (
            "Sinus rhythm without atrial fibrillation but with PVCs",
            {"SR": "present", "AFIB": "absent", "PVC": "present"},
        ),
        ("Atrial flutter is not present.", {"AFLT": "absent"}),
        ("Possible left atrial enlargement. LVH.", {"LAO/LAE": "uncertain", "LVH": "present"}),
        ("Anterior infarction cannot be excluded", {"AMI": "uncertain"}),
        ("anterior myocardial infarction, probably old.", {"AMI": "present"}),
        ("This may be due to LV strain or ischaemia.", {"ISC_": "uncertain"}),
        ("acute inferior and lateral infarction", {"IMI": "present", "LMI": "present"}),
        ("myocardial infarction of the inferior wall", {"IMI": "present"}),
        ("T waves are inverted in V5", {"INVT": "present"}),
        ("supraventricular tachycardia", {"SVTAC": "present"}),
        ("rhythm was previously atrial flutter", {"AFLT": "absent"}),
        ("first degree AV block", {"1AVB": "present"}),
        ("AV-block III. Grades", {"3AVB": "present"}),
        ("a-v block i vÄnster el-axel", {"1AVB": "present"}),
        ("sinusrhythmus unvollstÄndiger rechtsschenkelblock", {"SR": "present", "IRBBB": "present"}),
        ("inferiorer myokardschaden nicht auszuschliessen", {"IMI": "uncertain"}),
        ("inferiorer infarkt     wahrscheinlich alt", {"IMI": "present"}),
        ("keine p-welle erkannt rechtstyp linksposteriorer hemiblock", {"LPFB": "present"}),
        ("Kein Vorhofflimmern", {"AFIB": "absent"}),
        ("mässige amplitudenkriterien für linkshypertrophie", {"VCLVH": "present"}),
        ("LBBB; not consistent with atrial fibrillation", {"CLBBB": "present", "AFIB": "absent"}),
        ("Q waves consistent with inferior infarction", {"QWAVE": "present", "IMI": "present"}),
        ("Infarkt der Hinterwand nicht auszuschließen", {"IMI": "uncertain"}),
        ("Sinus tachycardia, no acute ST-T changes", {"STACH": "present", "NST_": "absent"}),
        ("not AF but atrial flutter", {"AFIB": "absent", "AFLT": "present"}),
        ("The ECG does not show LBBB", {"CLBBB": "absent"}),
        ("the norm of the pace is a dig", {}),
        ("", {}),
    ],
)
def test_text_is_read_for_what_it_says(text: str, expected: dict[str, str]) -> None:
    assert statuses(text) == expected


def test_a_mention_says_where_it_stands() -> None:
    text = "İ: Sinus rhythm with LBBB"
    assert [text[one.start : one.end] for one in find_statements(text)] == ["Sinus rhythm", "LBBB"]


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    assert all(one.code in STATEMENTS and text[one.start : one.end] for one in find_statements(text))


def test_labels_of_codes_are_those_of_the_family() -> None:
    codes = ["IMI", "ASMI", "SR", "LAFB", "STD_"]
    assert labels_of(codes, "superdiag") == ("MI", "CD")
    assert labels_of(codes, "subdiag") == ("IMI", "AMI", "LAFB/LPFB")
    assert labels_of(codes, "rhythm") == ("SR",)
    assert labels_of(codes, "form") == ("STD_",)
    with pytest.raises(UserError, match="no family of labels 'diagnosis'"):
        labels_of(codes, "diagnosis")
    with pytest.raises(UserError, match="no SCP statement 'LBBB'"):
        describe(["LBBB"])


def test_reports_of_ptb_xl_agree_with_their_codes(test_data: Path) -> None:
    hits = said = labelled = 0
    with (test_data / "ptbxl" / "ptbxl_database.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            codes = set(ast.literal_eval(row["scp_codes"]))
            found = codes_in(row["report"].split("Edit:")[0])
            hits, said, labelled = hits + len(found & codes), said + len(found), labelled + len(codes)
    assert hits / said > 0.84
    assert hits / labelled > 0.78
