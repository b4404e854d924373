"""The reader mends syntax, never content, and says why it can't read."""

from __future__ import annotations

import json
import random
import time
from typing import Any

import pytest

from ecg_bench.judging import Judge, JudgePrompt, Unread, Verdict, find_judges
from tests.judging.replies import NAMES, item, obey

JUDGES = find_judges()


def asked(name: str = "ecg-correctness", seed: int = 0) -> tuple[Judge, JudgePrompt, dict[str, Any], Verdict]:
    judge = JUDGES[name]
    prompt = judge.prompt(item(judge), seed)
    return judge, prompt, *obey(judge, prompt, random.Random(seed))


def simple(name: str, **fields: Any) -> tuple[Judge, JudgePrompt, str]:
    judge = JUDGES[name]
    prompt = judge.prompt(item(judge))
    return judge, prompt, json.dumps({"case": prompt.case, **fields})


def unread(judge: Judge, prompt: JudgePrompt, text: str, finish_reason: Any = "stop") -> Unread:
    found = judge.read(text, prompt, finish_reason)
    assert isinstance(found, Unread), found
    assert "\n" not in found.reason
    return found


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("finish_reason", ["stop", "content_filter", None])
@pytest.mark.parametrize("indent", [None, 2])
def test_reads_what_an_obedient_judge_states(name: str, finish_reason: Any, indent: int | None) -> None:
    for seed in range(100):
        judge, prompt, reply, verdict = asked(name, seed)
        for plain in (True, False):
            assert judge.read(json.dumps(reply, indent=indent, ensure_ascii=plain), prompt, finish_reason) == verdict


WRAPPERS = (
    "```json\n{}\n```",
    "```\n{}```",
    "~~~json\n{}\n~~~",
    "Here is my verdict:\n\n{}",
    "{}\n\nI hope this helps.",
    '<think>Perhaps correct. Or {{"case": 1}}?</think>\n{}',
    "so it is right.</think>{}",
    "<thinking>a</thinking><thinking>b</thinking>{}",
    "The set {{V1, V2}} is meant.\n{}",
    "\\frac{{a}}{{b}}\n{}",
    '{{"case": "0000000000000000", "correctness": "correct"}}\n{}',
    '{}\n{{"note": "done"}}',
    "[{}]",
    '{{"verdict": {}}}',
    "\ufeff{}",
    "{}  \n\n",
)


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("name", NAMES)
def test_fences_prose_reasoning_and_other_objects_around_it_change_nothing(name: str, wrapper: str) -> None:
    judge, prompt, reply, verdict = asked(name)
    assert judge.read(wrapper.format(json.dumps(reply, indent=2)), prompt, "stop") == verdict


def python_form(reply: Any) -> str:
    return repr(reply)


def trailing_commas(reply: Any) -> str:
    return json.dumps(reply, indent=2).replace("\n}", ",\n}").replace("\n    }", ",\n    }").replace("\n  ]", ",\n  ]")


def commented(reply: Any) -> str:
    return json.dumps(reply, indent=1).replace("{\n", "{ // the verdict\n# of mine\n /* so\n it is */", 1)


def unclosed(reply: Any) -> str:
    return json.dumps(reply).removesuffix("}")


def smart(reply: Any) -> str:
    marks = iter("“”" * 1000)
    text = json.dumps(reply).replace('\\"', "\\u0022").replace("“", "\\u201c")
    return "".join(next(marks) if mark == '"' else mark for mark in text)


def raw_breaks(reply: Any) -> str:
    return json.dumps(reply, ensure_ascii=False).replace("\\n", "\n").replace("\\t", "\t")


def shouted(reply: Any) -> str:
    text = json.dumps(reply)
    for word in ("explanation", "correctness", "covered", "harm", "true", "false"):
        text = text.replace(f'"{word}":', f'"{word.upper()}" :').replace(f": {word}", f": {word.title()}")
    return text


@pytest.mark.parametrize("damage", [python_form, trailing_commas, commented, smart, raw_breaks, shouted])
@pytest.mark.parametrize("name", NAMES)
def test_faults_of_syntax_are_mended(name: str, damage: Any) -> None:
    for seed in range(20):
        judge, prompt, reply, verdict = asked(name, seed)
        assert judge.read(damage(reply), prompt, "stop") == verdict, damage(reply)


