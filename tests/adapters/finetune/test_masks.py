"""The loss covers the answers with the token that ends them, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ecg_bench.adapters.finetune._chat import IGNORED, Chat
from ecg_bench.adapters.finetune._examples import Examples
from ecg_bench.adapters.finetune._rows import Row, Turn, read_training_rows
from ecg_bench.errors import UserError
from tests.adapters.finetune.made import WORDS, conversation, write_rows

LLAMA3 = (
    "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n"
    "{{ m['content'] | trim }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
MISTRAL = (
    "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}[INST] {{ m['content'] }} [/INST]"
    "{% else %} {{ m['content'] }}{{ eos_token }}{% endif %}{% endfor %}"
)
SPECIAL = ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|im_start|>", "<|im_end|>"]

SYSTEM, Q1, A1, Q2, A2 = (
    *("You read tracings.", "Which rhythm is it?", "Sinus rhythm.", "And the axis?", "It is normal: about 60 degrees."),
)
# What each template writes, cut by hand: what is learned is marked.
LEARNED = {
    "llama3": [
        ("<s><|start_header_id|>system<|end_header_id|>\n\n" + SYSTEM + "<|eot_id|>", False),
        ("<|start_header_id|>user<|end_header_id|>\n\n" + Q1 + "<|eot_id|>", False),
        ("<|start_header_id|>assistant<|end_header_id|>\n\n", False),
        (A1 + "<|eot_id|>", True),
        ("<|start_header_id|>user<|end_header_id|>\n\n" + Q2 + "<|eot_id|>", False),
        ("<|start_header_id|>assistant<|end_header_id|>\n\n", False),
        (A2 + "<|eot_id|>", True),
    ],
    "chatml": [
        ("<|im_start|>system\n" + SYSTEM + "<|im_end|>\n", False),
        ("<|im_start|>user\n" + Q1 + "<|im_end|>\n<|im_start|>assistant\n", False),
        (A1 + "<|im_end|>", True),
        ("\n<|im_start|>user\n" + Q2 + "<|im_end|>\n<|im_start|>assistant\n", False),
        (A2 + "<|im_end|>", True),
        ("\n", False),
    ],
    "mistral": [
        ("<s>[INST] " + Q1 + " [/INST]", False),
        (" " + A1 + "</s>", True),
        ("[INST] " + Q2 + " [/INST]", False),
        (" " + A2 + "</s>", True),
    ],
}
TEMPLATES = {"llama3": LLAMA3, "chatml": CHATML, "mistral": MISTRAL}


@pytest.fixture(scope="module")
def tokenizer(base: Path) -> Any:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base)
    tokenizer.add_tokens(SPECIAL, special_tokens=True)
    return tokenizer


def chat_of(tokenizer: Any, template: str, **arguments: Any) -> Chat:
    tokenizer.chat_template = template
    return Chat(tokenizer, "hf/small", "auto", arguments)


def row_of(*turns: tuple[str, str]) -> Row:
    return Row(
        "r", "", "", "", tuple(Turn.model_validate({"role": r, "content": c}) for r, c in turns), Path("rows.jsonl"), 7
    )


def whole_talk(name: str) -> Row:
    system = () if name == "mistral" else (("system", SYSTEM),)
    return row_of(*system, ("user", Q1), ("assistant", A1), ("user", Q2), ("assistant", A2))


@pytest.mark.parametrize("name", TEMPLATES)
def test_of_a_talk_of_two_turns_the_answers_and_their_ends_are_learned_token_by_token(
    tokenizer: Any, name: str
) -> None:
    found = chat_of(tokenizer, TEMPLATES[name]).encode(whole_talk(name))
    ids: list[int] = []
    labels: list[int] = []
    for text, learned in LEARNED[name]:
        part = tokenizer(text, add_special_tokens=False)["input_ids"]
        ids += part
        labels += part if learned else [IGNORED] * len(part)
    assert list(found.ids) == ids
    assert found.labels == labels
    learned_text = tokenizer.decode([label for label in labels if label != IGNORED])
    assert learned_text.replace(" ", "") == "".join(t for t, learned in LEARNED[name] if learned).replace(" ", "")


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_stands_before_an_answer_is_the_prompt_that_the_evaluation_sends(tokenizer: Any, name: str) -> None:
    from ecg_bench.backends.hf._prompts import Prompts
    from ecg_bench.samples import Message

    chat = chat_of(tokenizer, TEMPLATES[name])
    row = row_of(("user", Q1), ("assistant", A1))
    found = chat.encode(row)
    prompts = Prompts(tokenizer, TEMPLATES[name], {}, "small")
    (prompt,) = prompts.encode([prompts.text([Message("user", Q1)])])
    assert list(found.ids[: found.answers[0][0]]) == prompt
    assert chat.digest == prompts.digest


@pytest.mark.parametrize("name", ["llama3", "mistral"])
def test_a_text_begins_with_one_beginning_of_text(tokenizer: Any, name: str) -> None:
    found = chat_of(tokenizer, TEMPLATES[name]).encode(whole_talk(name))
    assert found.ids.count(tokenizer.bos_token_id) == 1
    assert tokenizer("x")["input_ids"][0] == tokenizer.bos_token_id, "the tokenizer would have added one by itself"


def test_a_template_that_writes_it_twice_is_refused(tokenizer: Any) -> None:
    with pytest.raises(UserError, match="begins a text twice"):
        chat_of(tokenizer, "{{ bos_token }}" + LLAMA3).encode(whole_talk("llama3"))


THINKS = CHATML.replace(
    "{{ m['content'] }}",
    "{% if m['role'] == 'assistant' and not plain %}<think>\n\n</think>\n\n{% endif %}{{ m['content'] }}",
)
NO_END = "ends an answer with no special token"
REFUSED = {
    "thoughts before the answer": (THINKS, "puts '<think>"),
    "no end": (CHATML.replace("<|im_end|>", ""), NO_END),
    "words behind the answer": (
        CHATML.replace("<|im_end|>", " bye <|im_end|>"),
        "ends an answer with no special token",
    ),
    "no system": (CHATML.replace("{% for m in messages %}", "{% for m in messages[1:] %}"), "leaves out"),
    "other prompt": (
        CHATML.replace("<|im_start|>assistant\n{% endif", "<|im_start|>model\n{% endif"),
        "is another text",
    ),
    "raises": ("{{ raise_exception('no system role') }}", "no system role"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_template_that_cannot_be_cut_for_certain_is_refused_in_a_sentence(tokenizer: Any, what: str) -> None:
    template, message = REFUSED[what]
    with pytest.raises(UserError, match=message) as caught:
        chat_of(tokenizer, template).encode(whole_talk("chatml"))
    assert str(caught.value).startswith("rows.jsonl:7: hf/small: ")


def test_a_token_that_holds_the_end_of_the_prompt_and_the_beginning_of_the_answer_is_refused(tokenizer: Any) -> None:
    chat = chat_of(tokenizer, MISTRAL.replace("[/INST]", "[/INST] ").replace("else %} {{", "else %}{{"))
    blank = tokenizer(" ", add_special_tokens=False)["input_ids"]
    word = next(one for one in WORDS if tokenizer(f" {one}", add_special_tokens=False)["input_ids"][:1] != blank)
    with pytest.raises(UserError, match="reaches across the border"):
        chat.encode(row_of(("user", Q1), ("assistant", word)))


def test_what_the_template_is_given_can_make_it_cut(tokenizer: Any) -> None:
    found = chat_of(tokenizer, THINKS, plain=True).encode(row_of(("user", Q1), ("assistant", A1)))
    assert tokenizer.decode(found.ids[slice(*found.answers[0])]) == A1 + "<|im_end|>"


def test_a_message_with_a_token_that_steers_the_model_is_refused(tokenizer: Any) -> None:
    with pytest.raises(UserError, match=r"rows.jsonl:7: .*'<\|im_end\|>', which steers the model"):
        chat_of(tokenizer, CHATML).encode(row_of(("user", "x<|im_end|>y"), ("assistant", A1)))


def test_a_model_without_a_template_is_refused(base: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base)
    tokenizer.chat_template = None
    with pytest.raises(UserError, match="hf/x has no chat template"):
        Chat(tokenizer, "hf/x", "auto", {})


def test_a_template_from_a_file_is_taken(tokenizer: Any, tmp_path: Path) -> None:
    (tmp_path / "own.jinja").write_text(CHATML)
    tokenizer.chat_template = LLAMA3
    found = Chat(tokenizer, "hf/x", str(tmp_path / "own.jinja"), {}).encode(whole_talk("chatml"))
    assert tokenizer.decode(found.ids).startswith("<|im_start|>")


@pytest.fixture
def long_rows(tmp_path: Path) -> tuple[Row, ...]:
    rows = [conversation("Short?", "Yes."), conversation("Long? " * 30, "No."), conversation("Q?", "word " * 40)]
    return read_training_rows(write_rows(tmp_path / "rows.jsonl", rows)).train


def test_rows_beyond_the_limit_are_dropped_and_counted(tokenizer: Any, long_rows: tuple[Row, ...]) -> None:
    found = Examples(long_rows, chat_of(tokenizer, CHATML), 60, "drop")
    assert [row.line for row in found.rows] == [1]
    assert (found.counts.rows, found.counts.used, found.counts.dropped, found.counts.truncated) == (3, 1, 2, 0)
    assert found.counts.longest > 60


def test_rows_beyond_the_limit_are_cut_and_counted_if_an_answer_is_left(
    tokenizer: Any, long_rows: tuple[Row, ...]
) -> None:
    found = Examples(long_rows, chat_of(tokenizer, CHATML), 60, "truncate")
    assert [row.line for row in found.rows] == [1, 3], "of the second, only the question would be left"
    assert (found.counts.dropped, found.counts.truncated) == (1, 1)
    assert len(found[1]["input_ids"]) == 60
    assert found[1]["labels"][-1] == found[1]["input_ids"][-1] != tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert found.counts.answer_tokens == sum(label != IGNORED for n in range(2) for label in found[n]["labels"])


def test_padding_is_neither_seen_nor_learned(tokenizer: Any) -> None:
    from ecg_bench.adapters.finetune._examples import Collator

    batch = Collator(2)([{"input_ids": (5, 6, 7), "labels": [-100, 6, 7]}, {"input_ids": (8, 9), "labels": [-100, 9]}])
    assert json.loads(json.dumps({name: tensor.tolist() for name, tensor in batch.items()})) == {
        "input_ids": [[5, 6, 7], [8, 9, 2]],
        "attention_mask": [[1, 1, 1], [1, 1, 0]],
        "labels": [[-100, 6, 7], [-100, 9, -100]],
    }
