"""A file with a mistake is answered with one sentence that names it and its line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecg_bench.errors import UserError
from ecg_bench.published import published
from tests.published.editing import shipped, table, written


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"no published results named 'ecg-llmm' \(did you mean 'ecg-llm'\?\)"):
        published("ecg-llmm")


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, shipped() | {"name": "mine"})
    record = published(str(path))
    assert record.name == "mine"
    assert record.tables == published("ecg-llm").tables


CLAUDE = "Claude Sonnet 3.7"


def cell(value: Any) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        table(data, "Table 1")["cells"][CLAUDE][0] = value

    return change


def check(**checks: Any) -> Callable[[dict[str, Any]], None]:
    return lambda data: data.update(checks=checks)


MEANS = {"table": "Table E6", "f": "F1", "precision": "P", "recall": "R", "lowest": -1}
DERIVED = {"table": "Table 3", "column": "x", "rule": "mean of values", "of": [["Table 1", "full"]]}

MISTAKES: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    (cell("82,3 (5)"), r"such as '90\.2 \(1\)'"),
    (cell(82.3), r"must be null or a text"),
    (cell(""), r"must be null or a text"),
    (cell("NaN"), r"must be null or a text"),
    (cell("1e3"), r"must be null or a text"),
    (cell("٨٢"), r"must be null or a text"),
    (cell("182.3"), r"182\.3 is no per cent from 0 to 100 \(row 'Claude Sonnet 3\.7', column 'special'\)"),
    (cell("82.3 (0)"), r"ranks begin with 1"),
    (lambda data: data.pop("untestable"), r"the field 'untestable' is missing"),
    (lambda data: data.update(status="rerun"), r"unknown field 'status'"),
    (lambda data: data.update(url="javascript:alert(1)"), r"must be a web address"),
    (lambda data: data.update(name="../x"), r"field 'name'"),
    (lambda data: data["systems"].pop("Llama 3.1 8B"), r"'Llama 3\.1 8B' is not among the systems"),
    (lambda data: table(data, "Table 1")["cells"]["Llama 3.1 8B"].pop(), r"has 2 cells where the table has 3 columns"),
    (lambda data: table(data, "Table 2").update(name="Table 1"), r"the table 'Table 1' appears twice"),
    (lambda data: table(data, "Table 2")["columns"].__setitem__(1, "BLEU"), r"the column 'BLEU' appears twice"),
    (lambda data: table(data, "Fig. E1")["cells"].update({CLAUDE: ["418"]}), r"no number of answers from 0 to 417"),
    (lambda data: table(data, "Fig. E1")["cells"].update({CLAUDE: ["41.5"]}), r"no number of answers"),
    (lambda data: table(data, "Table 3")["cells"]["Llama 3.1 8B"].__setitem__(0, "0"), r"0 is no rank"),
    (lambda data: table(data, "Table 1")["columns"][0].update(n=0), r"greater than 0"),
    (check(same=[{"cells": [["Table 1", "special"], ["Table 11", "special"]]}]), r"there is no table 'Table 11' \(did"),
    (check(same=[{"cells": [["Table 1", "special"], ["Table E3", "specials"]]}]), r"Table E3 has no column 'specials'"),
    (check(same=[{"cells": [["Table 1", "full", "x"], ["Table E3", "full"]]}]), r"Table 1 has no row 'x'"),
    (check(tested=[{"ranks": ["Table 1", "full"], "values": ["Table 2", "BLEU"]}]), r"per cent or answers that has n"),
    (check(tested=[{"ranks": ["Table E3", "full"], "values": ["Table E3", "full"]}]), r"with printed ranks"),
    (check(claims=[{"says": "a", "where": "b", "kind": "better", "columns": [["Table 1", "full"]]}]), r"names pairs"),
    (check(means=[MEANS]), r"from 0 to below 1"),
    (check(derived=[DERIVED]), r"Table 3 has no column 'x'"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_a_mistake_is_named_with_its_line(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    data = shipped()
    change(data)
    with pytest.raises(UserError, match=message) as caught:
        published(written(tmp_path, data))
    place, _, _ = str(caught.value).removeprefix(str(tmp_path / "edited.json")).partition(" ")
    assert place.strip(":").isdigit(), str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_line_is_that_of_the_cell(tmp_path: Path) -> None:
    data = shipped()
    cell("wrong")(data)
    path = written(tmp_path, data)
    line = 1 + path.read_text(encoding="utf-8").splitlines().index('     "wrong",')
    with pytest.raises(UserError, match=rf"edited\.json:{line}: "):
        published(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"edited\.json:1: is not valid JSON"),
        ('{\n"name": }', r"edited\.json:2: is not valid JSON"),
        ("[]", r"edited\.json.*: .*object"),
        ('{"name": "a", "name": "b"}', r"the name 'name' appears twice"),
        ("[" * 100_000, r"nested too deeply"),
        ('{"n": ' + "1" * 5000 + "}", r"is not valid JSON"),
        (json.dumps({"name": "\ud800"}), r"edited\.json"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "edited.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        published(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        published(tmp_path / "none.json")
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(UserError, match="cannot be read"):
        published(tmp_path / "folder.json")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "edited.json"
    path.write_bytes(b'{"name": "\xff"}')
    with pytest.raises(UserError, match="not UTF-8"):
        published(path)
