"""ECG-LLM's tables are there as printed, and every contradiction that was found by hand is found by computing."""

from __future__ import annotations

from collections import Counter

import pytest

from ecg_bench.published import ContradictionRecord, PublishedRecord, published
from ecg_bench.published._render import shown_cell

FT70, RAG70, RAG8, FT8 = (
    "Llama 3.1 70B + FT 256/128",
    "Llama 3.1 70B + RAG",
    "Llama 3.1 8B + RAG",
    "Llama 3.1 8B + FT 256/128",
)
CLAUDE, B70, B8 = "Claude Sonnet 3.7", "Llama 3.1 70B", "Llama 3.1 8B"

PRINTED = {
    "Table 1": f"""\
{FT70} | 90.2 (1) | 92.0 (1) | 88.2 (1)
{RAG70} | 87.9 (2) | 90.2 (2) | 86.5 (2)
{RAG8} | 86.1 (3) | 88.5 (3) | 85.0 (3)
{FT8} | 84.9 (3) | 87.5 (6) | 84.3 (4)
{CLAUDE} | 82.3 (5) | 88.0 (4) | 81.7 (5)
{B70} | 82.4 (6) | 88.2 (5) | 81.5 (6)
{B8} | 73.3 (7) | 81.6 (7) | 73.0 (7)
""",
    "Table 2": f"""\
{FT70} | 0.1289 | 0.4270 | 0.2449 | 0.3764 | 0.3904
{RAG70} | 0.0622 | 0.2557 | 0.1490 | 0.2183 | 0.0181
{RAG8} | 0.0763 | 0.3481 | 0.1689 | 0.2831 | 0.2861
{FT8} | 0.1195 | 0.4063 | 0.2279 | 0.3568 | 0.3700
{CLAUDE} | 0.0694 | 0.3661 | 0.1685 | 0.2992 | 0.3395
{B70} | 0.0962 | 0.3852 | 0.1981 | 0.3208 | 0.3476
{B8} | 0.0788 | 0.3537 | 0.1730 | 0.2906 | 0.2936
""",
    "Table 3": f"""\
{FT70} | 1 | 1 | 2 | 3 | 1.5
{CLAUDE} | 5 | 4 | 1 | 1 | 2.5
{RAG70} | 3 | 7 | 3 | 1 | 3
{B70} | 6 | 3 | 3 | 3 | 3
{RAG8} | 2 | 6 | 5 | 1 | 3.5
{FT8} | 4 | 2 | 5 | 5.5 | 4.5
{B8} | 7 | 5 | 7 | 5.5 | 6
""",
}


@pytest.fixture(scope="module")
def record() -> PublishedRecord:
    return published("ecg-llm")


def as_printed(record: PublishedRecord, name: str) -> str:
    (table,) = [one for one in record.tables if one.name == name]
    lines = []
    for start in range(0, len(table.cells), len(table.columns)):
        row = table.cells[start : start + len(table.columns)]
        cells = [shown_cell(one.model_copy(update={"low": None, "high": None}), table.unit) for one in row]
        lines.append(" | ".join([row[0].system, *cells]) + "\n")
    return "".join(lines)


@pytest.mark.parametrize("name", PRINTED)
def test_the_three_tables_are_as_printed_to_the_last_digit(record: PublishedRecord, name: str) -> None:
    assert as_printed(record, name) == PRINTED[name]


def test_all_thirteen_systems_are_in_the_tables_of_the_appendix(record: PublishedRecord) -> None:
    assert len(record.systems) == 13
    for name in ("Table E3", "Tables E4 and E5", "Table E6", "Fig. E1", "Table F7"):
        (table,) = [one for one in record.tables if one.name == name]
        assert {one.system for one in table.cells} == set(record.systems), name


def test_it_is_marked_and_says_what_cannot_be_tested(record: PublishedRecord) -> None:
    assert record.status == "published, not rerun"
    assert "2510.18339" in record.source
    assert "single items" in record.untestable


def half_widths(record: PublishedRecord, column: str) -> dict[str, float]:
    (table,) = [one for one in record.tables if one.name == "Table E3"]
    return {
        one.system: (one.high - one.low) / 2
        for one in table.cells
        if one.column == column and one.low is not None and one.high is not None
    }


def test_intervals_of_multiple_choice_are_as_wide_as_was_worked_out_before(record: PublishedRecord) -> None:
    checked, special, full = (half_widths(record, name) for name in ("checked", "special", "full"))
    assert len(checked) == len(special) == len(full) == 13
    assert all(2.5 < half < 3.5 for system, half in checked.items() if system != B8)
    assert checked[B8] == pytest.approx(3.75, abs=0.1)
    assert all(1.6 < half < 2.55 for half in special.values())
    assert all(0.3 < half < 0.5 for half in full.values())


