"""Prompts show what the card says, fence every text, and are the same under the same seed."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecg_bench.errors import UserError
from ecg_bench.judging import Judge, JudgedItem, JudgePrompt, Unread, find_judges
from ecg_bench.samples import Outcome
from tests.judging.replies import NAMES, item

JUDGES = find_judges()
FENCE = re.compile(r"<<<(BEGIN|END) ([A-Z ]+?)( [A-Z]\d\d)? ([0-9a-f]{32})>>>")


def user(prompt: JudgePrompt) -> str:
    system, message = prompt.messages
    assert (system.role, message.role) == ("system", "user")
    return message.content


@pytest.mark.parametrize("name", NAMES)
def test_every_text_stands_between_lines_with_the_code_of_the_call(name: str) -> None:
    judge = JUDGES[name]
    one = item(judge)
    prompt = judge.prompt(one)
    text = user(prompt)
    marks = FENCE.findall(text)
    assert len({code for *_, code in marks}) == 1
    assert [kind for kind, *_ in marks] == ["BEGIN", "END"] * (len(marks) // 2)
    for begin, end in zip(marks[::2], marks[1::2], strict=True):
        assert begin[1:] == end[1:]
    shown = judge.card.shown.model_dump()
    kinds = [kind.lower().replace(" ", "_") for _, kind, *_ in marks[::2]]
    assert set(kinds) == {name for name, when in shown.items() if when != "never"} | {"answer"}
    assert kinds.count("answer") == len(one.answers)
    for _, answer in one.answers:
        assert re.search(rf"<<<BEGIN ANSWER[^\n]*>>>\n{re.escape(answer)}\n<<<END ANSWER", text)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_item_and_seed_give_the_same_prompt_and_nothing_else_does(name: str) -> None:
    judge = JUDGES[name]
    one = item(judge)
    assert judge.prompt(one, 3) == judge.prompt(one, 3)
    others = [
        judge.prompt(one, 4),
        judge.prompt(replace(one, id="other"), 3),
        judge.prompt(item(judge, ("Up to 200 ms!", "At most 120 ms.", "It varies.")), 3),
    ]
    codes = [judge.prompt(one, 3).case, *(other.case for other in others)]
    codes += [FENCE.findall(user(prompt))[0][3] for prompt in (judge.prompt(one, 3), *others)]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("name", NAMES)
def test_system_message_and_schema_are_the_same_in_all_calls(name: str) -> None:
    """Servers keep what they made of them."""
    judge = JUDGES[name]
    one, other = judge.prompt(item(judge), 1), judge.prompt(item(judge, ("a", "b")), 2)
    assert one.messages[0] == other.messages[0]
    assert one.schema == other.schema


@pytest.mark.parametrize("name", NAMES)
def test_names_of_systems_are_never_shown(name: str) -> None:
    judge = JUDGES[name]
    assert "system 0" not in user(judge.prompt(item(judge)))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_optional_may_be_missing_and_what_is_required_may_not(name: str) -> None:
    judge = JUDGES[name]
    full = item(judge)
    empty = {"question": "", "reference": None, "passage": None, "key_points": ()}
    for part, when in judge.card.shown.model_dump().items():
        without = replace(full, **{part: empty[part]})
        if when == "required":
            assert judge.missing(without) == (part,)
            with pytest.raises(UserError, match=part.replace("_", " ")):
                judge.prompt(without)
        else:
            assert judge.missing(without) == ()
            text = user(judge.prompt(without))
            assert f"BEGIN {part.replace('_', ' ').upper()}" not in text
            assert "None" not in text
            assert "\n\n\n" not in text


def test_a_judge_of_single_answers_takes_one_and_a_listwise_one_takes_many() -> None:
    single, listwise = JUDGES["ecg-correctness"], JUDGES["ecg-listwise"]
    with pytest.raises(UserError, match="one answer in a call, but is given 3"):
        single.prompt(item(listwise))
    with pytest.raises(UserError, match="2 to 100 answers"):
        listwise.prompt(item(single))
    with pytest.raises(UserError, match="same id"):
        listwise.prompt(replace(item(listwise), answers=(("a", "x"), ("a", "y"))))


def order_shown(prompt: JudgePrompt) -> tuple[str, ...]:
    assert [mark[2].strip() for mark in FENCE.findall(user(prompt))[::2] if mark[2]] == list(prompt.ids)
    return tuple(prompt.ids.values())


def listwise(question: str, n: int = 4) -> JudgedItem:
    answers = tuple((f"s{k}", f"Answer number {k}.") for k in range(n))
    return JudgedItem(question, "Q?", answers, passage="P.")


def test_every_order_of_answers_comes_equally_often() -> None:
    judge = JUDGES["ecg-listwise"]
    first = [order_shown(judge.prompt(listwise(f"q{k}")))[0] for k in range(800)]
    counts = [first.count(f"s{k}") for k in range(4)]
    # Binomial with n 800 and p 1/4: 200 on average, standard deviation 12; 5 of them on either side.
    assert all(140 < count < 260 for count in counts), counts


def test_an_order_can_be_given_for_swaps() -> None:
    judge = JUDGES["ecg-listwise"]
    assert order_shown(judge.prompt(listwise("q"), order=(2, 0, 3, 1))) == ("s2", "s0", "s3", "s1")
    assert order_shown(judge.prompt(listwise("q"), order=(1, 3, 0, 2))) == ("s1", "s3", "s0", "s2")
    with pytest.raises(UserError, match="each position from 0 to 3 once"):
        judge.prompt(listwise("q"), order=(0, 0, 1, 2))


def test_shown_ids_are_distinct_random_and_in_no_answer() -> None:
    judge = JUDGES["ecg-listwise"]
    ids = [tuple(judge.prompt(listwise(f"q{k}", 12)).ids) for k in range(50)]
    assert all(len(set(one)) == 12 for one in ids)
    assert len(set(ids)) == 50
    taken = judge.prompt(listwise("q"), 1).ids
    named = JudgedItem("q", "Q?", (("s0", "best: " + " ".join(taken)), ("s1", "x")), passage="P.")
    assert not set(judge.prompt(named, 1).ids) & set(taken)


@given(st.text(max_size=200), st.integers(0, 5))
def test_any_answer_is_shown_as_it_is_and_holds_neither_code(answer: str, seed: int) -> None:
    judge = JUDGES["ecg-correctness"]
    prompt = judge.prompt(replace(item(judge), answers=(("a", answer),)), seed)
    assert f">>>\n{answer}\n<<<END ANSWER" in user(prompt)
    assert prompt.case not in answer


@pytest.mark.parametrize("name", NAMES)
def test_templates_in_an_answer_are_text(name: str) -> None:
    judge = JUDGES[name]
    assert "{{ 7 * 7 }}{% raw %}" in user(judge.prompt(item(judge, ("{{ 7 * 7 }}{% raw %}", "b"))))


def test_an_answer_with_half_a_character_is_asked_about_all_the_same() -> None:
    judge = JUDGES["ecg-correctness"]
    assert "\ud800" in user(judge.prompt(replace(item(judge), answers=(("a", "\ud800"),))))


@pytest.mark.parametrize("name", NAMES)
def test_a_retry_tells_the_judge_what_was_wrong(name: str) -> None:
    judge: Judge = JUDGES[name]
    message = judge.retry_message(Unread(Outcome.UNPARSED, "the id 'C7' is unknown"))
    assert message.role == "user"
    assert "the id 'C7' is unknown" in message.content