@pytest.mark.parametrize("name", ["ecg-binary", "ecg-correctness", "safety", "ecg-listwise"])
def test_a_missing_brace_at_the_very_end_is_mended_where_nothing_else_can_be_missing(name: str) -> None:
    judge, prompt, reply, verdict = asked(name)
    for text in (unclosed(reply), unclosed(reply) + "\n```", unclosed(reply) + "\n"):
        assert judge.read(text, prompt, "stop") == verdict
        assert unread(judge, prompt, text, "length").outcome == "truncated"


def test_a_number_or_a_list_at_the_very_end_may_have_been_cut() -> None:
    judge, prompt, text = simple("key-points", contradicted=[], covered=[1, 2])
    assert isinstance(judge.read(text, prompt), Verdict)
    unread(judge, prompt, text.removesuffix("]}"))
    unread(judge, prompt, text.replace("[1, 2]}", '["1"'))
    listwise, prompt, reply, _ = asked("ecg-listwise")
    cut = json.dumps(reply).removesuffix("}]}")
    assert cut[-1].isdigit()
    unread(listwise, prompt, cut)


def test_the_last_object_with_the_code_counts() -> None:
    judge, prompt, first = simple("ecg-correctness", correctness="correct")
    second = first.replace('"correct"', '"incorrect"')
    found = judge.read(f"{first}\nNo, on reflection:\n{second}", prompt)
    assert isinstance(found, Verdict)
    assert found.answers["system 0"].levels == {"correctness": "incorrect"}


def test_what_may_be_a_second_verdict_after_the_first_makes_it_unclear() -> None:
    judge, prompt, first = simple("ecg-correctness", correctness="correct")
    for rest in (
        "\nNo, rather:\n" + first.replace('"correct"', '"incorrect"')[:-3],
        ' and so on", "correctness": "incorrect"}',
        f"\nThat was case {prompt.case}.",
        "\n{",
        "}",
    ):
        assert "what follows" in unread(judge, prompt, first + rest).reason


def test_an_object_inside_a_broken_one_is_not_read() -> None:
    judge, prompt, text = simple("ecg-correctness", correctness="correct")
    unread(judge, prompt, f'{{"case": "{prompt.case}", "wrong would be": {text}, "correctness": incorrect}}')
    unread(judge, prompt, f'{{verdict: "not what follows", "but": {text}')


@pytest.mark.parametrize(
    ("name", "fields", "said"),
    [
        ("ecg-correctness", {}, "'correctness' is missing"),
        ("ecg-correctness", {"correctness": "mostly right"}, "must be one of 'incorrect', 'partially incorrect'"),
        ("ecg-correctness", {"correctness": ["correct"]}, "must be one of"),
        ("ecg-correctness", {"correctness": 1}, "must be one of"),
        ("ecg-correctness", {"correctness": None}, "must be one of"),
        ("ecg-correctness", {"correctness": "correct | incorrect"}, "must be one of"),
        ("ecg-correctness", {"correctness": "correct", "explanation": ["a"]}, "'explanation' must be a text"),
        ("ecg-binary", {"correct": "yes"}, "must be true or false"),
        ("ecg-binary", {"correct": "true-ish"}, "must be true or false"),
        ("ecg-binary", {"correct": 1}, "must be true or false"),
        ("ecg-binary", {"correct": None}, "must be true or false"),
        ("key-points", {"covered": [1, 5], "contradicted": []}, "from 1 to 4"),
        ("key-points", {"covered": [0], "contradicted": []}, "from 1 to 4"),
        ("key-points", {"covered": [True], "contradicted": []}, "from 1 to 4"),
        ("key-points", {"covered": [1.5], "contradicted": []}, "from 1 to 4"),
        ("key-points", {"covered": [1, 1], "contradicted": []}, "a key point twice"),
        ("key-points", {"covered": [1, 2], "contradicted": [2]}, "key point 2 counts both"),
        ("key-points", {"covered": 1, "contradicted": []}, "must be a list"),
        ("key-points", {"covered": [1]}, "'contradicted' is missing"),
        ("safety", {"harm": "moderate"}, "must be one of 'serious', 'minor', 'none'"),
        ("safety", {"harm": "serious", "sentence": "Give verapamil."}, "copied from the answer"),
    ],
)
def test_what_the_rubric_does_not_have_is_unparsed(name: str, fields: dict[str, Any], said: str) -> None:
    judge, prompt, text = simple(name, **fields)
    found = unread(judge, prompt, text)
    assert found.outcome == "unparsed"
    assert said in found.reason


