"""``ecg-bench datagen`` as a user runs it: real processes, exit codes, and kills."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.adapters.datagen.writers import choice, open_question, pack_files, sentences, write_documents
from tests.test_cli import data, refusal, run


def script(folder: Path, path: Path, latency: float = 0.0) -> Path:
    """Write a mock model that answers for each chunk of the documents in a folder."""
    answers = []
    for document in sorted(folder.glob("*.md")):
        for passage in document.read_text().split("## ")[1:]:
            found = sentences(passage)
            for task, make in (("mcq", choice), ("open", open_question)):
                items = [make(one, n) for n, one in enumerate(found[:2] if make is choice else found[2:4])]
                rule = {"task": f"datagen/{task}", "question": found[0], "text": json.dumps({"items": items})}
                answers.append(rule)
    whole = {"answers": answers, "default": {"text": "nothing"}, "concurrency": 2}
    path.write_text(yaml.safe_dump(whole | ({"latency_s": latency} if latency else {})))
    return path


def test_the_form_that_must_work(tmp_path: Path) -> None:
    write_documents(tmp_path / "DOCS", 8)
    script(tmp_path / "DOCS", tmp_path / "model.yaml")
    form = ("datagen", "DOCS", "--model", "mock/model.yaml", "--out", "PACK", "--resume")
    done = run(*form, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "the validator finds no problem" in done.stdout
    assert run("tasks", "validate", "PACK", cwd=tmp_path).returncode == 0
    again = data(*form, cwd=tmp_path)
    assert again == json.loads((tmp_path / "PACK" / "datagen.json").read_text())
    assert again["settings"]["name"] == "pack"
    listed = run("eval", "--tasks", "pack/mcq-test", "--include", "PACK", "--out", "RUN", cwd=tmp_path)
    assert listed.returncode == 0, listed.stderr


def test_single_files_of_several_kinds(tmp_path: Path) -> None:
    write_documents(tmp_path, 3)
    (tmp_path / "chapter-01.md").rename(tmp_path / "one.txt")
    text = (tmp_path / "chapter-02.md").read_text().replace("# ", "").split("\n\n")
    (tmp_path / "two.html").write_text(
        "".join(f"<h2>{a}</h2><p>{b}</p>" for a, b in zip(text[1::2], text[2::2], strict=True))
    )
    files = ("chapter-00.md", "one.txt", "two.html")
    found = data("datagen", *files, "--model", "template/cloze", "--out", "p", "--split-by", "passage", cwd=tmp_path)
    assert [(one["file"], one["converter"]) for one in found["documents"]] == [
        ("chapter-00.md", "markdown"),
        ("one.txt", "text"),
        ("two.html", "html"),
    ]
    assert found["chunks"]["passages"] == 12


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nowhere",), "nowhere: no such file or folder"),
        (("empty",), "there is no document: none of the files ends in .htm, .html"),
        (("a.docx",), "a.docx: no converter is known for .docx: give --converter .docx=NAME"),
        (("blank.md",), "blank.md: is empty: there is no text in it"),
        (("DOCS", "--shares", "1,1,1"), "--shares takes three numbers that add up to 1"),
        (("DOCS", "--chunk-size", "0"), "chunk_size must be at least 1, but is 0"),
        (("DOCS", "--mcq-per-chunk", "0", "--open-per-chunk", "0"), "there is nothing to write"),
        (("DOCS", "--name", "My Pack"), "the name of a pack has lower-case letters"),
        (("DOCS", "--converter", "magic"), "there is no converter named 'magic'"),
        (("DOCS", "--max-cost", "1", "--model", "mock/none.yaml"), "none.yaml: no such file"),
    ],
)
def test_mistakes_get_a_sentence_and_leave_nothing(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    write_documents(tmp_path / "DOCS", 4)
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.docx").write_bytes(b"PK")
    (tmp_path / "blank.md").write_text("\n")
    assert sentence in refusal("datagen", "--model", "template/cloze", *arguments, "--out", "PACK", cwd=tmp_path)


def test_a_dry_run_shows_the_prompt_and_writes_nothing(tmp_path: Path) -> None:
    write_documents(tmp_path / "DOCS", 4)
    done = run("datagen", "DOCS", "--model", "template/cloze", "--out", "PACK", "--dry-run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "You write examination papers" in done.stdout
    assert "nothing was asked and nothing was written" in done.stdout
    assert not (tmp_path / "PACK").exists()


def test_the_run_of_the_model_is_resumed_by_its_own_command_only(tmp_path: Path) -> None:
    write_documents(tmp_path / "DOCS", 4)
    assert run("datagen", "DOCS", "--model", "template/cloze", "--out", "PACK", cwd=tmp_path).returncode == 0
    done = run("eval", "--resume", "--out", "PACK/writing", cwd=tmp_path)
    assert done.returncode == 2
    assert "is a run of ecg-bench datagen: repeat that command to go on" in done.stderr


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_the_same_pack(tmp_path: Path) -> None:
    write_documents(tmp_path / "DOCS", 30)
    script(tmp_path / "DOCS", tmp_path / "model.yaml", latency=0.03)
    form = [
        sys.executable,
        "-m",
        "ecg_bench",
        "datagen",
        "DOCS",
        "--model",
        "mock/model.yaml",
        "--quiet",
        "--name",
        "p",
    ]
    subprocess.run([*form, "--out", "whole"], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    total = (tmp_path / "whole" / "writing" / "samples.jsonl").stat().st_size
    journal = tmp_path / "killed" / "writing" / "samples.jsonl"
    kills = []
    for share in (None, 0.0, 0.3, 0.6):  # while the documents are converted, at the first reply, and later
        process = subprocess.Popen(
            [*form, "--out", "killed"], cwd=tmp_path, stdout=subprocess.DEVNULL, start_new_session=True
        )
        size = 0
        while process.poll() is None and (size <= share * total if share is not None else True):
            size = journal.stat().st_size if journal.exists() else 0
            if share is None and (tmp_path / "killed").exists():
                break
            time.sleep(0.001)
        assert process.poll() is None, "it ended before it could be killed: make it longer"
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        kills.append(size)
        assert not (tmp_path / "killed" / "domain.yaml").exists()
    subprocess.run([*form, "--out", "killed"], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    assert kills == sorted(set(kills)), "the kills did not fall into the asking"
    assert pack_files(tmp_path / "killed") == pack_files(tmp_path / "whole")
    samples = [json.loads(line) for line in journal.read_text().splitlines()]
    assert len({(one["task"], one["id"]) for one in samples}) == len(samples) == 240
