"""Whatever is done to a reply: no crash, and never a verdict that it doesn't state.

What a text states is found here by regular expressions, which know nothing of the reader.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecg_bench.judging import Judge, JudgePrompt, Unread, Verdict, find_judges
from ecg_bench.judging._syntax import find_objects
from tests.judging.replies import NAMES, item, obey

JUDGES = find_judges()
QUOTE = "[\"'“”„‟‘’‚]"
BLANK = r"(?:\s|//[^\n]*|#[^\n]*|/\*.*?\*/)*"
REST = re.compile(r"//[^\n]*|#[^\n]*|/\*.*?\*/", re.DOTALL)


def after(field: str, value: str, text: str) -> list[str]:
    """Return what stands after a field's name wherever it is given."""
    pattern = rf"(?={QUOTE}\s*{field}\s*{QUOTE}{BLANK}:{BLANK}({value}))"  # looking ahead, since one may be in another
    return re.findall(pattern, text, re.IGNORECASE | re.DOTALL)


def numbers(text: str) -> list[float]:
    return [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", REST.sub("", text), re.IGNORECASE)]


def words(text: str) -> list[str]:
    return re.findall(rf"{QUOTE}\s*([^\"'“”„‟‘’‚]*?)\s*{QUOTE}", REST.sub("", text))


def states(judge: Judge, prompt: JudgePrompt, text: str, verdict: Verdict) -> bool:
    """Whether each value of a verdict stands in the text under its name, and, in a list of answers, after its id."""
    shown = {own: shown for shown, own in prompt.ids.items()}
    for own, one in verdict.answers.items():
        part = (
            "\n".join(re.findall(rf"{QUOTE}\s*{shown[own]}\s*{QUOTE}.*", text, re.DOTALL)) if judge.listwise else text
        )
        for card in judge.card.rubric:
            field = card.field or card.name
            if card.kind == "levels":
                level = r"[\s_-]+".join(map(re.escape, one.levels[card.name].split()))
                found = bool(after(field, rf"{QUOTE}[\s_-]*{level}[\s_-]*{QUOTE}", part))
            elif card.kind == "boolean":
                stated = "true" if one.scores[card.name] else "false"
                found = bool(after(field, rf"{QUOTE}?\s*{stated}\b", part))
            elif card.kind == "number":
                found = [float(one.details[field])] in map(numbers, after(field, r"[^,}\]]*", part))
            elif card.kind == "points":
                found = list(map(float, one.details[field])) in map(numbers, after(field, r"\[[^\]]*\]", part))
            else:
                place = one.details[field] - 1
                found = shown[own] in {
                    listed[place] for listed in map(words, after(field, r"\[[^\]]*\]", text)) if len(listed) > place
                }
            if not found:
                return False
    return True


CHARACTERS = "{}[]\",:'\\ \n\t/#*0123456789eE.-_truefalsnTFN“”‘’<>`()\0é"
FRAGMENTS = (
    "true", "false", "null", "NaN", "None", "1e1", "//", "/*", "*/", "```", "<think>", "</think>", '", "', '"}', '{"',
    "},{", "]", '"correct": true', '"correctness": "correct"', '"score": 10', '"covered": [1, 2]', '"harm": "none"',
    '"case": "',
)  # fmt: skip


def mutate(text: str, other: str, draw: random.Random) -> str:
    """Return a text with one to four faults in it; `other` is another reply to the same prompt."""
    for _ in range(draw.randint(1, 4)):
        here = draw.randrange(len(text) + 1)
        there = min(len(text), here + draw.choice((1, 1, 2, 5, 20, 100)))
        kind = draw.randrange(8)
        if kind == 0:
            text = text[:here] + text[there:]
        elif kind == 1:
            text = text[:here] + draw.choice(CHARACTERS) + text[here:]
        elif kind == 2:
            text = text[:here] + draw.choice(CHARACTERS) + text[here + 1 :]
        elif kind == 3:
            text = text[:here] + text[here:there] + text[here:]
        elif kind == 4:
            text = text[:here] + draw.choice(FRAGMENTS) + text[here:]
        elif kind == 5:
            text = text[:here] + other[draw.randrange(len(other)) :]
        elif kind == 6:
            start = draw.randrange(len(other))
            text = text[:here] + other[start : start + 40] + text[there:]
        else:
            text = text[:here]
    return text


def replies(judge: Judge, prompt: JudgePrompt, draw: random.Random) -> Iterator[tuple[str, Verdict]]:
    """Yield replies to one prompt as text, in several forms of writing."""
    while True:
        reply, verdict = obey(judge, prompt, draw)
        form = draw.randrange(4)
        if form == 0:
            yield json.dumps(reply), verdict
        elif form == 1:
            yield f"```json\n{json.dumps(reply, indent=2, ensure_ascii=False)}\n```", verdict
        elif form == 2:
            yield repr(reply), verdict
        else:
            yield f"The answer is {{good}}.\n{json.dumps(reply, indent=1)}\nThat is all.", verdict


@pytest.mark.parametrize("name", NAMES)
def test_thousands_of_damaged_replies_give_what_they_state_or_nothing(name: str) -> None:
    judge = JUDGES[name]
    draw = random.Random(f"fuzz {name}")
    read = unread = 0
    for round_ in range(60):
        prompt = judge.prompt(item(judge), round_)
        texts = replies(judge, prompt, draw)
        for _ in range(50):
            (text, verdict), (other, _) = next(texts), next(texts)
            assert judge.read(text, prompt, "stop") == verdict, text
            damaged = mutate(text, other, draw)
            found = judge.read(damaged, prompt, draw.choice(("stop", None)))
            if isinstance(found, Unread):
                unread += 1
                assert found.reason
                assert "\n" not in found.reason
            else:
                read += 1
                assert states(judge, prompt, damaged, found), (damaged, found)
    assert min(read, unread) > 200, (read, unread)


@pytest.mark.parametrize("name", NAMES)
def test_a_reply_that_ends_early_gives_its_own_verdict_or_none(name: str) -> None:
    judge = JUDGES[name]
    draw = random.Random(f"cut {name}")
    prompt = judge.prompt(item(judge))
    texts = replies(judge, prompt, draw)
    for _ in range(12):
        text, verdict = next(texts)
        for end in range(len(text)):
            found = judge.read(text[:end], prompt, None)
            assert isinstance(found, Unread) or found == verdict, text[:end]
            assert isinstance(judge.read(text[:end], prompt, "length"), Unread)


@pytest.mark.parametrize("name", NAMES)
def test_a_value_that_is_exchanged_for_another_is_read_as_it_stands_or_not_at_all(name: str) -> None:
    """Whole values are exchanged here, so that the text is whole JSON and what it states is known exactly."""
    judge = JUDGES[name]
    draw = random.Random(f"values {name}")
    values: list[Any] = [
        None, True, False, 0, 1, 2, 7, 10, 11, -1, 2.5, 1e300, float("nan"), "", "correct", "incorrect", "CORRECT",
        "true", "yes", "7", "7/10", "none", "serious",
        "None", [], [1], [1, 2], [2, 2], ["1"], [9], {}, {"correct": True},
    ]  # fmt: skip
    for seed in range(400):
        prompt = judge.prompt(item(judge), seed)
        reply, _ = obey(judge, prompt, draw)
        place = reply
        if judge.listwise and draw.random() < 0.7:
            place = draw.choice(reply["answers"])
        place[draw.choice(list(place))] = draw.choice([*values, *prompt.ids, list(prompt.ids)])
        text = json.dumps(reply)
        found = judge.read(text, prompt, "stop")
        assert isinstance(found, Unread) or states(judge, prompt, text, found), text


keys = st.from_regex(r"[a-z]{1,5}", fullmatch=True)
plain = (
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False) | st.text(max_size=20)
)  # fmt: skip
values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=6
)


