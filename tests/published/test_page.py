"""The page on published results shows what the package says."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from ecg_bench.published import print_published, published

PAGE = Path(__file__).parent.parent.parent / "docs" / "published.md"

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="only in a checkout")


def blocks(kind: str) -> list[str]:
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [text for name, text in fences if name == kind]


def test_the_example_file_loads(tmp_path: Path) -> None:
    (text,) = blocks("json")
    path = tmp_path / "some-study.json"
    path.write_text(text, encoding="utf-8")
    assert published(path).name == json.loads(text)["name"]


def test_the_table_and_the_findings_are_real_output() -> None:
    table, findings = blocks("")
    out = io.StringIO()
    record = published("ecg-llm")
    print_published(record, Console(file=out, width=160, highlight=False, emoji=False))
    assert table in "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())
    sentences = {one.sentence for one in record.contradictions}
    assert set(findings.replace("\n  ", " ").splitlines()) <= sentences
