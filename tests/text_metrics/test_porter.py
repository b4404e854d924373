"""Stems are Porter's, with nltk's extensions."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.stem.porter import PorterStemmer

from ecg_bench.domains import find_domains
from ecg_bench.text_metrics._porter import stem

ORACLE = PorterStemmer()
SUFFIXES = """
al ance ence er ic able ible ant ement ment ent ion sion ou ism ate iti ous ive ize
icate ative alize iciti ical ful ness
ational tional enci anci izer bli abli alli entli eli ousli ization ation ator alism iveness fulness ousness
aliti iviti biliti fulli logi
ed ing eed ied ies s sses ss y e ll at bl iz yy
"""


@pytest.mark.parametrize(("word", "expected"), [("generalizations", "gener"), ("oscillators", "oscil")])
def test_the_examples_of_the_paper(word: str, expected: str) -> None:
    assert stem(word) == expected


@pytest.mark.parametrize(
    ("word", "expected"), [("dying", "die"), ("skies", "sky"), ("spied", "spi"), ("enjoy", "enjoy")]
)
def test_the_extensions_of_nltk(word: str, expected: str) -> None:
    assert stem(word) == expected


def test_the_words_of_the_corpus_have_the_stems_of_nltk() -> None:
    corpus = find_domains()["ecg"].corpus
    assert corpus is not None
    text = " ".join(passage.text for document in corpus for passage in document.passages)
    words = set(re.findall(r"\w+", text.lower()))
    assert len(words) > 3000
    assert {word: stem(word) for word in words} == {word: ORACLE.stem(word) for word in words}


def test_made_up_words_with_every_suffix_have_the_stems_of_nltk() -> None:
    rng, suffixes = random.Random(0), SUFFIXES.split()
    for _ in range(20_000):
        word = "".join(
            rng.choices("aeiouybcdlstwxz0é", k=rng.randint(0, 6)) + rng.choices(suffixes, k=rng.randint(0, 3))
        )
        assert stem(word) == ORACLE.stem(word), word


@given(st.text().map(str.lower))
@settings(deadline=None)
def test_any_text_in_small_letters_has_the_stem_of_nltk(word: str) -> None:
    assert stem(word) == ORACLE.stem(word)
