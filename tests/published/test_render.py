"""Published results are shown whole, marked in every table, and their text is shown as text."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ecg_bench.published import PublishedRecord, as_csv, as_markdown, names, print_published, published
from tests.published.editing import edited, small, written

STATUS = "published, not rerun"


def printed(record: PublishedRecord, width: int = 160, *, colours: bool = False) -> str:
    out = io.StringIO()
    print_published(record, Console(file=out, width=width, highlight=False, emoji=False, force_terminal=colours))
    return out.getvalue()


@pytest.mark.parametrize("name", names())
def test_every_table_says_that_it_was_not_rerun(name: str) -> None:
    record = published(name)
    text, markdown = printed(record, 300), as_markdown(record)
    for table in record.tables:
        (head,) = [line for line in text.splitlines() if line.startswith(f"{table.name}  ")]
        assert STATUS in head
    heads = [line for line in markdown.splitlines() if line.startswith("## ")]
    assert sum(STATUS in head for head in heads) == len(record.tables)
    rows = list(csv.DictReader(io.StringIO(as_csv(record))))
    assert {row["status"] for row in rows} == {STATUS}


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("width", [60, 80, 160])
def test_no_number_is_lost_or_broken_in_a_narrow_terminal(name: str, width: int) -> None:
    record = published(name)
    text = printed(record, width)
    for table in record.tables:
        for cell in table.cells:
            assert re.search(rf"(?<![\d.]){re.escape(cell.printed)}(?![\d.]\d)", text), cell
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width


def test_ranks_stand_in_brackets_beside_the_interval() -> None:
    text = printed(published("ecg-llm"))
    assert re.search(r"Llama 3\.1 70B \+ FT 256/128 +90\.2 \(1\) 88\.4-91\.7 +92\.0 \(1\) 91\.7-92\.3", text)
    assert re.search(r"Claude Sonnet 3\.7 +312 \(1\) 74\.8 %, 70\.4-78\.7", text)


def test_cells_that_are_contradicted_are_marked() -> None:
    record = published("ecg-llm")
    assert "82.4 (6)* 80.2-84.4" in printed(record)
    assert r"| 82.4 (6)\* 80.2-84.4 |" in as_markdown(record)
    assert "*" not in printed(published("ecg-lm"))


def test_the_findings_and_what_cannot_be_tested_are_printed() -> None:
    record = published("ecg-llm")
    text, markdown = (" ".join(out.split()) for out in (printed(record), as_markdown(record)))
    for one in record.contradictions:
        assert " ".join(one.sentence.split()) in text
    assert record.untestable in text
    assert "What can't be tested" in markdown
    assert "No contradictions were found" in printed(published("meit"))


def test_csv_holds_every_cell_and_every_finding() -> None:
    record = published("ecg-llm")
    rows = list(csv.DictReader(io.StringIO(as_csv(record))))
    assert len(rows) >= sum(len(table.cells) for table in record.tables)
    (row,) = [r for r in rows if (r["table"], r["row"], r["column"]) == ("Table 1", "Llama 3.1 70B", "special")]
    assert (row["printed"], row["value"], row["rank"], row["n"]) == ("82.4", "82.4", "6.0", "1219")
    assert "rank 6" in row["contradictions"]
    told = " ".join(row["contradictions"] for row in rows)
    assert all(one.sentence in told for one in record.contradictions)


# --- hostile text ----------------------------------------------------------------------------------------------------

HOSTILE = "=1+1 [red]x[/red] <script>alert(1)</script> | \u001b[31m\u202e `a` [b](javascript:c) \n# head"


def hostile(folder: Path) -> PublishedRecord:
    data: dict[str, Any] = small(cells={HOSTILE: ["82.3 (2)"], "b": ["82.1 (1)"]}, columns=[HOSTILE], unit="score")
    for field in ("title", "source", "read", "untestable"):
        data[field] = HOSTILE
    data["url"] = "https://example.org/<script>"
    data["tables"][0] |= {"name": HOSTILE, "title": HOSTILE, "page": HOSTILE, "notes": [HOSTILE], "rows": "system"}
    return published(written(folder, data))


def test_a_terminal_shows_hostile_text_and_obeys_none_of_it(tmp_path: Path) -> None:
    text = printed(hostile(tmp_path), 1000, colours=True)
    assert "[red]x[/red]" in text
    assert "\x1b[31m" not in text
    assert "\u202e" not in text
    assert not [line for line in text.splitlines() if line.startswith("# head")]


def test_markdown_shows_hostile_text_as_text(tmp_path: Path) -> None:
    markdown = as_markdown(hostile(tmp_path))
    assert "<script" not in markdown.replace("\\<script", "")
    assert "](" not in markdown.replace("\\](", "").replace("\\]\\(", "")
    assert "\u001b" not in markdown
    tables = [line for line in markdown.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in tables} == {3}
    assert not [line for line in markdown.splitlines() if line.startswith("# head")]


def test_csv_defuses_formulas(tmp_path: Path) -> None:
    for row in csv.reader(io.StringIO(as_csv(hostile(tmp_path)))):
        assert not [cell for cell in row if cell.lstrip()[:1] in "=+@" and cell]


def test_a_row_named_like_a_formula_stays_one(tmp_path: Path) -> None:
    def rename(data: dict[str, Any]) -> None:
        data["systems"]["+1"] = ""
        data["tables"][0]["cells"]["+1"] = ["0.5", None, None]

    record = edited(tmp_path, rename, "ecg-lm")
    assert ",'+1," in as_csv(record)
