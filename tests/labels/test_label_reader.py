"""What a set of labels is read from, and when nothing is."""

from __future__ import annotations

import pytest

from ecg_bench.ecg.scp import FAMILIES, STATEMENTS, labels_of
from ecg_bench.task_types._label_reader import LabelReader, label_texts, read_yes_no


def reader(family: str) -> LabelReader:
    of_codes = {code: label for code in STATEMENTS for label in labels_of([code], family)}
    return LabelReader(label_texts(FAMILIES[family], family), of_codes)


@pytest.mark.parametrize(
    ("said", "labels"),
    [
        ("Answer: NORM", {"NORM"}),
        ("An ABNORMAL tracing.\n**Answer:** MI, CD", {"MI", "CD"}),
        ("answer: mi and sttc.", {"MI", "STTC"}),
        ("Answer: none", set()),
        ("Answer: None of the labels.", set()),
        ("Answer: MI\nOn reflection:\nAnswer: CD", {"CD"}),
        ("Answer: myocardial infarction; hypertrophy", {"MI", "HYP"}),
        ("Answer: complete left bundle branch block", {"CD"}),
        ("Sinus rhythm. Left bundle branch block, no infarction.", {"CD"}),
    ],
)
def test_labels_are_read_by_code_by_word_and_by_statement(said: str, labels: set[str]) -> None:
    assert reader("superdiag").read(said) == labels


@pytest.mark.parametrize(
    "said",
    [
        "Answer: no MI, CD",
        "Answer: MI or CD",
        "Answer: none of MI",
        "Answer: milder changes",
        "Answer: ABNORMAL",
        "I am not sure.",
        "",
    ],
)
def test_what_denies_doubts_or_names_nothing_is_unparsed_and_never_the_empty_set(said: str) -> None:
    assert reader("superdiag").read(said) is None


def test_the_longest_label_counts_and_codes_with_signs_are_whole() -> None:
    read = reader("all").read
    assert read("Answer: incomplete left bundle branch block") == {"ILBBB"}
    assert read("Answer: LAO/LAE, PRC(S), STE_") == {"LAO/LAE", "PRC(S)", "STE_"}
    assert read("Answer: STE, 1AVB") == {"STE_", "1AVB"}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_label_of_every_family_is_read_from_its_code_and_from_its_words(family: str) -> None:
    texts = label_texts(FAMILIES[family], family)
    read = reader(family).read
    assert {label: read(f"Answer: {label}") for label in texts} == {label: {label} for label in texts}
    assert {label: read(f"Answer: {text}") for label, text in texts.items()} == {label: {label} for label in texts}
    assert read(f"Answer: {', '.join(texts)}") == set(texts)


@pytest.mark.parametrize(
    ("said", "yes"),
    [
        ("Answer: yes", True),
        ("There is no P wave.\nAnswer: **Yes**, clearly", True),
        ("No.", False),
        ("Answer: yes or no", None),
        ("Answer: not sure", None),
        ("It shows a normal rhythm", None),
    ],
)
def test_yes_and_no_are_whole_words_at_the_beginning_of_the_answer(said: str, yes: bool | None) -> None:
    assert read_yes_no(said) is yes
