"""Retrieval is measured against the passage that a question stems from; settings are chosen on other questions."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import pytest

from ecg_bench import UserError
from ecg_bench.adapters.rag import OFFLINE, Index, Searcher, SearchSettings, build_index, evaluate_index, sweep
from ecg_bench.adapters.rag import _measures as measures
from ecg_bench.adapters.rag._questions import questions_of, share_of
from ecg_bench.statistics import wilson
from tests.adapters.rag.conftest import FACTS, write_pack

LATE = [False, False, True, True, False]


def test_measures_of_a_ranking_worked_by_hand() -> None:
    """The passage has 4 chunks; the third and the fourth chunk found belong to it."""
    assert [measures.recall(LATE, k) for k in (1, 2, 3, 5)] == [0, 0, 1, 1]
    assert [measures.covered(LATE, k, 4) for k in (1, 3, 5)] == [0, 0.25, 0.5]
    assert [measures.reciprocal_rank(LATE, k) for k in (2, 3, 5)] == [0, 1 / 3, 1 / 3]
    assert [measures.ndcg(LATE, k) for k in (2, 3, 5)] == [0, 1 / math.log2(4), 1 / math.log2(4)]
    assert measures.ndcg([True], 1) == measures.reciprocal_rank([True], 1) == 1
    assert measures.covered([], 5, 0) == measures.recall([], 5) == 0


def test_every_way_is_measured_at_every_k_with_its_interval(built: Path, notes: Path, small_reranker: Path) -> None:
    found = evaluate_index(built, "notes/*", k=(1, 3), reranker=str(small_reranker), include=[notes])
    assert found.index["unit"] == "characters"
    assert set(found.values) == {"notes/choice", "notes/free", "all"}
    ways = {f"{method}{rerank}" for method in ("dense", "bm25", "hybrid") for rerank in ("", "+rerank")}
    assert set(found.values["all"]) == ways
    assert len(found.rows) == 2 * len(FACTS) * len(ways) * 2
    index = Index(built)
    for task, by_way in found.values.items():
        for way, by_k in by_way.items():
            for k, values in by_k.items():
                rows = [r for r in found.rows if (r.way, r.k) == (way, k) and task in (r.task, "all")]
                assert values["recall"].value == pytest.approx(sum(row.recall for row in rows) / len(rows))
                lengths = [sum(c.length for c in index.chunks if c.id in row.found) for row in rows]
                assert values["context"].value == pytest.approx(sum(lengths) / len(rows))
                assert values["recall"].clusters == len(FACTS)
    one = found.values["notes/free"]["hybrid"][1]["recall"]
    assert (one.low, one.high) == pytest.approx(wilson((one.value or 0) * 6, 6))


def test_rows_are_those_of_the_search_that_a_run_makes(built: Path, notes: Path) -> None:
    found = evaluate_index(built, ["notes/choice"], k=(3,), methods=("bm25",), include=[notes])
    index = Index(built)
    questions = questions_of(["notes/choice"], [notes]).questions
    assert questions[0].query == "\n".join([FACTS[0][4], *FACTS[0][5]])
    hits = Searcher(index, SearchSettings("bm25", 3)).search([one.query for one in questions])
    for row, own in zip(found.rows, hits, strict=True):
        assert list(row.found) == [index.chunks[one.number].id for one in own]


def test_a_passage_that_is_not_in_the_index_counts_as_not_found_and_is_said(notes: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "block.md").write_text((notes / "corpus" / "block.md").read_text())
    build_index(corpus, tmp_path / "index", quiet=True)
    found = evaluate_index(tmp_path / "index", "notes/free", k=(2,), methods=("bm25",), include=[notes])
    assert found.values["notes/free"]["bm25"][2]["recall"].value == pytest.approx(2 / 6)
    assert any("4 questions stem from passages that are not in the index" in notice for notice in found.notices)


def test_rows_and_values_are_written(built: Path, notes: Path, tmp_path: Path) -> None:
    found = evaluate_index(built, "notes/free", k=(1,), methods=("bm25",), include=[notes])
    found.write(tmp_path / "out")
    rows = list(csv.DictReader((tmp_path / "out" / "retrieval.csv").open()))
    assert [row["id"] for row in rows] == [f"f{n}" for n in range(6)]
    record = json.loads((tmp_path / "out" / "retrieval.json").read_text())
    assert record == json.loads(json.dumps(found.as_record()))
    assert record["values"]["notes/free"]["bm25"]["1"]["recall"]["n"] == 6


def test_settings_are_not_chosen_on_a_reported_set(notes: Path) -> None:
    with pytest.raises(UserError, match=r"notes/free is a reported set.*--selection-share"):
        sweep(notes / "corpus", "notes/free", include=[notes], quiet=True)


def test_a_share_is_of_passages_and_leaves_out_none_of_their_questions(notes: Path) -> None:
    everything = questions_of(["notes/*"], [notes])
    part = share_of(everything, 0.5, seed=3)
    passages = {one.passage for one in part.questions}
    assert len(passages) == 3
    assert set(part.questions) == {one for one in everything.questions if one.passage in passages}
    assert "report results on the others only" in part.notices[-1]
    assert share_of(everything, 0.5, seed=3) == part
    assert share_of(everything, 0.5, seed=4) != part
    for share in (0.0, 1.0, 0.1):
        with pytest.raises(UserError, match="--selection-share"):
            share_of(everything, share, seed=0)


def test_a_sweep_says_which_settings_cannot_be_told_apart_from_the_best(tmp_path: Path, small_reranker: Path) -> None:
    pack = write_pack(tmp_path / "notes", split="split: selection\n")
    found = sweep(
        pack / "corpus",
        "notes/*",
        size=(40, 400),
        k=(1, 2),
        reranker=("none", str(small_reranker)),
        methods=("bm25",),
        include=[pack],
        quiet=True,
    )
    assert len(found.tried) == 2 * 2 * 2
    values = [round(one.values["ndcg"].value or 0.0, 12) for one in found.tried]  # the last bits are no difference
    assert values == sorted(values, reverse=True)
    assert found.tried[0] is found.best
    assert not found.best.worse
    assert found.equals == sum(not one.worse for one in found.tried) - 1
    assert (found.leanest.values["context"].value or 0) <= (found.best.values["context"].value or 0)
    assert len(found.questions) == 12
    found.write(tmp_path / "sweep")
    assert len(list(csv.reader((tmp_path / "sweep" / "sweep.csv").open()))) == 9
    record = json.loads((tmp_path / "sweep" / "sweep.json").read_text())
    assert record["not_told_apart_from_best"] == found.equals
    svg = (tmp_path / "sweep" / "sweep.svg").read_text()
    assert svg.count("<circle") >= 8
    assert found.best.setting.embedding == OFFLINE