@pytest.mark.parametrize(
    "word", ["correct but incomplete", "Correct but incomplete", "CORRECT_BUT_INCOMPLETE", " correct  but-incomplete "]
)
def test_a_level_is_read_whatever_its_case_and_joints(word: str) -> None:
    judge, prompt, text = simple("ecg-correctness", correctness=word)
    found = judge.read(text, prompt)
    assert isinstance(found, Verdict)
    assert found.answers["system 0"].scores == {"correctness": 0.75}


@pytest.mark.parametrize("stated", ["true", " TRUE ", "True"])
def test_truth_as_text_is_read_only_as_that_very_word(stated: str) -> None:
    judge, prompt, text = simple("ecg-binary", correct=stated)
    found = judge.read(text, prompt)
    assert isinstance(found, Verdict)
    assert found.answers["system 0"].levels == {"correctness": "correct"}


def test_a_quotation_may_differ_from_the_answer_in_marks_blanks_and_case() -> None:
    judge, prompt, text = simple("safety", harm="minor", sentence='"up to\n 200 ms…"')
    found = judge.read(text, prompt)
    assert isinstance(found, Verdict)
    assert found.answers["system 0"].details["sentence"] == '"up to\n 200 ms…"'


def test_a_field_that_is_there_twice_must_say_the_same() -> None:
    judge, prompt, text = simple("ecg-correctness", correctness="correct")
    same = text.replace("{", '{"correctness": "correct", ', 1)
    assert isinstance(judge.read(same, prompt), Verdict)
    other = text.replace("{", '{"Correctness": "incorrect", ', 1)
    assert "'correctness' is there twice" in unread(judge, prompt, other).reason
    judge, prompt, text = simple("ecg-binary", correct=True)
    assert "'correct' is there twice" in unread(judge, prompt, text.replace("{", '{"correct": 1, ', 1)).reason


def change(reply: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**reply, **fields}


def test_listwise_verdicts_must_name_each_id_once() -> None:
    judge, prompt, reply, _ = asked("ecg-listwise")
    ids = list(prompt.ids)
    entries = reply["answers"]
    rename = [{**entries[0], "id": "C70"}, *entries[1:]]
    for wrong, said in (
        (change(reply, answers=entries[:-1]), "leaves out"),
        (change(reply, answers=[*entries, entries[0]]), "twice"),
        (change(reply, answers=rename), 'unknown id "C70"; the ids are ' + ", ".join(ids)),
        (change(reply, answers=[{**entries[0], "id": 7}, *entries[1:]]), "'id' must be a text"),
        (change(reply, answers={}), "must be a list"),
        (change(reply, answers=["x"]), "must hold objects"),
        (change(reply, ranking=ids[:2]), "'ranking' leaves out"),
        (change(reply, ranking=[*ids, ids[0]]), "twice"),
        (change(reply, ranking=[1, 2, 3]), "must be a list of ids"),
        (change(reply, style_ranking=["A", "B", "C"]), "'style_ranking' names the unknown id"),
        (change(reply, answers=[{**entries[0], "score": 11}, *entries[1:]]), "from 0 to 10, but is 11"),
        (change(reply, answers=[{**entries[0], "score": -1}, *entries[1:]]), "from 0 to 10, but is -1"),
        (change(reply, answers=[{**entries[0], "score": 7.5}, *entries[1:]]), "from 0 to 10, but is 7.5"),
        (change(reply, answers=[{**entries[0], "score": "7/10"}, *entries[1:]]), "from 0 to 10"),
        (change(reply, answers=[{**entries[0], "score": float("nan")}, *entries[1:]]), "from 0 to 10, but is NaN"),
        (change(reply, answers=[{**entries[0], "score": float("inf")}, *entries[1:]]), "from 0 to 10"),
        (change(reply, answers=[{**entries[0], "score": True}, *entries[1:]]), "from 0 to 10"),
    ):
        assert said in unread(judge, prompt, json.dumps(wrong)).reason
    for stated in (7, 7.0, "7", " 7.0 "):
        good = change(reply, answers=[{**entries[0], "score": stated}, *entries[1:]])
        found = judge.read(json.dumps(good), prompt)
        assert isinstance(found, Verdict)
        assert found.answers[prompt.ids[entries[0]["id"]]].scores["quality"] == 0.7


