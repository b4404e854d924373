"""Rankings are fused as published, and a reranker provably changes the order and the count handed on."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecg_bench import UserError
from ecg_bench.adapters.rag import Index, Searcher, SearchSettings, fuse, load_embedding, load_reranker
from ecg_bench.adapters.rag._search import METHODS, Method

QUESTION = "What does the baseline look like in atrial flutter?"


@pytest.fixture(scope="module")
def opened(built: Path) -> Index:
    return Index(built)


@pytest.mark.parametrize("method", METHODS)
def test_a_question_finds_its_passage(opened: Index, method: Method) -> None:
    searcher = Searcher(opened, SearchSettings(method, 2), load_embedding(opened.card.embedding.name))
    (hits,) = searcher.search([QUESTION])
    assert opened.chunks[hits[0].number].passage == "flutter#sawtooth"
    assert [(one.rank, one.retrieved) for one in hits] == [(1, 1), (2, 2)]
    assert hits[0].score > hits[1].score


def test_fusion_is_the_sum_of_reciprocal_ranks() -> None:
    """Cormack, Clarke and Büttcher (2009): 1 / (60 + rank), summed over the rankings."""
    dense, words = [(1, 0.9), (2, 0.8), (3, 0.7)], [(3, 9.0), (4, 8.0)]
    assert fuse([dense, words]) == [(3, 1 / 63 + 1 / 61), (1, 1 / 61), (2, 1 / 62), (4, 1 / 62)]


def test_a_reranker_changes_the_order_and_the_count_handed_on(opened: Index, small_reranker: Path) -> None:
    encoder, reranker = load_embedding(opened.card.embedding.name), load_reranker(str(small_reranker))
    (before,) = Searcher(opened, SearchSettings("dense", 6), encoder).search([QUESTION])
    (after,) = Searcher(opened, SearchSettings("dense", 6, 3), encoder, reranker).search([QUESTION])
    pairs = [(QUESTION, opened.chunks[one.number].indexed) for one in before]
    scores = reranker.model.predict(pairs)
    expected = sorted(range(6), key=lambda n: -scores[n])[:3]
    assert [one.number for one in after] == [before[n].number for n in expected]
    assert [one.retrieved for one in after] == [n + 1 for n in expected]
    assert [one.rank for one in after] == [1, 2, 3]
    assert [one.number for one in after] != [one.number for one in before][:3]
    assert [one.score for one in after] == pytest.approx([float(scores[n]) for n in expected], abs=1e-5)


def test_many_questions_at_once_find_what_each_finds_alone(opened: Index, small_reranker: Path) -> None:
    encoder, reranker = load_embedding(opened.card.embedding.name), load_reranker(str(small_reranker))
    searcher = Searcher(opened, SearchSettings("hybrid", 4, 2), encoder, reranker)
    questions = [QUESTION, "xylophone", "Which wave grows in hypokalemia?"]
    together = searcher.search(questions)
    for question, hits in zip(questions, together, strict=True):
        (alone,) = searcher.search([question])
        assert [one.number for one in alone] == [one.number for one in hits]


@pytest.mark.parametrize(("k", "rerank_k"), [(0, None), (3, 4), (3, 0)])
def test_numbers_out_of_range_are_refused(k: int, rerank_k: int | None) -> None:
    with pytest.raises(UserError, match="must be"):
        SearchSettings("dense", k, rerank_k)


def test_handing_on_fewer_needs_a_reranker(opened: Index) -> None:
    with pytest.raises(UserError, match="name a reranker"):
        Searcher(opened, SearchSettings("bm25", 5, 3))
