"""The answer parser reads what is stated, and guesses nothing."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecg_bench.task_types._answer_parser import read_choice

OPTIONS = ("Mobitz type I block", "Ventricular tachycardia", "Atrial flutter", "Left bundle branch block")


def read(text: str, options: tuple[str, ...] = OPTIONS, finish_reason: str | None = "stop") -> str:
    reading = read_choice(text, options, finish_reason)  # type: ignore[arg-type]
    assert (reading.letter is not None) == (reading.outcome == "ok")
    return reading.letter or reading.outcome.value


@pytest.mark.parametrize(
    "text",
    [
        "B",
        " b.",
        "b",
        "B.",
        "B)",
        "B:",
        "(B)",
        "[B]",
        '"B"',
        "**B**",
        "`B`",
        "__B__",
        "B\n",
        "Option B",
        "Option (B).",
        "option b)",
        "The correct answer is: B",
        "The correct answer is B.",
        "The answer is B, because the QRS complex is wide.",
        "The answer is B because the QRS complex is wide.",
        "B because the QRS complex is wide.",
        "Answer: B",
        "Answer: B)",
        "Answer:B",
        "answer: b",
        "ANSWER = B",
        "Answer - B",
        "**Answer:** B",
        "**Answer: B**",
        "Answer: **B**",
        "Answer: [B]",
        "Answer: option (b)",
        "Answer:\nB",
        "Answer:\n\n**B) Ventricular tachycardia**",
        "Final answer: B",
        "Final Answer: \\(\\boxed{B}\\)",
        "\\boxed{B}",
        "$\\boxed{\\text{B}}$",
        "The best choice is option B.",
        "I would choose B",
        "I'd go with (B).",
        "Option B is correct.",
        "I think that B is the most appropriate answer.",
        "#### B",
        "<answer>B</answer>",
        '{"answer": "B"}',
        "> B",
        "B: ventricular tachycardia",
        "B - ventricular tachycardia",
        "B ventricular tachycardia",
        "b) ventricular tachycardia",
        "Correct answer: B. Ventricular tachycardia",
        "The correct answer is B: Ventricular tachycardia. A is wrong because there is no Wenckebach.",
        "B\n\nExplanation: the QRS complex is wide.",
        "The rate is 150 and the QRS is wide.\n\nB",
        "A) too slow\nB) fits\nC) no saw-tooth\nD) rate too high\nAnswer: B",
        "Answer: B\n\nA) wrong\nB) right\nC) wrong\nD) wrong",
        "The answer is B, not C.",
        "The answer to the question is B",
        "The answer is clear from the ECG.\nAnswer: B",
        "Answer: B. The answer is based on the PR interval.",
        "I cannot be certain, but the answer is B.",
        "C is incorrect. B is correct.",
        "<|assistant|>B",
        "assistant\nB",
        "The answer is\nB",
        "**Final Answer:** **B) Ventricular tachycardia**",
        '```json\n{"answer": "B", "why": "A is wrong"}\n```',
        "\\boxed{\\textbf{B) Ventricular tachycardia}}",
        "If dissociation is present, ventricular tachycardia is likely.\n\nAnswer: B",
    ],
)
def test_reads_a_stated_letter(text: str) -> None:
    assert read(text) == "B"


@pytest.mark.parametrize(
    "text",
    [
        "Ventricular tachycardia",
        "ventricular  tachycardia.",
        "**Ventricular tachycardia**",
        "The answer is ventricular tachycardia.",
        "Answer: Ventricular tachycardia",
        "Ventricular tachycardia\n\nThe QRS is wide.",
    ],
)
def test_reads_the_text_of_an_option(text: str) -> None:
    assert read(text) == "B"


@pytest.mark.parametrize(
    "text",
    [
        "答案：B。",  # full-width colon and ideographic stop
        "答案是Ｂ。",  # full-width letter
        "正确答案是 B，因为",
        "选B",
        "答え：「B」",
        "【B】",
        "（B）",
        "Ответ: В.",  # Cyrillic letter that looks like B
        "Ответ — «В»",
        "Απάντηση: Β",  # Greek letter that looks like B
        "الإجابة: B،",
        "الجواب هو B",
        "उत्तर: B।",
        "정답: B",
        "La respuesta correcta es la B.",
        "La respuesta correcta es: B",
        "Die richtige Antwort ist B.",
        "Antwort: „B“",
        "La bonne réponse est « B ».",
        "La risposta corretta è B.",
        "Ⓑ",
        "𝐁",
    ],
)
def test_reads_letters_in_other_scripts_and_punctuation(text: str) -> None:
    assert read(text) == "B"


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("Answer: A. Wait, actually the answer is C.", "C"),
        ("Answer: A\n\nHmm, that's wrong.\n\nD", "D"),
        ("The answer is B. On reflection, the correct answer is A.", "A"),
        ("<think>Probably A. No, B.</think>C", "C"),
        ("<thinking>The answer is A.</thinking>\n\nAnswer: C", "C"),
        ("the answer is A ... so on</think>\nD", "D"),
        ("<think>a</think><think>b</think>Answer: D", "D"),
        ("<think>\n<think>so B</think>Answer: D", "D"),
        ("Answer: D <think>or B?</think>", "D"),
    ],
)
def test_the_last_claim_counts_and_reasoning_is_no_answer(text: str, letter: str) -> None:
    assert read(text) == letter


EXPLANATIONS = (
    "Answer {} is wrong because the rate is too low.",
    "Option {} is incorrect because the QRS complex is narrow.",
    "Option {}: wrong, there is no dissociation.",
    "Choice {} is not right since the rate is too low.",
    "{} is wrong.",
    "- {}) is wrong",
    "Why not {}? It needs dissociation.",
    "Option {} is also plausible but less likely.",
    "The answer would be {} if the QRS complex were wide.",
    "If the QRS complex were wide, the answer would be {}.",
    "If the rhythm were regular, {} would be correct.",
    "I would choose {} if the rate were slower.",
    "{} is correct only if the rate is below 60.",
    "Option ({}) is for wide complexes.",
    "We cannot exclude {}, but it is unlikely.",
    "The other options, {} among them, are wrong.",
)


@pytest.mark.parametrize("explanation", EXPLANATIONS)
@pytest.mark.parametrize("other", ["A", "C", "D"])
@pytest.mark.parametrize(
    "claim", ["Answer: B", "**Answer: B**", "The correct answer is B.", "I choose B.", "\\boxed{B}"]
)
@pytest.mark.parametrize("joint", ["\n", "\n\n", " "])
def test_an_explanation_that_names_other_options_claims_nothing(
    claim: str, joint: str, explanation: str, other: str
) -> None:
    if joint == " " and not claim.endswith("."):
        claim += "."
    assert read(claim + joint + explanation.format(other)) == "B"
    assert read(explanation.format(other) + "\n" + claim) == "B"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("My first thought was option C, but the answer is B.", "B"),
        ("B is the correct answer, option A is for narrow complexes.", "B"),
        ("The answer is B, whereas option A is for narrow complexes.", "B"),
        ("Option A is wrong. Option C is wrong. Option B is right.", "B"),
        ("Answer: B (not A)", "B"),
        ("Answer: B because if the complexes are wide, the ventricles are the likely origin.", "B"),
        ("The answer would be B.", "B"),
        ("I would choose B.", "B"),
        ("I would choose A at first sight. The answer is B.", "B"),
        ("The answer is B. I would choose A at first sight.", "B"),
        ("If the QRS complex is wide the answer is B.", "unparsed"),
        ("The answer is B if the QRS complex is wide.", "unparsed"),
        ("B is correct if the QRS complex is wide.", "unparsed"),
        ("Option A is incorrect because there is no block.", "unparsed"),
    ],
)
def test_what_is_conditional_or_tentative_gives_way_to_what_is_stated(text: str, expected: str) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Based on the findings…",
        "Based on the ECG, the rhythm is irregular.",
        "A patient with chest pain",
        "A wide QRS complex",
        "Depends on the rate",
        "Cannot be excluded by the tracing alone",
        "120 ms",
        "3",
        "A or B",
        "A and B",
        "A/B",
        "A, B",
        "Both A and B are correct",
        "Answer: A or B",
        "Answer: B/C",
        "The answer is either A or B",
        "The answer is not A but C",
        "A\nB\nC\nD",
        "A) Mobitz type I block\nB) Ventricular tachycardia\nC) Atrial flutter\nD) Left bundle branch block",
        "Mobitz type I block\nVentricular tachycardia",
        "B) Atrial flutter",  # a letter with another option's text
        "The answer is B (Mobitz type I block).",
        "The answer is a wide QRS complex",
        "Answer: A wide QRS",
        "B-type natriuretic peptide is raised",
        "It is A fib",
        "A.V. block of the second degree",
        "E",
        "Answer: E",
        "?",
        "...",
    ],
)
def test_guesses_nothing(text: str) -> None:
    assert read(text) == "unparsed"


def test_a_number_is_read_only_where_it_is_an_option() -> None:
    durations = ("80 ms", "100 ms", "120 ms", "> 120 ms")
    assert read("120 ms", durations) == "C"
    assert read("> 120 ms", durations) == "D"
    assert read("140 ms", durations) == "unparsed"


def test_the_longest_option_text_wins_where_one_is_part_of_another() -> None:
    nested = ("Left bundle branch block", "Left bundle branch block with infarction", "Normal", "Pacing")
    assert read("B) Left bundle branch block with infarction", nested) == "B"
    assert read("A) Left bundle branch block", nested) == "A"
    assert read("A) Left bundle branch block with infarction", nested) == "unparsed"


@pytest.mark.parametrize(
    "text",
    [
        "I cannot answer",
        "I can't help with that.",
        "I'm sorry, but I am unable to interpret ECGs.",
        "As an AI language model, I cannot give medical advice.",
        "Unable to determine from the data given.",
        "Je ne peux pas répondre à cette question.",
    ],
)
def test_refusals_are_told_from_unreadable_answers(text: str) -> None:
    assert read(text) == "refused"


PIECES = ("word ", "If A is right then ", "Answer: A or maybe not ", "B\n", "Option A. ", "((((", "<think>", "</think>")


@pytest.mark.parametrize("piece", PIECES)
def test_long_outputs_are_read_in_time_that_grows_with_their_length(piece: str) -> None:
    start = time.perf_counter()
    read(piece * (100_000 // len(piece)) + "\nAnswer: B")
    assert time.perf_counter() - start < 5


def test_empty_and_cut_answers() -> None:
    assert read("") == read(" \n ") == "empty"
    assert read("<think>so it must be B</think>") == "empty"
    assert read("<think>so it must be B", finish_reason="length") == "truncated"
    assert read("The rhythm is irregular and", finish_reason="length") == "truncated"
    assert read("", finish_reason="length") == "truncated"
    assert read("Answer: B\n\nThis is because", finish_reason="length") == "B"
    assert read("", finish_reason="content_filter") == "refused"


letters = st.sampled_from("ABCD")
WRAPPERS = (
    "{}",
    "({})",
    "[{}]",
    "**{}**",
    "{}.",
    "{})",
    " {} ",
    "Answer: {}",
    "The answer is {}.",
    "\\boxed{{{}}}",
    "「{}」",
)


@given(letters, st.sampled_from(WRAPPERS), st.sampled_from(["", "\n", "  ", "\n\n"]))
def test_every_letter_is_read_in_every_wrapper(letter: str, wrapper: str, blanks: str) -> None:
    assert read(blanks + wrapper.format(letter) + blanks) == letter


@given(st.text(max_size=300), st.integers(2, 6))
def test_any_text_gives_a_letter_that_was_offered_or_none(text: str, n: int) -> None:
    reading = read_choice(text, [f"option number {k}" for k in range(n)])
    assert reading.letter is None or reading.letter in "ABCDEF"[:n]
    assert (reading.letter is None) == (reading.outcome != "ok")


@given(
    st.lists(
        st.sampled_from(
            [
                "wide",
                "narrow",
                "QRS",
                "rate",
                "the",
                "of",
                "a",
                "is",
                "not",
                "with",
                "block",
                "rhythm",
                "PR",
                "ms",
                "120",
                "and",
            ]
        ),
        min_size=3,
    )
)
def test_prose_without_a_claim_is_never_read(words: list[str]) -> None:
    assert read("In this tracing " + " ".join(words)) == "unparsed"


@given(letters, letters, st.sampled_from([" or ", "/", " and ", ", "]))
def test_two_letters_in_one_claim_are_never_read(first: str, second: str, joint: str) -> None:
    if first != second:
        assert read(f"Answer: {first}{joint}{second}") == "unparsed"


@given(st.text(max_size=200), letters)
def test_a_final_line_of_the_agreed_form_is_always_read(prose: str, letter: str) -> None:
    assert read(f"{prose.replace('<', ' ')}\n\nAnswer: {letter}") == letter


@given(st.sampled_from([*"ABCD", "x"]), st.text(max_size=100))
def test_reasoning_never_changes_the_answer(inside: str, after: str) -> None:
    after = after.replace("<", " ")
    assert read(f"<think>The answer is {inside}.</think>{after}") == read(after)
