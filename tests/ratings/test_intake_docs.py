"""What docs/ratings.md shows of importing really happens."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ecg_bench.cli import cli
from ecg_bench.ratings import COLUMNS, read_ratings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ratings.md").read_text(encoding="utf-8")
IMPORTING = PAGE.partition("## Importing sheets")[2].partition("\n## ")[0]


def block(kind: str) -> str:
    found = re.search(rf"```{kind}\n(.*?)```", IMPORTING, re.DOTALL)
    assert found is not None
    return found[1]


def run(command: str) -> Any:
    return CliRunner().invoke(cli, shlex.split(command)[1:], catch_exceptions=False)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "sheet.csv").write_text(block("csv"), encoding="utf-8")
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_names_every_column_in_order() -> None:
    table = PAGE.partition("## The table")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert tuple(name for row in rows for name in re.findall("`([a-z]+)`", row)) == COLUMNS


def test_the_sheet_that_goes_wrong_is_read_as_the_page_says(here: Path) -> None:
    shown = run("ecg-bench ratings import sheet.csv --rater Anna --out ratings.csv")
    assert shown.exit_code == 0
    line = next(line for line in shown.output.splitlines() if line.startswith("sheet.csv"))
    assert line.split() == next(line for line in PAGE.splitlines() if line.startswith("sheet.csv")).split()
    assert [(one.system, one.levels, one.repeat) for one in read_ratings("ratings.csv")] == [
        ("GPT", ("correct",), 0),
        ("Small", ("incorrect",), 0),
        ("GPT", ("correct but incomplete", "correct"), 0),
        ("Small", (), 0),
        ("GPT", ("correct but incomplete",), 0),
        ("GPT", ("correct",), 1),
    ]


def test_the_mapping_and_the_audit_work_as_shown(here: Path) -> None:
    (here / "mapping.yaml").write_text(block("yaml"), encoding="utf-8")
    (here / "sheet.csv").write_text("Was,Wer,Dr. Weber,Richter\nq1,A,so la la,Richtig\n", encoding="utf-8")
    assert run("ecg-bench ratings import sheet.csv --mapping mapping.yaml --out ratings.csv").exit_code == 0
    assert [(one.system, one.rater, one.source, one.level, one.criterion) for one in read_ratings("ratings.csv")] == [
        ("GPT", "Dr. Weber", "human", "unvollständig", "completeness"),
        ("GPT", "Richter", "judge", "richtig", "completeness"),
    ]
    assert run("ecg-bench ratings import docs/examples/study-audit.csv --out audit.csv").exit_code == 0
    assert len(read_ratings("audit.csv")) == 437
