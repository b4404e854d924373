"""What is trained on is read with the line of whatever is wrong, and a pack's test questions are never taken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ecg_bench.adapters.finetune._rows import read_training_rows
from ecg_bench.errors import UserError
from tests.adapters.finetune.made import conversation, conversations, write_rows

GOOD = conversation("Which rate?", "60 per minute", id="a", group="rates#one", task="open")


def test_a_pack_s_folder_train_is_read_and_its_selection_kept_apart(rows: Path) -> None:
    found = read_training_rows(rows)
    assert (len(found.train), len(found.selection)) == (32, 8)
    assert [name for name, _, _ in found.files] == ["mcq.jsonl", "open.jsonl", "selection.jsonl"]
    assert read_training_rows(rows / "train").digest == found.digest
    assert found.documents() == sorted(f"r{n}" for n in range(16))


def test_a_row_that_names_its_document_is_believed(tmp_path: Path) -> None:
    rows = [GOOD, {**conversation("Which axis?", "normal", id="b", group="rates#two"), "document": "papers/axis.pdf"}]
    assert read_training_rows(write_rows(tmp_path / "a.jsonl", rows)).documents() == ["papers/axis.pdf", "rates"]


def test_one_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    assert len(read_training_rows(write_rows(tmp_path / "selection.jsonl", [GOOD])).train) == 1


def test_another_content_has_another_digest(tmp_path: Path) -> None:
    one = read_training_rows(write_rows(tmp_path / "a.jsonl", [GOOD])).digest
    assert read_training_rows(write_rows(tmp_path / "a.jsonl", conversations(1))).digest != one


def turns(*roles: str) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": "x"} for role in roles]}


WRONG = {
    "no messages": ({"id": "b"}, "the field 'messages' is missing"),
    "one message": (turns("assistant"), "field 'messages': "),
    "unknown role": (turns("tool", "assistant"), "field 'messages.0.role'"),
    "no answer": (turns("user", "assistant", "user"), "must be the assistant's, but is of the role user"),
    "no question": (turns("system", "assistant"), "needs a question of the user before it"),
    "further field": ({"messages": [{**GOOD["messages"][0], "name": "x"}, GOOD["messages"][1]]}, "unknown field"),
    "blank answer": (conversation("Which?", " \n"), "message 2 is blank"),
    "content is no text": ({"messages": [{"role": "user", "content": 3}, GOOD["messages"][1]]}, "messages.0.content"),
    "id is a number": ({**GOOD, "id": 7}, "field 'id'"),
    "same id": (GOOD, "the id 'a' stands in rows.jsonl:1 already"),
    "no object": ([1], "must be a JSON object"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_line_is_named_with_what_is_wrong(tmp_path: Path, what: str) -> None:
    row, message = WRONG[what]
    path = tmp_path / "rows.jsonl"
    path.write_text(f"{json.dumps(GOOD)}\n\n{json.dumps(row)}\n")
    with pytest.raises(UserError) as caught:
        read_training_rows(path)
    assert str(caught.value).startswith(f"{path}:3: ")
    assert message in str(caught.value)


def test_broken_json_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(json.dumps(GOOD) + "\n{oops\n")
    with pytest.raises(UserError, match=r"rows.jsonl:2: is not valid JSON"):
        read_training_rows(tmp_path / "rows.jsonl")


def test_a_pack_for_evaluation_is_not_trained_on(pack: Any) -> None:
    with pytest.raises(UserError, match="its tasks are for evaluation"):
        read_training_rows(pack())


@pytest.mark.parametrize("what", ["nothing there", "empty folder", "only a selection", "empty file", "a text file"])
def test_a_source_without_rows_is_refused(tmp_path: Path, what: str) -> None:
    source = tmp_path / "data"
    if what == "empty folder":
        source.mkdir()
    elif what == "only a selection":
        write_rows(source / "selection.jsonl", [GOOD])
    elif what == "empty file":
        source = write_rows(tmp_path / "rows.jsonl", [])
    elif what == "a text file":
        source = tmp_path / "rows.txt"
        source.write_text("x")
    with pytest.raises(UserError, match=str(tmp_path)):
        read_training_rows(source)


def test_rows_to_select_on_that_stand_in_the_training_too_are_counted(tmp_path: Path) -> None:
    write_rows(tmp_path / "train.jsonl", [GOOD, conversation("Which axis?", "normal", id="b", group="axis")])
    same = conversation("which  RATE?", "70", id="c", group="other")
    near = conversation("Which lead?", "V1", id="d", group="axis")
    write_rows(tmp_path / "selection.jsonl", [same, near])
    assert read_training_rows(tmp_path).overlap() == {"same_question": 1, "same_group": 1}