@given(st.dictionaries(keys, values, max_size=4), st.sampled_from([None, 2]), st.booleans())
def test_json_is_read_as_json(value: dict[str, Any], indent: int | None, ascii_only: bool) -> None:
    objects, fault = find_objects(json.dumps(value, indent=indent, ensure_ascii=ascii_only))
    if fault != "it is nested too deeply":
        (found,) = objects
        assert found.clear
        assert found.fields == value
        assert json.dumps(found.fields) == json.dumps(value)  # true is not 1, and 1.0 is not 1


@given(st.dictionaries(keys, values, max_size=4))
def test_what_python_prints_is_read_alike(value: dict[str, Any]) -> None:
    text = repr(value)
    if "\\x" not in text and "\\U" not in text and "inf" not in text:  # escapes that JSON doesn't have
        objects, fault = find_objects(text)
        assert fault == "it is nested too deeply" or objects[0].fields == value


@given(st.text(max_size=300), st.sampled_from(["stop", "length", "content_filter", None]))
def test_any_text_gives_no_verdict(text: str, finish_reason: Any) -> None:
    for judge in JUDGES.values():
        prompt = judge.prompt(item(judge))
        assert isinstance(judge.read(text, prompt, finish_reason), Unread)
        marked = f'{{"case": "{prompt.case}", {text}}}'
        judge.read(marked, prompt, finish_reason)


@given(st.text(alphabet=CHARACTERS, max_size=200))
def test_any_marks_around_a_verdict_give_that_verdict_or_none(text: str) -> None:
    judge = JUDGES["ecg-correctness"]
    prompt = judge.prompt(item(judge))
    reply, verdict = obey(judge, prompt, random.Random(0))
    for whole in (text + json.dumps(reply), json.dumps(reply) + text):
        found = judge.read(whole, prompt)
        assert isinstance(found, Unread) or found == verdict
