"""PTB-XL's folder gives the labels that its tables say, and other folders are refused."""

from __future__ import annotations

import ast
import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ecg_bench.ecg.sets import FAMILIES, PtbXl
from ecg_bench.errors import UserError
from tests.ecg.folders import STATEMENTS, ptbxl_folder


def one_row(folder: Path, **row: Any) -> PtbXl:
    return PtbXl(ptbxl_folder(folder / "ptbxl", [row]))


def test_a_row_says_what_the_table_says(tmp_path: Path) -> None:
    data = one_row(
        tmp_path,
        age="300.0",
        sex="1",
        static_noise=" , I-AVR,  ",
        heart_axis="LAD",
        strat_fold=10,
        report="vorhofflimmern, links, steil",
        scp_codes="{'AFIB': 0.0, 'IMI': 35.0}",
    )
    (row,) = data.rows
    assert (row.ecg_id, row.patient, row.fold, row.human) == (1, "1001", 10, True)
    assert (row.age, row.sex) == (90.0, "female")
    assert row.report == "vorhofflimmern, links, steil"
    assert dict(row.codes) == {"AFIB": 0.0, "IMI": 35.0}
    assert dict(row.flags) == {"static_noise": ", I-AVR,", "heart_axis": "LAD"}
    assert data.row(1) is row
    assert 1 in data
    assert 2 not in data


def test_labels_are_those_of_the_statements_whatever_their_likelihood(tmp_path: Path) -> None:
    data = one_row(tmp_path, scp_codes="{'SR': 0.0, 'ILMI': 15.0, 'IMI': 0.0, 'AMI': 100.0, 'NDT': 50.0, 'LVOLT': 0.0}")
    found = {family: data.labels(data.rows[0], family) for family in FAMILIES}
    assert found == {
        "all": ("NDT", "IMI", "ILMI", "AMI", "LVOLT", "SR"),
        "diag": ("NDT", "IMI", "ILMI", "AMI"),
        "subdiag": ("STTC", "IMI", "AMI"),
        "superdiag": ("STTC", "MI"),
        "form": ("NDT", "LVOLT"),
        "rhythm": ("SR",),
    }
    with pytest.raises(UserError, match=r"no family of labels 'superdiagnostic' \(did you mean 'superdiag'"):
        data.labels(data.rows[0], "superdiagnostic")  # type: ignore[arg-type]


def test_an_ecg_without_statements_of_a_family_has_no_label_in_it(tmp_path: Path) -> None:
    data = one_row(tmp_path, scp_codes="{'SR': 0.0}")
    assert data.labels(data.rows[0], "superdiag") == ()


def test_a_record_comes_with_what_is_known_of_it(tmp_path: Path) -> None:
    data = one_row(tmp_path, age="", strat_fold=4)
    ecg = data.ecg(data.rows[0])
    assert (ecg.record, ecg.patient, ecg.rate, ecg.signal.shape) == ("1", "1001", 100, (200, 12))
    assert ecg.metadata == {"sex": "male", "fold": 4}
    with pytest.raises(UserError, match=r"00001_hr.hea: the 500 Hz record of ECG 1 is not in the PTB-XL folder"):
        data.ecg(data.rows[0], 500)
    with pytest.raises(UserError, match="of 100 and of 500 Hz, none of 250 Hz"):
        data.ecg(data.rows[0], 250)
    with pytest.raises(UserError, match="has no ECG 7"):
        data.row(7)


