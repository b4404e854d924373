"""Chunks fit, lose nothing, say where they stand, and break where a reader would."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ecg_bench import UserError
from ecg_bench.adapters.rag import OFFLINE, Splitter, read_corpus
from ecg_bench.adapters.rag._chunks import Chunk, chunks_of
from ecg_bench.adapters.rag._models import tokenizer_of
from ecg_bench.domains import find_domains

TEXTS = st.text(st.sampled_from("ab .\n?Z"), max_size=400)


def chunks_in(folder: Path, splitter: Splitter) -> list[Chunk]:
    return chunks_of(read_corpus(folder).documents, splitter, lambda _: None)


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.integers(1, 60), st.integers(0, 30))
@example("???\n ?\n??? ???", 6, 2)  # the line between begins with a blank, and stands again in the next chunk
def test_chunks_fit_and_together_hold_every_word(text: str, size: int, overlap: int) -> None:
    overlap = min(overlap, size // 2)
    spans = Splitter(size, overlap).split(text)
    covered = {place for start, end in spans for place in range(start, end)}
    assert all(0 < end - start <= size for start, end in spans)
    assert {place for place, character in enumerate(text) if not character.isspace()} <= covered
    for (start, end), (following, beyond) in pairwise(spans):
        assert start < following
        assert end < beyond
        assert max(0, end - following) <= overlap


def test_chunks_break_at_paragraphs_before_sentences_and_at_sentences_before_words() -> None:
    text = "One two three. Four five six.\n\nSeven eight nine. Ten eleven twelve."
    assert [text[a:b] for a, b in Splitter(40, 0).split(text)] == text.split("\n\n")
    assert [text[a:b] for a, b in Splitter(20, 0).split(text)] == [
        *("One two three.", "Four five six."),
        *("Seven eight nine.", "Ten eleven twelve."),
    ]


def test_overlap_begins_with_a_sentence_where_one_fits() -> None:
    text = "The first is long enough to fill it. Short one. The last is as long as the first one was."
    chunks = [text[a:b] for a, b in Splitter(60, 20).split(text)]
    assert chunks == [
        "The first is long enough to fill it. Short one.",
        "Short one. The last is as long as the first one was.",
    ]


def test_a_word_longer_than_a_chunk_is_cut() -> None:
    assert [end - start for start, end in Splitter(4, 0).split("abcdefghij")] == [2, 3, 2, 3]


def test_tokens_are_those_of_the_named_tokenizer() -> None:
    tokenizer = tokenizer_of(OFFLINE)
    text = "Hyperkalaemia raises the T wave. Hypokalaemia raises the U wave. " * 20
    spans = Splitter(24, 4, "tokens", tokenizer).split(text)
    counts = [len(tokenizer(text[a:b], add_special_tokens=False)["input_ids"]) for a, b in spans]
    assert max(counts) <= 24
    assert max(end - start for start, end in spans) > 24, "characters were counted"


def test_the_unit_changes_what_1024_means() -> None:
    """The study says tokens and counted characters, which are four times fewer tokens."""
    text = "The QRS complex widens and the axis turns to the left. " * 200
    characters = Splitter(1024, 100).split(text)
    tokens = Splitter(1024, 100, "tokens", tokenizer_of(OFFLINE)).split(text)
    assert len(characters) > 3 * len(tokens)


def test_passages_and_lines_are_those_of_the_shipped_corpus() -> None:
    corpus = find_domains()["ecg"].corpus
    assert corpus is not None
    chunks = chunks_in(corpus.folder, Splitter(200, 40))
    assert {chunk.passage for chunk in chunks} == set(corpus.passages)
    for chunk in chunks[::50]:
        lines = (corpus.folder / f"{chunk.document}.md").read_text().splitlines()
        assert chunk.text in "\n".join(lines[chunk.first_line - 1 : chunk.last_line])
        assert chunk.text in corpus.passages[chunk.passage].text
        assert chunk.title == corpus.by_id[chunk.document].card.title


def test_a_folder_may_hold_texts_of_any_kind_in_any_depth(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "plain.txt").write_bytes(b"First line.\r\nSecond line.\r\n")
    (tmp_path / "note.md").write_text("# A title\n\nBefore.\n\n## Same\n\nOne.\n\n## Same\n\nTwo.\n")
    (tmp_path / "note.txt").write_text("Another of the name.")
    (tmp_path / "empty.md").write_text("\n")
    (tmp_path / "scan.pdf").write_bytes(b"%PDF")
    (tmp_path / ".hidden.md").write_text("secret")
    found = read_corpus(tmp_path)
    chunks = chunks_of(found.documents, Splitter(), lambda _: None)
    assert {(one.passage, one.title, one.first_line, one.last_line) for one in chunks} == {
        ("deep/plain", "plain", 1, 2),
        ("note.md", "A title", 3, 3),
        ("note.md#same", "A title", 7, 7),
        ("note.md#same-2", "A title", 11, 11),
        ("note.txt", "note.txt", 1, 1),
    }
    assert any("empty.md" in notice for notice in found.notices)
    assert any("scan.pdf" in notice for notice in found.notices)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: None, "holds no document"),
        (lambda folder: (folder / "a.md").write_text("---\ntitle: x\n---\n"), "every document in it is empty"),
        (lambda folder: (folder / "a.txt").write_bytes(b"\xff\xfe\x00"), "not UTF-8"),
    ],
)
def test_a_folder_without_text_is_refused(make, said: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    make(tmp_path)
    with pytest.raises(UserError, match=said):
        read_corpus(tmp_path)


def test_what_is_neither_a_folder_nor_a_domain_is_refused() -> None:
    with pytest.raises(UserError, match=r"neither a folder nor a domain.*did you mean 'ecg'"):
        read_corpus("ekg")


@pytest.mark.parametrize(("size", "overlap"), [(0, 0), (10, 6), (10, -1)])
def test_sizes_out_of_range_are_refused(size: int, overlap: int) -> None:
    with pytest.raises(UserError, match="must be"):
        Splitter(size, overlap)
