"""The parts of a page that hold samples: nothing is lost in them, and together they keep to their size."""

from __future__ import annotations

import base64
import json
import random
import re
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecg_bench.errors import UserError
from ecg_bench.evaluation import Run, load_run
from ecg_bench.ratings import Rating, Scale
from ecg_bench.reports._samples import BUDGET, sample_elements
from ecg_bench.reports._samples_words import END, ESCAPE, ONE, TWO, Words, base85, clean, packed
from tests.reports.making_runs import replayed, small_runs

SCALE = Scale.even(("bad", "good"))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    return small_runs(tmp_path_factory.mktemp("small"))


@given(st.binary(max_size=200))
def test_the_85_characters_are_those_of_the_standard_library_but_for_two(data: bytes) -> None:
    assert base85(data) == base64.b85encode(data).decode().translate(str.maketrans("<&", ".,"))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=20), st.binary())
def test_no_part_holds_anything_that_means_something_in_html(header: Any, body: bytes) -> None:
    text = packed(header, body)
    assert re.fullmatch(r"[!-~]*", text)
    assert not set("<&\"'\\/") & set(text)


def unpacked(text: str) -> tuple[Any, bytes]:
    data = zlib.decompress(base64.b85decode(text.translate(str.maketrans(".,", "<&"))), -15)
    size = int.from_bytes(data[:4], "little")
    return json.loads(data[4 : 4 + size]), data[4 + size :]


def decoded(words: Words, data: bytes) -> list[str]:
    """Return the texts of a run of bytes, by the words of the code's description."""
    texts, text, at = [], "", 0
    while at < len(data):
        byte = data[at]
        if byte == END:
            texts.append(text)
            text = ""
        elif byte >= TWO:
            at += 1
            text += words.list[TWO - ONE + (byte - TWO) * 256 + data[at]]
        elif byte >= ONE:
            text += words.list[byte - ONE]
        elif chr(byte) == ESCAPE:
            text += chr(int.from_bytes(data[at + 1 : at + 4], "big"))
            at += 3
        else:
            text += chr(byte)
        at += 1
    return texts


PROSE = st.lists(st.sampled_from(["the", " the", "QRS", " complex", "é", "≥", " 120", "\0", "\n", "ÿ", "😀"])).map(
    "".join
)


@given(st.lists(PROSE | st.text()), st.lists(PROSE | st.text(st.characters())))
def test_coding_loses_nothing_but_halves_of_surrogate_pairs(examples: list[str], texts: list[str]) -> None:
    words = Words(examples * 2)
    whole = [clean(text) for text in texts]
    assert decoded(words, words.encode(whole)) == whole
    assert all(char < "\ud800" or char > "\udfff" for text in whole for char in text)


def test_words_beyond_the_single_bytes_are_coded_too() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    many = [f"{a}{b}{c}" for a in letters for b in letters for c in letters]  # 17,576: more than there are codes
    words = Words([" ".join(many)] * 2)
    assert len(words.list) == 64 + 63 * 256
    text = " ".join(many)
    assert decoded(words, words.encode([text, "", text[::-1]])) == [text, "", text[::-1]]
    assert len(words.encode([text])) < len(text) * 0.6


def parts(elements: list[str]) -> dict[str, tuple[Any, bytes]]:
    found = {}
    for one in elements:
        match = re.fullmatch(r'<script [^>]*data-part="([\w-]+)">(.*)</script>\n', one)
        assert match is not None
        found[match[1]] = unpacked(match[2])
    return found


def test_everything_is_there_once(runs: list[Run]) -> None:
    found = parts(list(sample_elements({run.system: [run] for run in runs})))
    manifest = found["manifest"][0]
    assert manifest["systems"] == [run.system for run in runs]
    assert manifest["left_out"] == 0
    assert manifest["samples"] == 32
    rows = [(block["task"], row) for block in manifest["blocks"] for row in block["rows"]]
    assert sorted(rows) == [(0, n) for n in range(24)] + [(1, n) for n in range(8)]
    assert {"words", "task-0", "task-1", "manifest", *(one["part"] for one in manifest["blocks"])} == set(found)