HOSTILE = (
    "__import__('os').system('touch went-off')",
    "{'NORM': __import__('os').getpid()}",
    "NORM",
    "['NORM']",
    "{'NORM': 'high'}",
    "{'NORM': True}",
    "{'NORM': 1e999}",
    "{'NORM': -5}",
    "{1: 100.0}",
    "{'NORM': 100.0",
    "",
    "(" * 3000,
    "-" * 15000 + "1",
    "{'NORM': 100.0}" + " " * 30000,
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_dict_literal_that_is_none_is_refused_and_nothing_runs(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = one_row(tmp_path, scp_codes=text)
    if text.endswith(" "):  # spaces around a good one are no harm
        assert dict(data.rows[0].codes) == {"NORM": 100.0}
        return
    with pytest.raises(UserError, match=r"ptbxl_database.csv:2: the column scp_codes must hold a dict of statements"):
        _ = data.rows
    assert not (tmp_path / "went-off").exists()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"scp_codes": "{'NORMAL': 100.0}"}, r"csv:2: the statement 'NORMAL' is not in scp_statements.csv \(did you"),
        ({"strat_fold": 11}, "csv:2: strat_fold must be 1 to 10, but is 11"),
        ({"strat_fold": "x"}, "csv:2: the column strat_fold must hold a number, but holds 'x'"),
        ({"strat_fold": ""}, "csv:2: the column strat_fold must hold a whole number"),
        ({"ecg_id": "1.5"}, "csv:2: the column ecg_id must hold a whole number"),
        ({"sex": "2"}, "csv:2: sex must be 0"),
        ({"age": "nan"}, "csv:2: the column age must hold a number"),
        ({"filename_lr": "../../secret"}, "csv:2: the column filename_lr must hold a path below the set's folder"),
        ({"filename_lr": "/etc/secret"}, "csv:2: the column filename_lr must hold a path below"),
    ],
)
def test_a_wrong_row_is_answered_with_its_line(row: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        _ = one_row(tmp_path, **row).rows


def test_an_ecg_that_stands_twice_is_told(tmp_path: Path) -> None:
    data = PtbXl(ptbxl_folder(tmp_path, [{"ecg_id": 1}, {"ecg_id": 1}]))
    with pytest.raises(UserError, match="csv:3: the ECG 1 stands twice"):
        data.row(1)


def test_a_folder_that_is_not_ptbxl_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is not a folder of PTB-XL: it has no ptbxl_database.csv"):
        PtbXl(tmp_path)
    with pytest.raises(UserError, match="is no folder: give the folder of PTB-XL"):
        PtbXl(tmp_path / "none")
    (ptbxl_folder(tmp_path, []) / "scp_statements.csv").unlink()
    with pytest.raises(UserError, match=r"it has no scp_statements.csv"):
        PtbXl(tmp_path)


def test_tables_of_other_columns_or_no_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"database.csv: holds no ECGs"):
        _ = PtbXl(ptbxl_folder(tmp_path / "a", [])).rows
    folder = ptbxl_folder(tmp_path / "b", [{}])
    (folder / "ptbxl_database.csv").write_text("ecg_id,label\n1,NORM\n")
    with pytest.raises(UserError, match=r"database.csv:1: has no column 'scp_codes'"):
        _ = PtbXl(folder).rows
    folder = ptbxl_folder(tmp_path / "c", [{}], STATEMENTS.splitlines()[0] + "\n")
    with pytest.raises(UserError, match=r"scp_statements.csv: holds no statements"):
        _ = PtbXl(folder).rows


def test_the_standard_families_have_their_published_sizes(test_data: Path) -> None:
    families = PtbXl(test_data / "ptbxl").families
    assert {name: len(labels) for name, labels in families.items()} == {
        "all": 71,
        "diag": 44,
        "subdiag": 23,
        "superdiag": 5,
        "form": 19,
        "rhythm": 12,
    }
    assert set(families["superdiag"]) == {"NORM", "MI", "STTC", "CD", "HYP"}
    assert len(set(families["diag"]) & set(families["form"])) == 4


def test_labels_of_real_records_are_those_derived_by_hand(test_data: Path) -> None:
    data = PtbXl(test_data / "ptbxl")
    with (data.root / "scp_statements.csv").open() as file:
        facts = {row[""]: row for row in csv.DictReader(file)}
    with (data.root / "ptbxl_database.csv").open() as file:
        raw = list(csv.DictReader(file))
    assert len(data) == len(raw) == 400
    for row, written in zip(data.rows, raw, strict=True):
        codes = ast.literal_eval(written["scp_codes"])
        diagnostic = [facts[code] for code in codes if facts[code]["diagnostic"]]
        assert set(data.labels(row, "all")) == set(codes)
        assert set(data.labels(row, "superdiag")) == {one["diagnostic_class"] for one in diagnostic}
        assert set(data.labels(row, "subdiag")) == {one["diagnostic_subclass"] for one in diagnostic}
        for family in ("diag", "form", "rhythm"):
            column = {"diag": "diagnostic"}.get(family, family)
            assert set(data.labels(row, family)) == {code for code in codes if facts[code][column]}
        assert row.fold == int(written["strat_fold"])
    assert sum(row.fold == 10 for row in data.rows) == 54


def test_real_records_are_read_at_both_rates(test_data: Path) -> None:
    data = PtbXl(test_data / "ptbxl")
    low, high = data.ecg(data.row(3)), data.ecg(data.row(3), 500)
    assert (low.signal.shape, high.signal.shape) == ((1000, 12), (5000, 12))
    assert np.isfinite(low.signal).all()
    assert low.record == high.record == "3"
