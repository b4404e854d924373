"""The verdict by rule: what it gives the shipped references, parts of them, and others in their place."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import resources
from random import Random
from typing import Any

import pytest

from ecg_bench.judgements import _perturbations
from ecg_bench.judgements._perturbations import PERTURBATIONS, Perturbation, pad
from ecg_bench.text_metrics._key_points import LEVELS, covered, lexical_verdict, sentences

DATA = resources.files("ecg_bench.tasks") / "ecg" / "data"
ITEMS: list[dict[str, Any]] = [
    json.loads(line) for name in ("open-complex", "open-factual") for line in (DATA / f"{name}.jsonl").open("rb")
]


def shares(answer: Callable[[dict[str, Any]], str | None], *, key_points: bool = True) -> dict[str, float]:
    levels = [
        lexical_verdict(text, item["reference"], item["key_points"] if key_points else ()).level
        for item in ITEMS
        if (text := answer(item)) is not None
    ]
    return {level: levels.count(level) / len(levels) for level in LEVELS}


def first_half(item: dict[str, Any]) -> str | None:
    parts = sentences(item["reference"])
    return " ".join(parts[: len(parts) // 2]) if len(parts) > 1 else None


def second_half(item: dict[str, Any]) -> str | None:
    parts = sentences(item["reference"])
    return " ".join(parts[len(parts) // 2 :]) if len(parts) > 1 else None


def of_another_topic(item: dict[str, Any]) -> str:
    others = [other["reference"] for other in ITEMS if other["topic"] != item["topic"]]
    return str(Random(item["id"]).choice(others))


@pytest.mark.parametrize("key_points", [True, False])
def test_the_reference_is_correct_also_padded(key_points: bool) -> None:
    assert shares(lambda item: item["reference"], key_points=key_points)["correct"] == 1
    assert shares(lambda item: pad(item["reference"], 0), key_points=key_points)["correct"] == 1


@pytest.mark.parametrize("half", [first_half, second_half])
def test_half_of_the_reference_is_correct_but_incomplete(half: Callable[[dict[str, Any]], str | None]) -> None:
    assert shares(half)["correct but incomplete"] > 0.88
    assert shares(half, key_points=False)["correct but incomplete"] > 0.97


def test_a_reference_of_another_topic_is_incorrect() -> None:
    assert shares(of_another_topic)["incorrect"] > 0.93
    assert shares(of_another_topic)["correct"] == 0
    assert shares(of_another_topic, key_points=False)["incorrect"] > 0.97


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_a_perturbed_reference_drops_by_two_levels(name: str) -> None:
    perturb: Perturbation = PERTURBATIONS[name]
    found = shares(lambda item: perturb(item["reference"], 0))
    assert found["correct"] == found["correct but incomplete"] == 0


def test_the_key_points_as_answer_are_mostly_correct() -> None:
    assert shares(lambda item: ". ".join(item["key_points"]) + ".")["correct"] > 0.82


def test_an_empty_answer_is_incorrect() -> None:
    assert shares(lambda item: "")["incorrect"] == 1


def test_a_contradicted_key_point_is_not_covered() -> None:
    point = "No ST elevation in V1 to V3"
    assert covered("There is no ST elevation in V1 to V3.", point)
    contradicted = covered("There is ST elevation in V1 to V3.", point)
    assert contradicted.score == 1
    assert not contradicted


def test_other_forms_of_the_words_count_and_other_words_do_not() -> None:
    assert covered("The node conducted retrogradely.", "retrograde conduction of the node")
    assert not covered("Backward spread through the junction.", "retrograde conduction of the node")


def test_words_scattered_over_a_long_answer_do_not_cover_a_key_point() -> None:
    scattered = "Flecainide is a drug. It is old. Some like it. Deaths occur. Others do well. Mortality is a word."
    assert not covered(scattered, "Flecainide increased mortality after infarction")


def test_a_finding_names_the_sentence_of_the_answer() -> None:
    verdict = lexical_verdict(
        "The rhythm is regular. The QRS lasts 0.18 s, which is long. P waves are seen.",
        "The rhythm is regular. The QRS lasts 80 ms. P waves are seen.",
    )
    assert verdict.level == "partially incorrect"
    assert [finding.sentence for finding in verdict.findings] == ["The QRS lasts 0.18 s, which is long."]


def test_sentences_end_at_full_stops_and_lines_but_not_within_numbers() -> None:
    assert sentences("QRS 0.12 s. PR 0.2 s; axis normal\n- T upright") == [
        "QRS 0.12 s.",
        "PR 0.2 s;",
        "axis normal",
        "- T upright",
    ]


@pytest.mark.parametrize(
    "edits",
    [
        _perturbations._negations,
        _perturbations._comparators,
        _perturbations._numbers,
        _perturbations._leads,
        _perturbations._directions,
    ],
)
def test_most_changes_drop_the_verdict_wherever_they_are_made(edits) -> None:  # type: ignore[no-untyped-def]
    """Also at the places that perturbations pass over because the comparison doesn't see them."""
    dropped = []
    for item in ITEMS:
        text, rng = item["reference"], Random(item["id"])
        found = list(edits(text, rng))
        for edit in rng.sample(found, min(2, len(found))):
            verdict = lexical_verdict(edit.apply(text), text, item["key_points"])
            dropped.append(verdict.level != "correct")
    assert sum(dropped) / len(dropped) > 0.91