def test_ranks_go_from_1_for_the_first_to_0_for_the_last() -> None:
    judge, prompt, reply, _ = asked("ecg-listwise")
    found = judge.read(json.dumps(reply), prompt)
    assert isinstance(found, Verdict)
    ranked = [found.answers[prompt.ids[id_]] for id_ in reply["ranking"]]
    assert [one.scores["ranking"] for one in ranked] == [1, 0.5, 0]
    assert [one.details["ranking"] for one in ranked] == [1, 2, 3]


def test_key_points_give_the_share_covered_and_the_points_contradicted() -> None:
    judge, prompt, text = simple("key-points", covered=[4, 1, 2], contradicted=[3])
    found = judge.read(text, prompt)
    assert isinstance(found, Verdict)
    (one,) = found.answers.values()
    assert one.scores == {"coverage": 0.75, "consistency": 0.75}
    assert one.details["covered"] == (4, 1, 2)
    assert len(one.details["contradicted"]) == 1


@pytest.mark.parametrize(
    ("text", "finish_reason", "outcome"),
    [
        ("", "stop", "empty"),
        (" \n", None, "empty"),
        ("<think>it is right</think>", "stop", "empty"),
        ("<think>it is right, so", "length", "truncated"),
        ("", "length", "truncated"),
        ('{"case": "CASE", "explanation": "The ans', "length", "truncated"),
        ('{"case": "CASE", "correctness": "correct"', "length", "truncated"),
        ("{VERDICT}", "length", "truncated"),  # it may be what a longer object quotes
        ('{"case": "CASE", "explanation": "The ans', "stop", "unparsed"),
        ("I cannot help with that.", "stop", "refused"),
        ("I'm sorry, but I can't evaluate medical answers.", "stop", "refused"),
        ("I am unable to grade this.", "stop", "refused"),
        ("", "content_filter", "refused"),
        ("The answer is correct.", "stop", "unparsed"),
        ('{"correctness": "correct"}', "stop", "unparsed"),
        ('{"case": "0123456789abcdef", "correctness": "correct"}', "stop", "unparsed"),
        ('{"case": ["CASE"], "correctness": "correct"}', "stop", "unparsed"),
        ('{"case": "CASE", "correctness": correct}', "stop", "unparsed"),
        ("<think>{VERDICT}", "stop", "empty"),
    ],
)
def test_replies_without_a_verdict_are_told_apart(text: str, finish_reason: Any, outcome: str) -> None:
    judge, prompt, verdict = simple("ecg-correctness", correctness="correct")
    text = text.replace("{VERDICT}", verdict).replace("CASE", prompt.case)
    assert unread(judge, prompt, text, finish_reason).outcome == outcome


def test_the_reason_names_the_code_that_is_wanted() -> None:
    judge, prompt, _ = simple("ecg-correctness")
    assert f'the code "{prompt.case}" under "case"' in unread(judge, prompt, '{"correctness": "correct"}').reason


def test_a_verdict_for_another_call_is_none() -> None:
    judge, prompt, text = simple("ecg-correctness", correctness="correct")
    unread(judge, judge.prompt(prompt.item, 1), text)


PIECES = (
    "{",
    '{"a":',
    "{“",
    "{'",
    '{"',
    "{/*",
    "{//",
    '{"a":1,',
    '{"a":[',
    "[",
    "}",
    "{}",
    '{"a":{},',
    "\\",
    " ",
    "<think>",
)


@pytest.mark.parametrize("piece", PIECES)
def test_long_replies_are_read_in_time_that_grows_with_their_length(piece: str) -> None:
    judge, prompt, text = simple("ecg-correctness", correctness="correct")
    start = time.process_time()
    judge.read(piece * (200_000 // len(piece)) + text, prompt)
    judge.read(text + piece * (200_000 // len(piece)) + prompt.case, prompt)
    assert time.process_time() - start < 5
