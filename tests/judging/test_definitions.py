"""Judges are data: those that are shipped hold together, and a wrong one is answered with file and line."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ecg_bench.errors import UserError
from ecg_bench.judging import find_judges, load_judge
from tests.judging.replies import NAMES, item, obey

JUDGES = find_judges()
VALID = """\
judge: brevity
title: Is it short
version: 1
description: Whether the answer is short.
verified: By nobody.
protocol: single
shown: {question: required}
notes:
  - {name: why, description: why}
rubric:
  - name: brevity
    kind: levels
    description: how short
    levels:
      - {name: long, value: 0}
      - {name: short, value: 1}
prompt:
  system: "Grade. {{ rubric }}"
  user: "{{ question }} {{ answer }}"
model: {name: openai/some, max_tokens: 100}
"""


def test_the_shipped_judges() -> None:
    assert tuple(JUDGES) == NAMES
    assert all(judge.name == name for name, judge in JUDGES.items())


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_judge_says_that_no_clinician_reviewed_it(name: str) -> None:
    assert "No clinician has reviewed" in JUDGES[name].card.verified


@pytest.mark.parametrize("name", NAMES)
def test_signatures_name_version_and_prompt(name: str) -> None:
    assert re.fullmatch(rf"judge:{name}\|version:\d+\|prompt:[0-9a-f]{{12}}", JUDGES[name].signature)
    assert load_judge(name).signature == JUDGES[name].signature


def test_the_expert_scale_has_the_study_values() -> None:
    (criterion,) = JUDGES["ecg-correctness"].card.rubric
    assert {level.name: level.value for level in criterion.levels} == {
        "incorrect": 0,
        "partially incorrect": 0.25,
        "correct but incomplete": 0.75,
        "correct": 1,
    }


@pytest.mark.parametrize("name", ["ecg-binary", "ecg-listwise"])
def test_judges_after_the_study_show_the_passage_and_no_reference(name: str) -> None:
    shown = JUDGES[name].card.shown
    assert (shown.passage, shown.reference) == ("required", "never")
    assert "200 ms." not in JUDGES[name].prompt(item(JUDGES[name], ("x", "y"))).messages[1].content.split("PASSAGE")[0]


@pytest.mark.parametrize("name", NAMES)
def test_a_reply_in_the_form_asked_for_fits_the_schema(name: str) -> None:
    judge = JUDGES[name]
    prompt = judge.prompt(item(judge))
    jsonschema.Draft202012Validator.check_schema(prompt.schema)
    for seed in range(50):
        jsonschema.validate(obey(judge, prompt, random.Random(seed))[0], prompt.schema)


def objects_in(schema: Any) -> list[dict[str, Any]]:
    found = [schema] if schema.get("type") == "object" else []
    for inner in [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]:
        found += objects_in(inner)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_schemas_are_such_as_servers_enforce_strictly(name: str) -> None:
    for one in objects_in(JUDGES[name].schema):
        assert one["additionalProperties"] is False
        assert one["required"] == list(one["properties"])


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_judge_of_ones_own_is_one_file(tmp_path: Path) -> None:
    judge = load_judge(write(tmp_path, VALID))
    assert judge.signature.startswith("judge:brevity|version:1|prompt:")
    assert judge.missing(item(judge)) == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("how short", "how very short"),
        ("Grade.", "Judge."),
        ("{{ question }} ", "{{ question }}"),
        ("value: 0", "value: 0.1"),
        ("name: why, description: why", "name: why, description: why so"),
        ("shown: {question: required}", "shown: {question: optional}"),
    ],
)
def test_whatever_shapes_prompt_or_reading_changes_the_signature(tmp_path: Path, old: str, new: str) -> None:
    before = load_judge(write(tmp_path, VALID)).signature
    assert VALID.replace(old, new) != VALID
    assert load_judge(write(tmp_path, VALID.replace(old, new))).signature != before


@pytest.mark.parametrize(
    ("old", "new"), [("Is it short", "Brevity"), ("By nobody", "By us"), ("openai/some", "hf/one")]
)
def test_what_only_describes_the_judge_leaves_the_signature(tmp_path: Path, old: str, new: str) -> None:
    before = load_judge(write(tmp_path, VALID)).signature
    assert load_judge(write(tmp_path, VALID.replace(old, new))).signature == before


LONG = "      - {name: long, value: 0}\n"
LEVELS = f"kind: levels\n    description: how short\n    levels:\n{LONG}      - {{name: short, value: 1}}"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("title: Is", "titel: Is", 1, "the field 'title' is missing"),
        ("model:", "flavour: 1\nmodel:", 20, "unknown field 'flavour'"),
        ("version: 1", "version: 0", 3, "field 'version'"),
        ("protocol: single", "protocol: pairs", 6, "field 'protocol'"),
        ("{question: required}", "{question: yes}", 7, "field 'shown.question'"),
        ("value: 1}", "value: 2}", 16, "field 'rubric.0.levels.1.value'"),
        ("value: 1}", "value: 0}", 14, "from the worst to the best"),
        ("name: short", "name: LONG", 14, "two levels have the same name"),
        (LONG, "", 14, "at least two levels"),
        ("kind: levels", "kind: number", 14, "has no 'levels'"),
        ("kind: levels", "kind: points", 12, "needs 'counts'"),
        ("kind: levels", "kind: words", 12, "field 'rubric.0.kind'"),
        (
            LEVELS,
            "kind: points\n    description: d\n    counts: for",
            12,
            "key points can only be counted where they are",
        ),
        (LEVELS, "kind: number\n    description: d\n    minimum: 5\n    maximum: 5", 15, "maximum must be above"),
        (LEVELS, "kind: ranking\n    description: d", 12, "needs the protocol 'listwise'"),
        ("- name: brevity", "- name: why", 11, "the name 'why' is taken already"),
        ("- name: brevity", "- name: case", 11, "the name 'case' is taken already"),
        ("name: why,", "name: Why,", 9, "field 'notes.0.name'"),
        ("{{ answer }}", "{{ anwser }}", 19, "unknown field 'anwser'; this prompt has answer, question, rubric"),
        ("{{ answer }}", "", 19, "never shows {{ answer }}"),
        ("{{ question }}", "", 19, "never shows {{ question }}"),
        ("{{ answer }}", "{{ answer }} {{ reference }}", 19, "unknown field 'reference'"),
        ("{{ answer }}", "{{ answer|upper }}", 19, "must show each answer once"),
        ("{{ answer }}", "{{ answer }} {{ answer }}", 19, "must show each answer once"),
        ("{{ question }}", "{{ question|truncate(20) }}", 19, "every text as it is"),
        ("{{ answer }}", "{{ answer.__class__ }}", 19, "Python's own"),
        ("{{ rubric }}", "{{ question }}", 18, "unknown field 'question'"),
        ("{{ rubric }}", "{% if %}", 18, "can't be read"),
        ("{{ rubric }}", "{{ rubric + 1 }}", 18, "fails"),
        ("judge: brevity", "judge: [", 1, "is not valid YAML"),
    ],
)
def test_a_wrong_definition_is_answered_with_file_and_line(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    assert old in VALID
    path = write(tmp_path, VALID.replace(old, new))
    with pytest.raises(UserError) as caught:
        load_judge(path)
    message = str(caught.value)
    assert said in message
    assert "\n" not in message
    if "YAML" not in said:
        assert message.startswith(f"{path}:{line}: ")


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UserError, match="did you mean 'ecg-correctness'"):
        load_judge("ecg-corectness")
    with pytest.raises(UserError, match="no such file"):
        load_judge("nowhere.yaml")