def test_equal_texts_of_several_systems_are_kept_once(runs: list[Run]) -> None:
    once, thrice = (list(sample_elements({f"{n}": [runs[0]] for n in range(k)})) for k in (1, 3))
    size, larger = (sum(len(one) for one in some if "block" in one) for some in (once, thrice))
    assert larger < 1.3 * size  # places, numbers and names are each system's own


def test_samples_stand_in_the_order_of_the_data_however_runs_met_them(tmp_path: Path) -> None:
    run = replayed(tmp_path, {"a": ["A"] * 9 + ["x"] * 2}, 9, 2)[0]
    lines = (run.path / "samples.jsonl").read_text().splitlines(keepends=True)
    (run.path / "samples.jsonl").write_text("".join(reversed(lines)))
    found = parts(list(sample_elements({"a": [load_run(run.path)]})))
    tasks = {one["name"]: found[one["part"]][0]["ids"] for one in found["manifest"][0]["tasks"]}
    assert tasks == {"toy/choice": [f"q{n:05d}" for n in range(9)], "toy/free": ["o0000", "o0001"]}


def test_a_run_that_is_being_written_is_shown_as_far_as_it_is(tmp_path: Path) -> None:
    run = replayed(tmp_path, {"a": ["A"] * 9 + ["x"] * 2}, 9, 2)[0]
    text = (run.path / "samples.jsonl").read_text()
    (run.path / "samples.jsonl").write_text(text[:-40])
    assert parts(list(sample_elements({"a": [run]})))["manifest"][0]["samples"] == 10
    (run.path / "samples.jsonl").unlink()
    assert parts(list(sample_elements({"a": [run]})))["manifest"][0]["samples"] == 0


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    run = replayed(tmp_path, {"a": ["A"] * 4 + ["x"]}, 4, 1)[0]
    path = run.path / "samples.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([lines[0], "{}\n", *lines[1:]]))
    with pytest.raises(UserError, match=r"samples\.jsonl:2: is no sample"):
        list(sample_elements({"a": [run]}))


def noise(n: int) -> str:
    return base64.b32encode(random.Random(n).randbytes(400)).decode().lower()


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Run]]:
    """Return two systems that differ on every fifth sample, with texts that don't become small."""
    letters = {"a": "A" * 300, "b": "BAAAA" * 60}
    answers = {
        name: [*(f"{noise(1000 * k + i)} Answer: {letter}" for i, letter in enumerate(some)), "Nothing."]
        for k, (name, some) in enumerate(letters.items())
    }
    folder = tmp_path_factory.mktemp("wide")
    return {run.system: [run] for run in replayed(folder, answers, 300, 1)}


def test_the_budget_is_kept_and_texts_worth_reading_stay(wide: dict[str, list[Run]]) -> None:
    whole = list(sample_elements(wide))
    assert sum(map(len, whole)) <= BUDGET
    size = sum(map(len, whole))
    marks = [Rating(task="toy/choice", sample="q00007", system="a", rater="r", scale=SCALE, levels=("good",))]
    scores = {name: run.scores["toy/choice"].scores["acc"] for name, (run,) in wide.items()}
    differing = {n for n in range(300) if scores["a"][n] != scores["b"][n]}
    assert 20 < len(differing) < 80
    for share in (0.95, 0.6, 0.45):
        budget = int(size * share) + 20_000  # what is kept free for the manifest
        some = list(sample_elements(wide, ratings=marks, budget=budget))
        assert sum(map(len, some)) <= budget
        manifest = parts(some)["manifest"][0]
        kept = {row for block in manifest["blocks"] if block["task"] == 0 for row in block["rows"]}
        others = [row for block in manifest["blocks"] if block["task"] == 1 for row in block["rows"]]
        assert manifest["left_out"] == 301 - len(kept) - (0 in others) > 0
        assert 7 in kept
        assert differing <= kept
        assert sum(map(len, some)) > 0.8 * (budget - 20_000), "room is not left empty while texts wait"
        ids = parts(some)["task-0"][0]["ids"]
        assert len(ids) == 300, "of all samples the scores are there"


def test_an_index_that_is_too_large_is_refused_in_one_sentence(wide: dict[str, list[Run]]) -> None:
    with pytest.raises(UserError, match="301 samples of 2 systems are too many for one page"):
        list(sample_elements(wide, budget=20_000))