@pytest.mark.parametrize(
    ("system", "share", "low", "high"),
    [(CLAUDE, 74.8, 70.4, 78.7), (FT70, 67.9, 63.2, 72.2), (B70, 66.2, 61.5, 70.6), (B8, 42.0, 37.3, 46.8)],
)
def test_counts_of_the_judge_have_shares_and_intervals(
    record: PublishedRecord, system: str, share: float, low: float, high: float
) -> None:
    (table,) = [one for one in record.tables if one.name == "Fig. E1"]
    (cell,) = [one for one in table.cells if one.system == system]
    assert (cell.share, cell.low, cell.high) == pytest.approx((share, low, high), abs=0.05)


def found(record: PublishedRecord, kind: str, table: str | None = None) -> list[ContradictionRecord]:
    return [one for one in record.contradictions if one.kind == kind and table in (None, one.table)]


def test_ranks_against_values(record: PublishedRecord) -> None:
    certain = [one for one in found(record, "rank") if one.certain]
    assert [(one.table, one.column, one.system, one.printed) for one in certain] == [
        ("Table 1", "special", B70, "rank 6 for 82.4"),
        ("Table 1", "full", B70, "rank 5 for 88.2"),
    ]
    assert "Claude Sonnet 3.7 (82.3) has rank 5" in certain[0].sentence
    (other,) = [one for one in found(record, "rank") if not one.certain]
    assert (other.table, other.system, other.printed) == (
        "Fig. E1", "Llama 3.1 8B + FT 64/16, no duplicates", "rank 6 for 226",
    )  # fmt: skip


def test_ranks_and_medians_of_the_overall_table(record: PublishedRecord) -> None:
    assert {(one.system, one.column): (one.printed, one.recomputed) for one in found(record, "median")} == {
        (RAG70, "multiple choice"): ("3", "2"),
        (RAG8, "multiple choice"): ("2", "3"),
        (FT70, "human"): ("3", "4.5"),
        (RAG70, "median"): ("3", "2.5"),
        (RAG8, "median"): ("3.5", "4"),
        (B8, "median"): ("6", "6.25"),
    }


def test_the_rotated_bertscore(record: PublishedRecord) -> None:
    (one,) = found(record, "range")
    assert (one.table, one.system, one.column) == ("Table E6", RAG70, "F1")
    assert "lies outside" in one.sentence
    assert "with 0.1418 as F1" in one.sentence


def test_numbers_that_are_printed_twice(record: PublishedRecord) -> None:
    twice = found(record, "value")
    cells = {one.column: (one.recomputed, one.printed) for one in twice if one.system}
    assert {one.system for one in twice} == {RAG70, ""}
    assert cells == {
        "BLEU": ("0.0622 in Table 2", "0.0339 in Tables E4 and E5"),
        "ROUGE-1 F1": ("0.2557 in Table 2", "0.2414 in Tables E4 and E5"),
        "ROUGE-2 F1": ("0.1490 in Table 2", "0.1064 in Tables E4 and E5"),
        "ROUGE-L F1": ("0.2183 in Table 2", "0.1871 in Tables E4 and E5"),
        "F1": ("0.0181 in Table 2", "0.0095 in Table E6"),
    }
    sentences = " ".join(one.sentence for one in twice if not one.system)
    assert "417 (text) and 416 (Fig. E1, caption)" in sentences
    assert "47 (methods) and 50 (sets of 10 and 40)" in sentences


def test_significance_that_so_few_items_can_hardly_have(record: PublishedRecord) -> None:
    tests = {(one.table, one.column, one.system): one for one in found(record, "test")}
    assert {place: one.certain for place, one in tests.items()} == {
        ("Fig. 2", "judge", B70): False,
        ("Fig. 2", "judge", RAG70): False,
        ("Table 1", "checked", RAG70): False,
        ("Table 1", "checked", RAG8): False,
        ("Table 1", "checked", FT8): False,
        ("Table 1", "checked", B70): True,
    }
    assert "283 and 276" in tests["Fig. 2", "judge", B70].sentence
    assert tests["Fig. 2", "judge", B70].recomputed == "at most 11 discordant items of 417"


def test_claims_of_the_text(record: PublishedRecord) -> None:
    claims = [(one.system, one.recomputed, one.certain) for one in found(record, "claim")]
    assert [(system, certain) for system, _, certain in claims] == [(FT8, True), (FT70, False), (FT8, False)]
    assert "ranks 3 (special), 6 (full) and 4 (checked)" in claims[0][1]
    assert "1 of 7 columns (Figs. 3 and 4, 40 questions: rank 5 against 1)" in claims[1][1]
    assert "2 of 7 columns" in claims[2][1]


def test_nothing_else_is_found(record: PublishedRecord) -> None:
    assert Counter(one.kind for one in record.contradictions) == {
        "rank": 3, "median": 6, "range": 1, "value": 7, "test": 6, "claim": 3,
    }  # fmt: skip
    assert [one.certain for one in record.contradictions] == sorted(
        (one.certain for one in record.contradictions), reverse=True
    )
