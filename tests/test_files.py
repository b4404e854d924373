"""Files are read with the line at fault in every complaint, and written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from ecg_bench.errors import UserError
from ecg_bench.files import read_rows, read_yaml, write_whole, writing


class Card(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    sizes: list[int] = []


def complaint(path: Path, read: str = "rows") -> str:
    with pytest.raises(UserError) as caught:
        list(read_rows(path)) if read == "rows" else read_yaml(path, Card)
    return str(caught.value).removeprefix(str(path))


@pytest.mark.parametrize(
    "text", ['{"a": 1}\n\n{"a": 2}\n', '\ufeff{"a": 1}\r\n\r\n{"a": 2}\r\n', '{"a": 1}\n \n{"a": 2}']
)
def test_jsonl_with_blank_lines_byte_order_mark_and_windows_ends(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(text.encode())
    assert list(read_rows(path)) == [(1, {"a": 1}), (3, {"a": 2})]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_with_any_usual_separator_quotes_and_lines_within_cells(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f'a{separator}b\n"1\nx"{separator}"2{separator}3"\n\n4{separator}5\n')
    assert list(read_rows(path)) == [(2, {"a": "1\nx", "b": f"2{separator}3"}), (5, {"a": "4", "b": "5"})]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.jsonl", b'{"a": 1}\n{"a": 2\n', ":2: is not valid JSON"),
        ("x.jsonl", b'{"a": 1}\n[1]\n', ":2: must be a JSON object, but is a list"),
        ("x.jsonl", b'{"a": "\xff"}\n', ": is not UTF-8"),
        ("x.csv", b"a,b\n1,2\n1,2,3\n", ":3: has 3 cells where the header has 2"),
        ("x.csv", b"a,a\n1,2\n", ":1: the column 'a' appears twice"),
        ("x.csv", b'a,b\n"1,2\n', "is not valid CSV"),
        ("x.txt", b"a", ": must end in one of .jsonl, .csv, .tsv"),
    ],
)
def test_broken_tables_are_named_with_file_and_line(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert said in complaint(tmp_path / name)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    assert complaint(tmp_path / "none.jsonl") == ": no such file"
    (tmp_path / "d.jsonl").mkdir()
    assert "cannot be read" in complaint(tmp_path / "d.jsonl")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a\n- b\n", ":1: must be a YAML mapping of names to values, but is a list"),
        ("", ":1: must be a YAML mapping of names to values, but is empty"),
        ("name: [1\n", "is not valid YAML"),
        ("name: x\nsizes: [1, two]\n", ":2: field 'sizes.1': input should be a valid integer"),
        ("name: x\n\ncolour: red\n", ":3: unknown field 'colour'"),
        ("sizes: []\n", ":1: the field 'name' is missing"),
        ("name: !!python/object/apply:os.system ['true']\n", "is not valid YAML"),
    ],
)
def test_broken_yaml_is_named_with_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "card.yaml"
    path.write_text(text)
    assert said in complaint(path, "yaml")


def test_a_file_is_replaced_whole_or_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    write_whole(path, "first")
    with pytest.raises(TypeError), writing(path) as file:
        print("half", 1, 2, sep=3, file=file)  # type: ignore[arg-type]
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(UserError, match="cannot be written"):
        write_whole(tmp_path / "none" / "x.txt", "text")
