"""Items of one group, or of nearly the same passages, are never on two sides."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecg_bench.adapters.datagen import Chunk, Lines, Recipe, generate, parse_shares
from ecg_bench.adapters.datagen._splits import assign, clusters
from ecg_bench.errors import UserError
from tests.adapters.datagen.writers import Writer, document, write_documents


def chunk(document: str, passage: int, text: str, part: int = 0) -> Chunk:
    name = f"{document}#{passage}"
    return Chunk(f"{name}-{part}", document, name, "Title", "Section", "general", Lines(1, 2, text), len(text))


TEXTS = st.sampled_from([f"word{n} other{n} third{n} fourth{n} fifth{n} sixth{n}" for n in range(12)])
PLACES = st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 3), st.integers(0, 2))
CHUNKS = st.dictionaries(PLACES, TEXTS, min_size=3, max_size=40)
SHARES = st.sampled_from([(0.8, 0.1, 0.1), (0.5, 0.25, 0.25), (0.0, 0.5, 0.5), (0.0, 0.0, 1.0), (0.9, 0.0, 0.1)])


@given(CHUNKS, st.sampled_from(["document", "passage"]), SHARES, st.integers(0, 5))
def test_no_group_is_on_two_sides(found: dict, by, shares, seed: int) -> None:  # type: ignore[no-untyped-def, type-arg]
    chunks = [chunk(name, passage, text, part) for (name, passage, part), text in found.items()]
    groups = clusters(chunks, by)
    weights = dict.fromkeys({one.passage for one in chunks}, 1.0)
    n_splits = sum(share > 0 for share in shares)
    if len(groups) < n_splits:
        with pytest.raises(UserError, match=f"too few for {n_splits} splits"):
            assign(groups, weights, shares, seed, by)
        return
    split = assign(groups, weights, shares, seed, by)
    assert split == assign(groups, weights, shares, seed, by)
    assert set(split) == {one.passage for one in chunks}
    used = {side for side, share in zip(("train", "selection", "test"), shares, strict=True) if share}
    assert set(split.values()) == used, "a split with a share is empty, or one without has something"
    texts = {one.passage: "\n".join(o.text for o in chunks if o.passage == one.passage) for one in chunks}
    for one, other in combinations(chunks, 2):
        together = one.passage == other.passage or texts[one.passage] == texts[other.passage]
        if together or (by == "document" and one.document == other.document):
            assert split[one.passage] == split[other.passage]


def test_shares_are_met_as_far_as_whole_documents_allow() -> None:
    chunks = [chunk(f"doc{n}", part, document(n, 4).split("## ")[part + 1]) for n in range(60) for part in range(4)]
    groups = clusters(chunks, "document")
    assert len(groups) == 60
    weights = {one.passage: float(len(one.text.split())) for one in chunks}
    sizes = Counter()
    for passage, side in assign(groups, weights, (0.7, 0.1, 0.2), 3, "document").items():
        sizes[side] += weights[passage]
    total = sum(sizes.values())
    for side, share in zip(("train", "selection", "test"), (0.7, 0.1, 0.2), strict=True):
        assert sizes[side] / total == pytest.approx(share, abs=0.02)


def test_copies_of_a_document_under_two_names_stay_together() -> None:
    texts = [document(n, 1) for n in range(6)]
    chunks = [chunk(f"doc{n}", 0, text) for n, text in enumerate([*texts, texts[0]])]
    assert ["doc0#0", "doc6#0"] in clusters(chunks, "document")
    assert ["doc0#0", "doc6#0"] in clusters(chunks, "passage")


def test_a_notice_that_stands_in_every_document_is_asked_about_once_and_joins_none(tmp_path: Path) -> None:
    documents = write_documents(tmp_path / "documents", 6)
    notice = (
        "All rights in these recommendations are reserved, and doses must be checked against the label of the drug."
    )
    for path in documents.iterdir():
        path.write_text(f"{path.read_text()}\n## Notice\n\n{notice * 2}\n")
    record = generate(
        [documents], Writer(), tmp_path / "pack", Recipe(name="hearts", shares=(0.5, 0.25, 0.25)), quiet=True
    )
    assert record.chunks is not None
    assert (record.chunks.copies, record.chunks.clusters, record.chunks.passages) == (5, 6, 25)


@pytest.mark.parametrize("text", ["0.8,0.1", "0.8,0.1,0.2", "a,b,c", "1.2,-0.1,-0.1", "", "0.8;0.1;0.1"])
def test_shares_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UserError, match="three numbers that add up to 1"):
        parse_shares(text)
