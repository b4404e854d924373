"""Reading sets of options out of replies."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecg_bench.ecg_qa import NONE, Reader, exact, join, set_f1
from ecg_bench.samples import Outcome

VERIFY = ["no", "not sure", "yes"]
LEADS = [f"lead {name}" for name in ("I", "II", "III", "V1", "V2", "V3", "V4", "V5", "V6", "aVF", "aVL", "aVR")] + [
    NONE
]
BIGEMINY = "bigeminal pattern (unknown origin, supraventricular, or ventricular)"
QUERY = ["atrial fibrillation", BIGEMINY, NONE, "sinus rhythm", "long qt-interval", "st/t change"]
STAGES = ["none of myocardial infarction", "old stage of myocardial infarction", NONE]


@pytest.mark.parametrize(
    ("options", "reply", "answers"),
    [
        (VERIFY, "Not sure", {"not sure"}),
        (VERIFY, "not sure.", {"not sure"}),
        (VERIFY, "**Yes**", {"yes"}),
        (VERIFY, "Yes, the ECG shows atrial fibrillation.", {"yes"}),
        (VERIFY, "No. There is no sign of it.", {"no"}),
        (VERIFY, "There is no noise that I can see.\n\nAnswer: yes", {"yes"}),
        (VERIFY, "I wavered.\n**Final answer:** Not sure", {"not sure"}),
        (VERIFY, "Answer: no\nBut do ask a cardiologist.", {"no"}),
        (VERIFY, "Answer: no\nOn second thought:\nAnswer: yes", {"yes"}),
        (VERIFY, "<think>Answer: no</think>yes", {"yes"}),
        (LEADS, "Lead I, lead aVR", {"lead I", "lead aVR"}),
        (LEADS, "LEADS II, III AND AVF", {"lead II", "lead III", "lead aVF"}),
        (LEADS, "V1-V3", {"lead V1", "lead V2", "lead V3"}),
        (LEADS, "lead I, V5 to V6", {"lead I", "lead V5", "lead V6"}),
        (LEADS, "- lead I\n- V2", {"lead I", "lead V2"}),
        (LEADS, "1. lead I\n2. lead II", {"lead I", "lead II"}),
        (LEADS, "['lead II', 'lead aVF']", {"lead II", "lead aVF"}),
        (LEADS, "The answer is: lead I.", {"lead I"}),
        (LEADS, "None of the above.", {NONE}),
        (QUERY, f"Sinus rhythm, {BIGEMINY}", {"sinus rhythm", BIGEMINY}),
        (QUERY, "bigeminal pattern; sinus rhythm", {BIGEMINY, "sinus rhythm"}),
        (QUERY, "Long QT interval and ST/T change", {"long qt-interval", "st/t change"}),
        (STAGES, "None of myocardial infarction", {"none of myocardial infarction"}),
        (STAGES, "none", {NONE}),
    ],
)
def test_a_reply_that_is_a_list_of_options_is_read(options: list[str], reply: str, answers: set[str]) -> None:
    reading = Reader(options)(reply)
    assert reading.outcome is Outcome.OK
    assert reading.answers == answers


@pytest.mark.parametrize(
    ("options", "reply"),
    [
        (VERIFY, "There is no evidence of it"),
        (VERIFY, "I don't know"),
        (VERIFY, "None"),
        (VERIFY, "No, I am not sure"),
        (VERIFY, "Nothing"),
        (QUERY, "There is no atrial fibrillation but sinus rhythm"),
        (QUERY, "no atrial fibrillation"),
        (QUERY, "sinus rhythms"),
        (QUERY, "sinus rhythm, ventricular tachycardia"),
        (LEADS, "I think it is lead II"),
        (LEADS, "lead VII"),
        (LEADS, "V4-V1"),
    ],
)
def test_what_is_no_list_of_options_is_not_guessed_at(options: list[str], reply: str) -> None:
    assert Reader(options)(reply).outcome is Outcome.UNPARSED


def test_every_reply_that_is_not_read_says_why() -> None:
    read = Reader(VERIFY)
    assert read("").outcome is Outcome.EMPTY
    assert read("I cannot interpret this ECG.").outcome is Outcome.REFUSED
    assert read("yes", "length").outcome is Outcome.TRUNCATED
    assert read("Answer: yes\nThat is since the", "length").answers == {"yes"}


@given(st.sets(st.sampled_from(QUERY), min_size=1), st.sampled_from([", ", "; ", " and ", "\n", " / ", ", and "]))
def test_any_set_of_options_in_any_case_is_read_as_itself(answers: set[str], between: str) -> None:
    listed = between.join(sorted(answers))
    read = Reader(QUERY)
    for reply in (listed, listed.upper(), f"Answer: {listed}.", f'"{listed}"'):
        assert read(reply).answers == answers


@given(st.text(max_size=60))
def test_no_text_gives_an_answer_that_is_no_option(reply: str) -> None:
    reading = Reader(QUERY)(reply)
    assert reading.answers <= set(QUERY)
    assert bool(reading.answers) is (reading.outcome is Outcome.OK)


@pytest.mark.parametrize(
    "text", ["yes " * 20_000, " " * 100_000 + "x", "*" * 100_000, "answer:" * 15_000, "- " * 50_000]
)
def test_a_hostile_reply_takes_no_time(text: str) -> None:
    start = time.perf_counter()
    Reader(VERIFY)(text)
    assert time.perf_counter() - start < 2


def test_the_set_is_scored_whole_and_in_part() -> None:
    assert exact({"a", "b"}, {"b", "a"}) == 1
    assert exact({"a"}, {"a", "b"}) == 0
    assert set_f1({"a"}, {"a", "b"}) == pytest.approx(2 / 3)
    assert set_f1(set(), {"a"}) == 0
    assert join({"b", "a, c"}) == "a, c; b"
