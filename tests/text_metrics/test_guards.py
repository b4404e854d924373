"""What is wrong with answers and scores is found, and what is unusual but right is left alone."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ecg_bench.text_metrics import Pair, check_f, check_mean_f, guard

QUESTION = "How can you determine the heart rate from an ECG?"


def is_role(answer: str) -> bool:
    return guard([Pair(answer, "reference", QUESTION)]).role == (0,)


def is_echo(answer: str, question: str = QUESTION) -> bool:
    return guard([Pair(answer, "reference", question)]).echo == (0,)


@pytest.mark.parametrize(
    "answer",
    [
        "assistant\n\nThe PR interval is measured from the P wave.",
        "assistant The PR interval is measured from the P wave.",
        "assistantThe PR interval is measured from the P wave.",
        " \n assistant\nfrom the P wave",
        "\ufeffassistant\n\nThe PR interval",
        "assistant",
        "Assistant: The PR interval",
        "Assistant : the PR interval",
        "ASSISTANT: the PR interval",
        "**Assistant:** the PR interval",
        "[Assistant]: the PR interval",
        "AI Assistant: the PR interval",
        "Assistant：the PR interval",
        "<|assistant|>\nThe PR interval",
        "<|assistant|>",
        "<|im_start|>assistant\nThe PR interval",
        "<|start_header_id|>assistant<|end_header_id|>\n\nThe PR interval",
        "<｜Assistant｜>The PR interval",
        "<|channel|>final<|message|>The PR interval",
        "<start_of_turn>model\nThe PR interval",
        "model\nThe PR interval",
        "[/INST] The PR interval",
        "<s> The PR interval",
        "<bot>: The PR interval",
        "### Response:\nThe PR interval",
        "### Response: The PR interval",
        "### Assistant\nThe PR interval",
        "### Instruction:\nAnswer the question.",
        "user\nWhat is the PR interval?",
        "User: What is the PR interval?",
        "Human: What is the PR interval?",
    ],
)
def test_a_part_of_the_chat_format_at_the_head_is_found(answer: str) -> None:
    assert is_role(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "Assistant physicians should repeat the ECG after ten minutes.",
        "An assistant places the electrodes: V1 first.",
        "The assistant: a person who places electrodes.",
        "assistant physicians repeat the ECG",
        "Assistants place the electrodes.",
        "User error, such as swapped arm electrodes.",
        "Human hearts have four chambers.",
        "Models differ in what they call a long QT.",
        "System failure of the conduction system.",
        "AI: aortic insufficiency.",
        "AI",
        "Response to adenosine tells AVNRT from atrial flutter.",
        "## Response to therapy\nThe QT interval shortens.",
        "## Findings\nST elevation",
        "> 120 ms",
        "< 120 ms",
        "<120 ms and >80 ms",
        "|ST| > 1 mm",
        "Answer: 120 ms",
        "Bothersome palpitations",
        "",
    ],
)
def test_prose_that_begins_with_such_a_word_is_none(answer: str) -> None:
    assert not is_role(answer)


@pytest.mark.parametrize(
    "answer",
    [
        QUESTION,
        QUESTION + " By dividing 300 by the large boxes.",
        QUESTION.upper() + "\nBy dividing",
        "how can you determine the heart-rate from an ECG\n\nBy dividing",
        "Question: " + QUESTION + "\nAnswer: by dividing",
        "**Question:** " + QUESTION,
        "user\n\n" + QUESTION + "assistant\n\nBy dividing",
        "<|user|>\nQ: " + QUESTION,
    ],
)
def test_the_question_at_the_head_is_an_echo(answer: str) -> None:
    assert is_echo(answer)


@pytest.mark.parametrize(
    ("answer", "question"),
    [
        ("You can determine the heart rate from an ECG by dividing.", QUESTION),
        ("How can you determine the heart rate? By dividing.", QUESTION),
        ("By dividing. " + QUESTION, QUESTION),
        ("Brugada syndrome is a channelopathy.", "Brugada syndrome?"),
        ("anything at all", ""),
        ("", QUESTION),
        ("What is the QRS complexity?", "What is the QRS complex?"),
    ],
)
def test_an_answer_that_takes_up_the_question_is_no_echo(answer: str, question: str) -> None:
    assert not is_echo(answer, question)


def test_a_short_question_is_echoed_where_its_mark_is_too() -> None:
    assert is_echo("Brugada syndrome? It is a channelopathy.", "Brugada syndrome?")
    assert is_echo("什么是心房颤动？心房颤动是", "什么是心房颤动？")
    assert not is_echo("心房颤动是", "什么是心房颤动？")


def test_what_is_found_is_counted_and_numbered() -> None:
    texts = ["fine", "", "assistant\nfine", " \n\u200b", f"user\n{QUESTION}", "fine"]
    found = guard([Pair(text, "reference", QUESTION) for text in texts])
    assert (found.pairs, found.empty, found.role, found.echo) == (6, (1, 3), (2, 4), (4,))
    assert found.counts == {"empty": 2, "role": 2, "echo": 1}


def test_nothing_is_found_in_nothing() -> None:
    assert guard([]).counts == {"empty": 0, "role": 0, "echo": 0}


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_is_looked_at(answer: str, question: str) -> None:
    found = guard([Pair(answer, "reference", question)])
    assert found.pairs == 1
    assert not (found.empty and (found.role or found.echo))


words = st.text(alphabet="abcDEFäß12", min_size=1, max_size=6)


@given(st.lists(words, min_size=4, max_size=9), st.text(max_size=40))
def test_a_question_of_four_words_put_before_any_answer_is_an_echo(asked: list[str], answer: str) -> None:
    question = " ".join(asked) + "?"
    assert is_echo(f"{question}\n{answer}", question)


@pytest.mark.parametrize("piece", ["assistant ", "Question: ", "<|user|>", "### ", "* ", "\n", "["])
def test_long_answers_are_looked_at_in_time_that_grows_with_their_length(piece: str) -> None:
    guard([Pair(piece * 20_000, "reference", piece * 20_000)])


# --- scores --------------------------------------------------------------------------------------------------------

scores = st.floats(0, 1)
ROBERTA_LARGE = (0.83150584, 0.8314941, 0.83122575)  # bert-score's baseline for English, layer 17


def harmonic(p: float, r: float) -> float:
    return 2 * p * r / (p + r) if p + r else 0.0


def triple(name: str, rows: list[tuple[float, float, float]]) -> dict[str, np.ndarray]:
    return {f"{name}_{end}": np.array(values) for end, values in zip("prf", zip(*rows, strict=True), strict=True)}


@given(st.lists(st.tuples(scores, scores), min_size=1))
def test_a_harmonic_mean_lies_between(pairs: list[tuple[float, float]]) -> None:
    assert check_f(triple("x", [(p, r, harmonic(p, r)) for p, r in pairs])) == {"x": ()}


def test_pairs_with_an_f_outside_are_found_by_their_numbers() -> None:
    rows = [(0.2, 0.5, 0.28), (0.2, 0.5, 0.51), (0.2, 0.5, 0.19), (math.nan, 0.5, 0.3), (0.0, 0.0, 0.0)]
    found = triple("rougeL", rows) | triple("bertscore", [(0.5, 0.5, 0.5)] * 5) | {"chrf": np.full(5, 0.3)}
    assert check_f(found) == {"rougeL": (1, 2, 3), "bertscore": ()}


@given(scores, scores)
def test_columns_named_as_the_study_s_scripts_named_them_are_found(p: float, r: float) -> None:
    assume(abs(p - r) > 1e-3 and min(p, r) > 1e-3)  # they took bert-score's P, R, F for F, P, R
    assert check_f(triple("x", [(r, harmonic(p, r), p)])) == {"x": (0,)}


@given(st.floats(0.5, 1), st.floats(0.5, 1))
def test_rescaled_scores_are_checked_as_they_were_before(p: float, r: float) -> None:
    raw = np.array([[p, r, harmonic(p, r)], [0.84, 0.84, 0.84]])
    base = np.array(ROBERTA_LARGE)
    rows = [tuple(row) for row in (raw - base) / (1 - base)] + [(0.0, 0.0, 0.0)]
    assert check_f(triple("bertscore", rows), baselines={"bertscore": ROBERTA_LARGE}) == {"bertscore": ()}
    # Each of the three is rescaled by its own baseline: as it stands, the second row breaks the rule.
    assert 1 in check_f(triple("bertscore", rows))["bertscore"]


def test_the_row_of_the_study_that_cannot_be_is_found() -> None:
    # 70B + RAG in ECG-LLM's table E6: roberta-large, rescaled. No rescaled score of any pair is below -1.
    row = check_mean_f(0.2811, 0.1418, 0.0095, lowest=-1, baseline=ROBERTA_LARGE)
    assert row.verdict == "impossible"
    assert row.apart == pytest.approx(0.4039)
    # Its numbers in bert-score's order P, R, F are those of long answers.
    assert check_mean_f(0.0095, 0.2811, 0.1418, lowest=-1, baseline=ROBERTA_LARGE).verdict == "between"
    # Without the scale nothing is proved, and what is odd is still said.
    assert check_mean_f(0.2811, 0.1418, 0.0095).verdict == "below both"


@pytest.mark.parametrize(
    ("f", "p", "r"),
    [
        (0.3904, 0.3884, 0.3932),
        (0.3776, 0.3732, 0.3826),
        (0.3900, 0.3846, 0.3961),
        (0.3700, 0.3660, 0.3748),
        (0.3651, 0.3599, 0.3710),
        (0.3552, 0.3537, 0.3573),
        (0.3665, 0.3644, 0.3693),
        (0.3636, 0.3610, 0.3670),
        (0.3476, 0.2795, 0.4180),
        (0.3395, 0.2703, 0.4112),
        (0.2936, 0.2194, 0.3699),
        (0.2861, 0.2157, 0.3584),
    ],
)
def test_the_other_rows_of_the_study_stand(f: float, p: float, r: float) -> None:
    assert check_mean_f(p, r, f, lowest=-1, baseline=ROBERTA_LARGE).verdict == "between"


@pytest.mark.parametrize(
    ("f", "p", "r"),
    [(0.4270, 0.4292, 0.4749), (0.4162, 0.4168, 0.4617), (0.4031, 0.4035, 0.4549), (0.2449, 0.2455, 0.2725)],
)
def test_a_mean_f_may_lie_below_both_means(f: float, p: float, r: float) -> None:
    # ROUGE-1 and ROUGE-2 of the study's finetuned models, whose answers are now too short, now too long.
    found = check_mean_f(p, r, f)
    assert found.verdict == "below both"
    assert found.apart < 0.06


@given(st.floats(0, 0.9), st.lists(st.tuples(scores, scores), min_size=1, max_size=8))
def test_means_of_real_pairs_are_never_called_impossible(lowest: float, pairs: list[tuple[float, float]]) -> None:
    pairs = [(lowest + p * (1 - lowest), lowest + r * (1 - lowest)) for p, r in pairs]
    rows = np.array([(p, r, harmonic(p, r)) for p, r in pairs])
    p, r, f = rows.mean(axis=0)
    found = check_mean_f(p, r, f, lowest=lowest, tolerance=1e-9)
    assert found.verdict != "impossible"
    assert np.abs(rows[:, 0] - rows[:, 1]).mean() >= found.apart - 1e-9


@given(st.floats(0, 0.9), scores)
def test_both_ends_of_the_range_are_reached(lowest: float, share: float) -> None:
    corner = harmonic(lowest, 1.0)
    p, r = lowest + share * (1 - lowest), lowest + (1 - share) * (1 - lowest)
    assert check_mean_f(p, r, corner, lowest=lowest).least == pytest.approx(corner)  # pairs (1, lowest), (lowest, 1)
    assert check_mean_f(p, r, corner, lowest=lowest).most == pytest.approx(harmonic(p, r))  # all pairs alike


def test_more_than_the_harmonic_mean_of_the_means_is_impossible() -> None:
    assert check_mean_f(0.2, 0.6, 0.35).verdict == "impossible"
    assert check_mean_f(0.2, 0.6, 0.30).verdict == "between"
    assert check_mean_f(0.2, 0.6, 0.61).verdict == "impossible"


def test_a_lowest_score_below_zero_says_nothing() -> None:
    with pytest.raises(ValueError, match="from 0"):
        check_mean_f(0.2, 0.6, 0.3, lowest=-1)
