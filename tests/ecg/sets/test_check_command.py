"""``ecg-bench ecg check``: what is wrong with a folder of data."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from ecg_bench.cli import cli
from tests.ecg.folders import ecgqa_folder, ptbxl_folder, question


def check(*arguments: str | Path, code: int) -> str:
    done = CliRunner().invoke(cli, ["ecg", "check", *map(str, arguments)])
    assert done.exit_code == code, done.output
    return done.output


def test_what_is_wrong_with_a_set_is_said_and_ends_in_1(tmp_path: Path) -> None:
    refused = "Sure, please provide the ECG report that you would like translated."
    folder = ptbxl_folder(tmp_path / "set", [{"report": refused}, {}, {}])
    said = check(folder, code=1)
    assert "refusal: " in said
    assert "ecg_id 1" in said
    record = json.loads(check(folder, "--json", code=1))
    assert record["set"] == "PtbXl"
    assert {"refusal", "missing"} == {fault["kind"] for fault in record["faults"]}  # no record of 500 Hz is there
    assert "missing" not in check(folder, "--no-signals", code=1)


def test_repeated_texts_are_said_and_are_no_mistake(tmp_path: Path) -> None:
    folder = ptbxl_folder(tmp_path / "set", [{"report": "same"}, {"report": "same"}])
    assert check(folder, "--no-signals", code=0).startswith("duplicate: 1 of 2 reports")


def test_a_folder_of_questions_is_known_by_what_it_holds(tmp_path: Path) -> None:
    folder = ecgqa_folder(tmp_path / "qa", [question(1), question(2)], {"test": [11, 12], "train": [11], "valid": []})
    record = json.loads(check(folder, "--json", code=1))
    assert record["set"] == "EcgQa"
    assert [fault["kind"] for fault in record["faults"]] == ["split"]


def test_a_folder_of_nothing_known_gets_a_sentence(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["ecg", "check", str(tmp_path)])
    assert done.exit_code != 0
    assert "is no data set known here" in str(done.exception)
