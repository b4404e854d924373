"""Perturbations change one critical token and nothing else; padding changes none."""

from __future__ import annotations

import json
from importlib import resources
from random import Random

import pytest

from ecg_bench.judgements import _perturbations
from ecg_bench.judgements._perturbations import (
    PERTURBATIONS,
    change_number,
    negate,
    pad,
    swap_comparator,
    swap_direction,
)
from ecg_bench.text_metrics._length import count_words
from ecg_bench.text_metrics.critical import Kind, compare, critical_tokens

DATA = resources.files("ecg_bench.tasks") / "ecg" / "data"
REFERENCES = [
    json.loads(line)["reference"]
    for name in ("open-complex", "open-factual")
    for line in (DATA / f"{name}.jsonl").open("rb")
]
KINDS = {
    "negation": {Kind.NEGATION, Kind.DIRECTION},
    "comparator": {Kind.COMPARATOR},
    "number": {Kind.NUMBER},
    "lead": {Kind.LEAD},
    "direction": {Kind.DIRECTION},
}
# of 254 references, so many at least can be changed
APPLIES = {"negation": 240, "comparator": 65, "number": 125, "lead": 70, "direction": 235}


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_a_change_is_seen_in_one_place_and_nowhere_else(name: str) -> None:
    applied = 0
    for seed in (0, 1):
        for text in REFERENCES:
            changed = PERTURBATIONS[name](text, seed)
            if changed is None:
                continue
            applied += 1
            difference = compare(changed, text)
            assert difference.missing == difference.added == ()
            assert {pair.kind for pair in difference.contradicted} <= KINDS[name]
            assert len({(pair.reference.start, pair.reference.end) for pair in difference.contradicted}) == 1
    assert applied >= 2 * APPLIES[name]


# Share of all places that could be changed at which the comparison sees a contradiction. Perturbations pass over the
# other places, so that without this the test above would only show that they do what they say.
@pytest.mark.parametrize(
    ("name", "edits", "least"),
    [
        ("negation", _perturbations._negations, 0.9),
        ("comparator", _perturbations._comparators, 0.95),
        ("number", _perturbations._numbers, 0.92),
        ("lead", _perturbations._leads, 0.92),
        ("direction", _perturbations._directions, 0.92),
    ],
)
def test_most_changes_are_seen_wherever_they_are_made(name: str, edits, least: float) -> None:  # type: ignore[no-untyped-def]
    seen = []
    for text in REFERENCES:
        for edit in edits(text, Random(0)):
            pairs = compare(edit.apply(text), text).contradicted
            seen.append(any(pair.kind in KINDS[name] for pair in pairs))
    share = sum(seen) / len(seen)
    assert share >= least


@pytest.mark.parametrize("name", [*PERTURBATIONS, "pad"])
def test_the_same_seed_gives_the_same_change(name: str) -> None:
    perturb = {**PERTURBATIONS, "pad": pad}[name]
    assert [perturb(text, 7) for text in REFERENCES[:40]] == [perturb(text, 7) for text in REFERENCES[:40]]
    assert [perturb(text, 7) for text in REFERENCES[:40]] != [perturb(text, 8) for text in REFERENCES[:40]]


def test_padding_doubles_or_triples_the_length_and_keeps_the_content() -> None:
    for text in REFERENCES:
        padded = pad(text, 0)
        assert padded is not None
        assert padded.startswith(text.rstrip("."))
        assert 2 <= count_words(padded) / count_words(text) <= 3
        assert not compare(padded, text)


def test_the_sentences_of_padding_say_nothing_critical() -> None:
    assert [critical_tokens(sentence) for sentence in _perturbations._EMPTY] == [()] * len(_perturbations._EMPTY)


@pytest.mark.parametrize(
    ("perturb", "text", "expected"),
    [
        (negate, "Cardioversion is indicated.", {"Cardioversion is not indicated.", "No cardioversion is indicated."}),
        (swap_comparator, "The QRS lasts at least 120 ms.", "The QRS lasts at most 120 ms."),
        (swap_comparator, "QTc of 500 ms or more", "QTc of 500 ms or less"),
        (change_number, "The PR is 0,25 s.", {"The PR is 0,5 s.", "The PR is 0,125 s."}),
        (change_number, "Mobitz II block", "Mobitz I block"),
        (change_number, "complete third-degree block", "complete first-degree block"),
        (swap_direction, "A regular rhythm", "An irregular rhythm"),
        (swap_direction, "Hyperkalaemia", "Hypokalaemia"),
    ],
)
def test_changes_keep_units_case_and_articles(perturb, text: str, expected: str | set[str]) -> None:  # type: ignore[no-untyped-def]
    assert perturb(text, 0) in ({expected} if isinstance(expected, str) else expected)


@pytest.mark.parametrize("name", ["comparator", "number", "lead", "direction"])
def test_nothing_is_changed_where_there_is_nothing_to_change(name: str) -> None:
    assert PERTURBATIONS[name]("Sinus rhythm.", 0) is None


@pytest.mark.parametrize("name", [*PERTURBATIONS, "pad"])
def test_an_empty_text_stays(name: str) -> None:
    assert {**PERTURBATIONS, "pad": pad}[name]("", 0) is None
