"""CIDEr-D is the coco-caption code's, a tenth of it, and says where its IDF is from."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocoevalcap.cider.cider import Cider

from ecg_bench.errors import UserError
from ecg_bench.text_metrics import Pair
from ecg_bench.text_metrics._cider import CiderD, words_of

WORDS = ("the", "pr", "interval", "st", "elevation", "leads", "v1", "v4", "infarction", "qrs", "wide", "block", "0.12")


def some_pairs(n: int, *, longest: int = 25, seed: int = 0) -> list[Pair]:
    rng = random.Random(seed)
    references = [" ".join(rng.choices(WORDS, k=rng.randint(0, longest))) for _ in range(max(1, n // 3))]
    answers = [" ".join(rng.choices(WORDS, k=rng.randint(0, longest))) for _ in range(n)]
    return [Pair(answer, rng.choice([*references, answer])) for answer in answers]


def peer(pairs: list[Pair]) -> np.ndarray:
    """Return what coco-caption's code gives for our words, which are told apart by blanks."""
    cider = Cider()
    known = {i: [" ".join(words_of(pair.reference))] for i, pair in enumerate(pairs)}
    given_ = {i: [" ".join(words_of(pair.answer))] for i, pair in enumerate(pairs)}
    return np.asarray(cider.compute_score(known, given_)[1])


def cider(pairs: list[Pair], **options: Path) -> np.ndarray:
    return np.asarray(CiderD(**options).compare(pairs).scores["cider_d"])


@pytest.mark.parametrize("seed", range(5))
def test_equals_a_tenth_of_coco_caption(seed: int) -> None:
    pairs = some_pairs(200, seed=seed)
    assert cider(pairs).any()
    np.testing.assert_allclose(cider(pairs), peer(pairs) / 10, atol=1e-12)


texts = st.lists(st.sampled_from([*WORDS, "ST", "V1-V4,", "ß", "心"]), max_size=12).map(" ".join)


@given(st.lists(st.builds(Pair, texts, texts), min_size=1, max_size=8))
def test_equals_a_tenth_of_coco_caption_on_any_pairs(pairs: list[Pair]) -> None:
    pairs = [*pairs, Pair("", "qrs")]  # the peer fails where no reference has a word
    found = cider(pairs)
    np.testing.assert_allclose(found, peer(pairs) / 10, atol=1e-12)
    assert ((found >= 0) & (found <= 1)).all()


def test_the_reference_itself_scores_1_from_four_words_on() -> None:
    others = [Pair("sinus rhythm", "normal sinus rhythm")] * 3
    for text, expected in (("wide qrs complex tachycardia", 1.0), ("wide qrs", 0.5), ("tachycardia", 0.25)):
        assert cider([Pair(text, text), *others])[0] == pytest.approx(expected)


def test_another_length_is_punished_by_a_gaussian() -> None:
    corpus = [Pair("x", "normal sinus rhythm")] * 3
    text = "one two three four five"
    alike, longer = cider([Pair(text, text), Pair(text + " one two three four five six", text), *corpus])[:2]
    assert longer < alike * math.exp(-(6**2) / 72)


def test_scores_by_these_references_depend_on_the_other_pairs() -> None:
    pairs = some_pairs(40)
    assert abs(cider(pairs)[:10] - cider(pairs[:10])).max() > 0.01
    assert "|idf:these-references|" in CiderD().signature


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "reports.jsonl"
    path.write_text("".join(json.dumps({"reference": pair.reference}) + "\n" for pair in some_pairs(60, seed=9)))
    return path


def test_scores_by_a_corpus_depend_on_nothing_else(corpus: Path) -> None:
    pairs = some_pairs(40)
    together = cider(pairs, idf=corpus)
    np.testing.assert_array_equal([cider([pair], idf=corpus)[0] for pair in pairs], together)


def test_the_corpus_gives_what_the_same_references_give(tmp_path: Path) -> None:
    pairs = [pair for pair in some_pairs(60) if pair.reference]
    path = tmp_path / "same.txt"
    path.write_text("\n".join(pair.reference for pair in pairs))
    np.testing.assert_array_equal(cider(pairs, idf=path), cider(pairs))


def test_the_signature_names_the_corpus_and_what_is_in_it(corpus: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    copy = folder / corpus.name
    copy.write_bytes(corpus.read_bytes())
    signature = CiderD(idf=corpus).signature
    assert "|idf:reports.jsonl@" in signature
    assert signature == CiderD(idf=copy).signature
    copy.write_text(copy.read_text() + '{"reference": "one more"}\n')
    assert signature != CiderD(idf=copy).signature


def test_references_without_a_rare_word_are_marked() -> None:
    alone = CiderD().compare([Pair("wide qrs", "wide qrs")])
    assert alone.scores["cider_d"][0] == 0
    assert alone.flags["unweighted_reference"].tolist() == [True]
    found = CiderD().compare([Pair("wide qrs", "wide qrs"), Pair("", "narrow qrs"), Pair("qrs", "")])
    assert found.flags["unweighted_reference"].tolist() == [False, False, True]
    assert found.scores["cider_d"][1:].tolist() == [0, 0]


def test_no_pairs_have_no_scores() -> None:
    assert cider([]).shape == (0,)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", '{"text": "wide qrs"}\n', "jsonl:1: needs the field 'reference'"),
        ("a.jsonl", '{"reference": 5}\n', "jsonl:1: needs the field 'reference'"),
        ("a.txt", "wide qrs\n\nwide qrs\n", "at least two different references"),
        ("a.txt", "", "at least two different references"),
    ],
)
def test_a_corpus_that_gives_no_idf_is_refused(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=message):
        CiderD(idf=tmp_path / name)


def test_a_corpus_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        CiderD(idf=tmp_path / "none.txt")
