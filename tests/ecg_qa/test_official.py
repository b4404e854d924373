"""The published parser of ECG-QA, each of its faults, and the official vocabulary under ours."""

from __future__ import annotations

import ast
import csv
import os
from pathlib import Path

import pytest

from ecg_bench.ecg_qa import Reader, official_answers, official_score
from tests.ecg_qa.test_reader import BIGEMINY, LEADS, QUERY, VERIFY

DATA = os.environ.get("ECG_BENCH_TEST_DATA", "")
OFFICIAL = Path(DATA, "ecg-qa", "ecgqa", "ptbxl")
needs_data = pytest.mark.skipif(not DATA or not OFFICIAL.is_dir(), reason="ECG_BENCH_TEST_DATA holds no ecg-qa")


def test_not_sure_is_read_as_no_so_that_it_can_never_be_credited() -> None:
    assert official_answers("Not sure", VERIFY) == {"no"}
    assert official_score("Not sure", VERIFY, {"not sure"}) == 0
    assert official_score("Not sure", VERIFY, {"no"}) == 1
    assert Reader(VERIFY)("Not sure").answers == {"not sure"}


@pytest.mark.parametrize("reply", ["None", "There is no evidence", "I don't know", "Nothing abnormal", "unknown"])
def test_no_is_found_within_other_words(reply: str) -> None:
    assert official_answers(reply, VERIFY) == {"no"}
    assert not Reader(VERIFY)(reply).answers


@pytest.mark.parametrize("reply", ["lead I", "lead I, lead aVR", "lead V1"])
def test_names_with_capitals_never_match(reply: str) -> None:
    assert official_answers(reply, LEADS) == set()
    assert official_score(reply, LEADS, {*reply.split(", ")}) == 0
    assert Reader(LEADS)(reply).answers == {*reply.split(", ")}
    assert official_score("none", LEADS, {"none"}) == 1


def test_the_name_av_dissociation_of_mimic_never_matches_either() -> None:
    assert official_score("AV dissociation", ["AV dissociation"], {"AV dissociation"}) == 0


def test_prose_that_denies_an_option_is_read_as_affirming_it() -> None:
    reply = "There is no atrial fibrillation but sinus rhythm"
    assert official_answers(reply, QUERY) == {"atrial fibrillation", "sinus rhythm"}
    assert official_answers("It could be sinus rhythm or atrial fibrillation.", QUERY) == {
        "atrial fibrillation",
        "sinus rhythm",
    }


def test_a_name_with_brackets_is_matched_whole_and_not_without_them() -> None:
    assert official_answers(BIGEMINY, QUERY) == {BIGEMINY}
    assert official_answers("bigeminal pattern", QUERY) == set()


def test_reasoning_in_tags_is_read_too() -> None:
    assert official_answers("<think>no</think>yes", VERIFY) == {"no", "yes"}


@needs_data
def test_every_answer_of_the_official_vocabulary_is_read_by_ours_among_the_legal_ones_of_its_templates() -> None:
    with (OFFICIAL / "answers.csv").open() as file:
        vocabulary = {row["class"] for row in csv.DictReader(file)}
    seen: set[str] = set()
    with (OFFICIAL / "answers_for_each_template.csv").open() as file:
        for row in csv.DictReader(file):
            legal = ast.literal_eval(row["classes"])
            read = Reader(legal)
            for answer in legal:
                for reply in (answer, answer.upper(), f"Answer: {answer}"):
                    assert read(reply).answers == {answer}
            assert read(", ".join(legal)).answers == set(legal)
            seen |= set(legal)
    assert seen == vocabulary


@needs_data
def test_the_published_parser_loses_the_leads_of_the_official_vocabulary_and_not_sure() -> None:
    with (OFFICIAL / "answers_for_each_template.csv").open() as file:
        templates = [ast.literal_eval(row["classes"]) for row in csv.DictReader(file)]
    lost = {answer for legal in templates for answer in legal if not official_score(answer, legal, {answer})}
    assert lost == {"not sure", *LEADS} - {"none"}
