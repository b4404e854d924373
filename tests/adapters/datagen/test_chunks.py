"""A chunk is lines of the stored document, byte for byte, whatever it was split by and however often."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecg_bench.adapters.datagen import split
from ecg_bench.adapters.datagen._chunks import Lines, chunks_of, measure_by, take
from ecg_bench.adapters.datagen._cleaning import shipped_rules
from ecg_bench.adapters.datagen._documents import prepare_document, tidy
from ecg_bench.domains import Corpus, find_domains
from ecg_bench.errors import UserError

LINE = st.one_of(
    st.just(""),
    st.sampled_from(["# One", "## Two", "### Three", "#### Four", "```", "- an entry", "| a | b |", "  "]),
    st.text(alphabet=st.characters(exclude_characters="\n"), max_size=60),
)
SIZES = st.lists(st.integers(1, 200), min_size=1, max_size=4)


@given(st.lists(LINE, min_size=1, max_size=40), SIZES)
def test_parts_split_again_and_again_are_lines_of_the_file(lines: list[str], sizes: list[int]) -> None:
    data = "\n".join(lines).encode("utf-8", "replace")
    document = data.decode().split("\n")
    parts = [take(document, 1, len(document))]
    for size in sizes:
        parts = [smaller for part in parts for smaller in split(document, part, size)]
        for part in parts:
            raw = data.split(b"\n")[part.first_line - 1 : part.last_line]
            assert part.text.encode() == b"\n".join(raw)
            assert len(part.text) <= size or part.first_line == part.last_line
    places = [n for part in parts for n in range(part.first_line, part.last_line + 1)]
    assert places == sorted(set(places)), "parts overlap or are out of order"
    assert {n for n, line in enumerate(document, 1) if line.strip()} <= set(places), "a line is in no part"


@given(st.lists(LINE, min_size=1, max_size=30), st.integers(1, 300))
def test_a_document_of_any_text_keeps_its_lines_in_the_corpus(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], size: int
) -> None:
    """The whole way: any file, converted and cleaned, stored, read back as a corpus, and cut."""
    folder = tmp_path_factory.mktemp("corpus")
    source = folder / "source.txt"
    source.write_bytes(("\n".join(lines) + "\n\nSome text that is there in any case.").encode("utf-8", "replace"))
    prepared = prepare_document(source, "source.txt", "text", shipped_rules(), [])
    (folder / f"{prepared.id}.md").write_text(prepared.text, encoding="utf-8", newline="")
    corpus = Corpus(folder)
    data = (folder / f"{prepared.id}.md").read_bytes().split(b"\n")
    for chunk in chunks_of(corpus, size, len):
        raw = data[chunk.lines.first_line - 1 : chunk.lines.last_line]
        assert chunk.text.encode() == b"\n".join(raw)
        assert chunk.passage in corpus.passages


def test_every_word_of_the_shipped_corpus_is_in_one_chunk_of_its_passage() -> None:
    corpus = find_domains()["ecg"].corpus
    assert corpus is not None
    for size in (200, 900, 6000):
        chunks = list(chunks_of(corpus, size, len))
        assert len({chunk.id for chunk in chunks}) == len(chunks)
        texts: dict[str, str] = {}
        for chunk in chunks:
            texts[chunk.passage] = f"{texts.get(chunk.passage, '')} {chunk.text}"
        for passage in corpus.passages.values():
            assert texts[passage.id].split() == ["##", *passage.heading.split(), *passage.text.split()]


def test_headings_are_cut_before_paragraphs_and_neighbours_that_fit_stay_together() -> None:
    document = ["## A", "one", "", "two", "### B", "three", "### C", "four"]
    whole = Lines(1, 8, "\n".join(document))
    assert [(part.first_line, part.last_line) for part in split(document, whole, 18)] == [(1, 4), (5, 6), (7, 8)]
    assert [(part.first_line, part.last_line) for part in split(document, whole, 30)] == [(1, 6), (7, 8)]
    assert [(part.first_line, part.last_line) for part in split(document, whole, 9)] == [(1, 2), (4, 4)] + [
        (n, n) for n in range(5, 9)
    ]


def test_a_chunk_knows_the_headings_above_it(tmp_path: Path) -> None:
    (tmp_path / "d.md").write_text(
        "# Title\n\n## Blocks\n\nText.\n\n### Of the node\n\nMore text.\n\n#### Second degree\n\nEven more text.\n"
    )
    prepared = prepare_document(tmp_path / "d.md", "d.md", "markdown", shipped_rules(), [])
    (tmp_path / "d.md").write_text(prepared.text)
    sections = [chunk.section for chunk in chunks_of(Corpus(tmp_path), 25, len)]
    assert sections[0] == "Blocks"
    assert sections[-1] == "Blocks > Of the node > Second degree"


def test_the_size_may_be_tokens_of_a_named_tokenizer(tmp_path: Path, plain_llama: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(plain_llama)
    corpus = find_domains()["ecg"].corpus
    assert corpus is not None
    chunks = list(chunks_of(corpus, 60, measure_by(str(plain_llama))))
    for chunk in chunks[:50]:
        assert chunk.size == len(tokenizer(chunk.text, add_special_tokens=False)["input_ids"])
        assert chunk.size <= 60 or chunk.lines.first_line == chunk.lines.last_line
    with pytest.raises(UserError, match="no tokenizer can be loaded"):
        measure_by(str(tmp_path))


def test_control_characters_and_foreign_line_ends_make_no_lines_of_their_own() -> None:
    text = "one\u2028two\x0cthree\r\nfour\rfive\x00\u202e six\ufeff\x1b[31m"
    lines = tidy(text)
    assert lines == ["one", "two", "three", "four", "five six[31m"]
    assert "\n".join(lines).splitlines() == lines


def test_a_paragraph_too_long_for_a_prompt_is_broken_between_sentences() -> None:
    text = " ".join(f"Sentence number {n} says something." for n in range(400))
    lines = tidy(text)
    assert len(lines) > 3
    assert max(map(len, lines)) <= 2_000
    assert " ".join(lines) == text
