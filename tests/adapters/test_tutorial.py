"""The tutorials' commands run as they stand: from PDFs to a row, from documents to five systems on one leaderboard."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SYSTEMS = {"base", "finetuned", "base+rag", "finetuned+rag", "bm25"}


def commands(page: str) -> list[list[str]]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n(.*?)```", text, flags=re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line.removeprefix("$ ")) for line in lines]


def follow(page: str, folder: Path) -> Path:
    """Run every command of a page, one after the other, in a folder that holds nothing but docs and tasks."""
    for name in ("docs", "tasks"):
        (folder / name).symlink_to(ROOT / name)
    said = {"python": [sys.executable], "ecg-bench": [sys.executable, "-m", "ecg_bench"]}
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "140", "HF_HUB_OFFLINE": "1"}
    environment |= {"OMP_NUM_THREADS": "1", "ECG_BENCH_CACHE": str(folder / "cache")}
    for name, *arguments in commands(page):
        command = [*said[name], *arguments]
        ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, f"{arguments}\n{ended.stdout}\n{ended.stderr}"
    return folder


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.slow
def test_from_pdfs_to_a_leaderboard_row(tmp_path: Path) -> None:
    folder = follow("tutorial-pdfs.md", tmp_path)
    pack = read(folder / "PACK" / "datagen.json")
    assert len(pack["documents"]) == 8
    board = read(folder / "BOARD" / "leaderboard.json")
    (layer,) = [one for one in board["layers"] if one["id"] == "pack/mcq-test:acc"]
    values = {cell["system"]: cell["value"] for cell in layer["cells"]}
    assert values["baseline/bm25"] > 0.7 > 0.5 > values["baseline/random"]
    assert (folder / "BOARD" / "index.html").is_file()


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return follow("tutorial-adapters.md", tmp_path_factory.mktemp("tutorial"))


@pytest.mark.example
@pytest.mark.xdist_group("tutorial-adapters")
class TestTheTutorial:
    def test_the_finetuned_model_beats_its_base_on_items_like_those_it_was_trained_on(self, done: Path) -> None:
        for task in read(done / "CHANGES" / "comparison.json")["tasks"]:
            (main,) = [one for one in task["metrics"] if one["main"]]
            assert main["verdict"] == "better"
            assert main["difference"]["p_holm"] < 0.05

    def test_the_gain_is_told_apart_from_knowledge(self, done: Path) -> None:
        (task,) = read(done / "CONTENT" / "comparison.json")["tasks"]
        (content,) = [one for one in task["metrics"] if one["main"]]
        (form,) = [one for one in read(done / "CHANGES" / "comparison.json")["tasks"] if one["task"] == task["task"]]
        assert content["common_before"] > form["metrics"][0]["common_before"] + 0.2  # the base knows what it can't say
        assert content["verdict"] != "worse"

    def test_all_five_systems_stand_on_the_board_in_every_layer(self, done: Path) -> None:
        board = read(done / "BOARD" / "leaderboard.json")
        layers = {layer["id"]: {cell["system"] for cell in layer["cells"]} for layer in board["layers"]}
        for layer in ("pack/mcq-test:acc", "pack/open-test:answered", "pack/open-test:rougeL_f"):
            assert layers[layer] == SYSTEMS
        for task in ("pack/mcq-test", "pack/open-test"):
            assert layers[f"{task}:passage_retrieved"] == {"base+rag", "finetuned+rag", "bm25"}

    def test_no_item_of_the_test_set_stems_from_a_passage_that_was_trained_on(self, done: Path) -> None:
        def passages(path: Path) -> set[str]:
            return {json.loads(line)["group"] for line in path.read_text(encoding="utf-8").splitlines()}

        trained = {one for path in (done / "PACK" / "train").glob("*.jsonl") for one in passages(path)}
        for name in ("mcq-test", "open-test"):
            assert not trained & passages(done / "PACK" / "data" / f"{name}.jsonl")

    def test_retrieval_is_measured_on_the_questions_of_the_board(self, done: Path) -> None:
        found = read(done / "RETRIEVAL" / "retrieval.json")["values"]
        for task in ("pack/mcq-test", "pack/open-test"):
            asked = read(done / "RUNS" / "base-rag" / "results.json")["tasks"][task]
            recall = found[task]["bm25"]["1"]["recall"]
            assert recall["n"] == asked["samples"]
            assert recall["value"] > 0.8
