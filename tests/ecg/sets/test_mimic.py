"""MIMIC-IV-ECG's folder gives the machine's statements as they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecg_bench.ecg.reading import write_wfdb
from ecg_bench.ecg.sets import MimicEcg
from ecg_bench.errors import UserError
from tests.ecg.folders import heart

REPORTS = ",".join(f"report_{n}" for n in range(18))


def mimic_folder(folder: Path) -> Path:
    name = "files/p1000/p10000032/s40689238/40689238"
    write_wfdb(heart(rate=500.0), (folder / name).parent, "40689238")
    (folder / "record_list.csv").write_text(
        "subject_id,study_id,file_name,ecg_time,path\n"
        f"10000032,40689238,40689238,2180-07-23 08:44:00,{name}\n"
        "10000032,41000000,41000000,2180-08-01 09:00:00,files/p1000/p10000032/s41000000/41000000\n"
    )
    statements = ["Sinus rhythm.", '"*** Summary: Borderline EKG, left axis ***"', "--- Low voltage ---", *[""] * 15]
    (folder / "machine_measurements.csv").write_text(
        f"subject_id,study_id,cart_id,ecg_time,{REPORTS},rr_interval\n"
        f"10000032,40689238,6,2180-07-23 08:44:00,{','.join(statements)},659\n"
    )
    return folder


def test_statements_become_one_report(tmp_path: Path) -> None:
    data = MimicEcg(mimic_folder(tmp_path))
    row = data.row(40689238)
    assert (row.patient, row.time) == ("10000032", "2180-07-23 08:44:00")
    assert row.statements == ("Sinus rhythm.", "*** Summary: Borderline EKG, left axis ***", "--- Low voltage ---")
    assert row.report == "Sinus rhythm. Summary: Borderline ECG, left axis. Low voltage."


def test_a_study_without_statements_has_an_empty_report_and_is_kept(tmp_path: Path) -> None:
    data = MimicEcg(mimic_folder(tmp_path))
    assert len(data) == 2
    assert data.row(41000000).report == ""


def test_a_record_comes_with_study_and_patient(tmp_path: Path) -> None:
    data = MimicEcg(mimic_folder(tmp_path))
    ecg = data.ecg(data.row(40689238))
    assert (ecg.record, ecg.patient, ecg.rate) == ("40689238", "10000032", 500)
    with pytest.raises(UserError, match="the record of study 41000000 is not in the MIMIC-IV-ECG folder"):
        data.ecg(data.row(41000000))
    with pytest.raises(UserError, match="has no study 7"):
        data.row(7)


def test_another_folder_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is not a folder of MIMIC-IV-ECG: it has no record_list.csv"):
        MimicEcg(tmp_path)
    (mimic_folder(tmp_path) / "record_list.csv").write_text("subject_id,study_id,ecg_time\n1,2,3\n")
    with pytest.raises(UserError, match=r"record_list.csv:1: has no column 'path'"):
        _ = MimicEcg(tmp_path).rows
