"""What a model wrote is read tolerantly and checked strictly; each item that is dropped has its reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecg_bench.adapters.datagen import REASONS, Chunk, Lines
from ecg_bench.adapters.datagen._items import Item, item_rules, read_items
from ecg_bench.adapters.datagen._reply import Unread, read_reply
from ecg_bench.adapters.datagen._selecting import balanced, without_duplicates
from ecg_bench.samples import Outcome, Sample
from ecg_bench.validation import RULES, credit
from tests.adapters.datagen.writers import choice, document, open_question, sentences

PASSAGE = document(3, 1).split("## ")[1]
SENTENCES = sentences(PASSAGE)
CHUNK = Chunk("d-l0001", "d", "d#p", "Title", "Part", "general", Lines(1, 3, PASSAGE), len(PASSAGE))
OTHERS = [{"text": f"{n} ms", "correct": False} for n in (1, 2, 3)]
RIGHT = {"text": "9 ms", "correct": True}


def reason(kind: Any, item: Any) -> str:
    items, dropped = read_items(kind, CHUNK, [item], 3)
    assert len(items) + len(dropped) == 1
    return dropped[0].reason if dropped else "kept"


CHOICES = {
    "kept": {},
    "malformed": {"options": "A, B, C, D"},
    "empty": {"question": " \u200b "},
    "not_four_distinct_options": {"options": [RIGHT, *OTHERS, {"text": "4 ms", "correct": False}]},
    "no_key": {"options": [{**RIGHT, "correct": False}, *OTHERS]},
    "two_keys": {"options": [RIGHT, {"text": "8 ms", "correct": True}, *OTHERS[:2]]},
    "refers_to_options": {"options": [RIGHT, *OTHERS[:2], {"text": "All of the above", "correct": False}]},
    "quote_too_short": {"quote": "The apex number"},
    "quote_not_in_passage": {"quote": f"{SENTENCES[0][:-1]} and more."},
    "not_self_contained": {"question": "According to the text, how long is the delay?"},
    "answer_in_question": {"options": [RIGHT, *OTHERS], "question": "Why is a delay of 9 ms the one that is right?"},
    "key_longest_by_far": {"options": [{"text": "9 ms, but only if the patient is at rest", "correct": True}, *OTHERS]},
}


@pytest.mark.parametrize(("expected", "changes"), CHOICES.items(), ids=str)
def test_each_fault_of_a_choice_has_its_reason(expected: str, changes: dict[str, Any]) -> None:
    assert reason("mcq", choice(SENTENCES[0], **changes)) == expected
    assert expected in ("kept", *REASONS)


OPENS = {
    "kept": {},
    "malformed": {"key_points": "one; two"},
    "empty": {"key_points": ["a point", " "]},
    "few_key_points": {"key_points": ["only one"]},
    "quote_not_in_passage": {"quote": "This sentence was never written by anybody."},
    "not_self_contained": {"question": "What do the authors conclude about the delay?"},
    "answer_in_question": {"answer": "a short delay", "question": "Why is a short delay of use?"},
}


@pytest.mark.parametrize(("expected", "changes"), OPENS.items(), ids=str)
def test_each_fault_of_an_open_question_has_its_reason(expected: str, changes: dict[str, Any]) -> None:
    assert reason("open", open_question(SENTENCES[0], **changes)) == expected


@pytest.mark.parametrize("missing", ["question", "options", "rationale", "quote", "difficulty"])
def test_a_missing_field_is_not_made_up(missing: str) -> None:
    item = {name: value for name, value in choice(SENTENCES[0]).items() if name != missing}
    assert reason("mcq", item) == "malformed"


@pytest.mark.parametrize(
    "wrong",
    [
        {"difficulty": "moderate"},
        {"question": 3},
        {"options": [RIGHT, *OTHERS[:2], "4 ms"]},
        {"options": [{"text": "9 ms", "correct": "yes"}, *OTHERS]},
        {"options": [{"text": "9 ms", "correct": 1}, *OTHERS]},
        {"options": [{"text": 9, "correct": True}, *OTHERS]},
    ],
    ids=str,
)
def test_values_of_the_wrong_type_are_not_converted(wrong: dict[str, Any]) -> None:
    assert reason("mcq", choice(SENTENCES[0], **wrong)) == "malformed"


def test_options_that_differ_in_marks_only_are_the_same() -> None:
    options = [RIGHT, *OTHERS[:2], {"text": "9  MS.", "correct": False}]
    assert reason("mcq", choice(SENTENCES[0], options=options)) == "not_four_distinct_options"
    signs = [{"text": text, "correct": text == "<"} for text in ("<", ">", "=", "≠")]
    assert reason("mcq", choice(SENTENCES[0], options=signs)) == "kept"


def test_letters_before_options_are_taken_off() -> None:
    lettered = [
        {**one, "text": f"{letter}) {one['text']}"} for letter, one in zip("ABCD", [RIGHT, *OTHERS], strict=True)
    ]
    (item,), _ = read_items("mcq", CHUNK, [choice(SENTENCES[0], options=lettered)], 3)
    assert item.options == ("9 ms", "1 ms", "2 ms", "3 ms")


def test_a_quotation_may_differ_in_marks_and_breaks_but_not_in_words() -> None:
    quote = SENTENCES[0].upper().replace(" ", "\n ").replace(".", " …")
    assert reason("mcq", choice(SENTENCES[0], quote=quote)) == "kept"
    assert reason("mcq", choice(SENTENCES[0], quote=SENTENCES[0][:-2])) == "quote_not_in_passage"


def test_more_than_asked_for_is_dropped_and_counted() -> None:
    entries = [choice(one, n) for n, one in enumerate(SENTENCES)]
    items, dropped = read_items("mcq", CHUNK, entries, 3)
    assert [item.id for item in items] == ["d-l0001-m1", "d-l0001-m2", "d-l0001-m3"]
    assert [one.reason for one in dropped] == ["beyond_number_asked"] * (len(SENTENCES) - 3)


POINTS_AWAY = (
    *("According to the text, what is normal?", "What is shown in Figure 2?", "Which lead does Table 3 name?"),
    *("What do the authors recommend?", "In this study, how many had block?", "What is described in the passage?"),
    *("Which criterion is mentioned above?", "As stated in the section, what is P?", "What does the text say of Q?"),
    *(
        "Was zeigt Abbildung 4?",
        "Was ist laut Text normal?",
        "Was empfehlen die Autoren?",
        "Wie im Kapitel beschrieben?",
    ),
)
STANDS_ALONE = (
    *("How is chest pain read in the context of pulmonary embolism?", "What does the paper speed of 25 mm/s mean?"),
    *(
        "Of the paper speeds, which is usual?",
        "Which lead lies above the fourth space?",
        "What is the clinical picture?",
    ),
    *("Which of the following is normal?", "Wie lang ist das PR-Intervall nach der Geburt?", "What follows from aVR?"),
)


@pytest.mark.parametrize("question", POINTS_AWAY)
def test_a_question_that_points_to_what_its_reader_does_not_see_is_found(question: str) -> None:
    assert item_rules().found("not_self_contained", question)


@pytest.mark.parametrize("question", STANDS_ALONE)
def test_a_question_that_stands_by_itself_is_left_alone(question: str) -> None:
    assert not item_rules().found("not_self_contained", question)


@pytest.mark.parametrize(
    ("option", "refers"),
    [
        ("All of the above", True),
        ("None of these options", False),
        ("None of the others", True),
        ("Both A and C", True),
        ("A, B and D are correct", True),
        ("Keine der genannten", True),
        ("Vitamins A and D", False),
        ("Leads I and II", False),
        ("All leads", False),
    ],
)
def test_options_that_refer_to_others_are_found(option: str, refers: bool) -> None:
    assert bool(item_rules().found("refers_to_options", option)) is refers


ITEM = choice(SENTENCES[0])
REPLY = json.dumps({"items": [ITEM]})


@pytest.mark.parametrize(
    "text",
    [
        REPLY,
        f"Here are the items:\n```json\n{REPLY}\n```",
        f"<think>first {{'items': [1]}} and so on</think>\n{REPLY}",
        REPLY.replace("true", "True").replace("false", "False").replace("}]}", "},]}"),
        json.dumps({"items": [ITEM]}, indent=2).replace('"items"', '"Items"'),
    ],
)
def test_faults_of_syntax_are_mended(text: str) -> None:
    assert read_reply(text, "stop") == [ITEM]


@pytest.mark.parametrize(
    ("text", "finish", "outcome"),
    [
        ("", "stop", Outcome.EMPTY),
        ("I cannot help with that.", "stop", Outcome.REFUSED),
        ("Question 1: what is P?", "stop", Outcome.UNPARSED),
        ('{"questions": []}', "stop", Outcome.UNPARSED),
        (REPLY, "length", Outcome.TRUNCATED),
        (REPLY[:-20], "stop", Outcome.UNPARSED),
        (REPLY + REPLY, "stop", Outcome.UNPARSED),
        ("", "content_filter", Outcome.REFUSED),
        ('{"items": "none"}', "stop", Outcome.UNPARSED),
    ],
)
def test_what_can_not_be_read_has_an_outcome(text: str, finish: Any, outcome: Outcome) -> None:
    found = read_reply(text, finish)
    assert isinstance(found, Unread)
    assert found.outcome is outcome


def test_an_item_that_contradicts_itself_is_no_item() -> None:
    found = read_reply(
        '{"items": [{"question": "a", "question": "b"}, 3, {"options": [{"correct": true, "correct": false}]}]}', "stop"
    )
    assert found == [None, None, None]
    _, dropped = read_items("mcq", CHUNK, [None], 3)
    assert [one.reason for one in dropped] == ["malformed"]


def item(n: int, passage: str, question: str, options: tuple[str, ...] = ("a", "b", "c", "d"), key: int = 0) -> Item:
    chunk = Chunk(f"c{n}", "d", passage, "", "", "general", Lines(1, 1, ""), 0)
    return Item(f"c{n}-m1", "mcq", chunk, question, "", "easy", options, key)


def test_of_near_duplicates_the_reported_one_stays() -> None:
    split = {"p": "train", "q": "test", "r": "test"}
    long = "How long may the interval from the beginning of P to the beginning of QRS be in healthy adults at rest?"
    items = [
        item(1, "p", long),
        item(2, "q", long.replace("healthy", "most")),
        item(3, "r", "What is Q?", ("e", "f", "g", "h")),
        item(4, "p", "WHAT is q", ("i", "j", "k", "l")),
        item(5, "r", "what is q?", ("m", "n", "o", "p")),
        item(6, "p", "Which part of the heart generates the impulse?"),
    ]
    kept, dropped = without_duplicates(items, split)
    assert [one.id for one in kept] == ["c2-m1", "c3-m1", "c6-m1"]
    assert {(one.id, one.reason, one.detail) for one in dropped} == {
        ("c1-m1", "duplicate_across_splits", "c2-m1"),
        ("c4-m1", "duplicate_across_splits", "c3-m1"),
        ("c5-m1", "duplicate", "c3-m1"),
    }


def test_a_set_whose_wording_gives_keys_away_is_thinned_until_it_does_not() -> None:
    def one(n: int, longest: bool) -> Item:
        texts = [f"option {n} {'x' * (k * 3)}" for k in range(4)]
        return item(n, "p", f"Question {n}?", tuple(texts), 3 if longest else n % 3)

    items = [one(n, longest=n % 2 == 0) for n in range(400)]
    kept, dropped = balanced(items, 0)
    assert balanced(items, 0)[0] == kept
    assert {one.reason for one in dropped} == {"gives_away_as_a_set"}
    assert len(kept) + len(dropped) == 400
    assert len(kept) > 250
    for name, (rule, limit) in RULES.items():
        samples = [Sample(one.id, 0, one.question, options=one.options, key=one.key) for one in kept]
        assert sum(credit(rule, sample) for sample in samples) / len(kept) < limit, name
    assert balanced(items[:30], 0)[1] == []
