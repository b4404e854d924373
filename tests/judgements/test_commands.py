"""Judging at the command line, with the judge that needs no key."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ecg_bench.judgements import judge_runs
from ecg_bench.schemas import load_schemas

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
EVAL = ("eval", "--model", "baseline/bm25", "--tasks", "ecg/open-*")


def ecg_bench(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ecg_bench", *map(str, arguments)],
        capture_output=True, text=True, cwd=cwd, timeout=300, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("commands")


@pytest.fixture(scope="module")
def run(folder: Path) -> Path:
    done = ecg_bench(
        *EVAL, "--judge", "ecg-correctness", "--judge-model", "baseline/lexical-judge", "--out", "RUN", cwd=folder
    )
    assert done.returncode == 0, done.stderr
    assert "share of partially incorrect" in done.stdout
    return folder / "RUN"


def metrics(run: Path, task: str = "ecg/open-factual") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "results.json").read_text())["tasks"][task]["metrics"]
    return found


def test_eval_with_a_judge_leaves_its_scores_in_the_results(run: Path) -> None:
    one = metrics(run)["ecg-correctness@baseline-lexical-judge"]
    assert 0.4 < one["value"] < 0.8
    assert one["low"] < one["value"] < one["high"]
    assert one["n"] == 171
    shares = [value["value"] for name, value in metrics(run).items() if ":" in name]
    assert sum(shares) == pytest.approx(1)
    schemas = load_schemas()
    for path in (run / "scorings").glob("*.json"):
        jsonschema.validate(json.loads(path.read_text()), schemas["scoring"])
    (judgement,) = (run / "judgements").iterdir()
    header = json.loads((judgement / "run.json").read_text())
    jsonschema.validate(header, schemas["run"])
    assert header["outcomes"]["ok"] == 254
    assert header["system"]["identity"]["judge"].startswith("judge:ecg-correctness|version:1|")


def test_judging_afterwards_gives_the_same(run: Path, folder: Path) -> None:
    before = metrics(run)
    form = ("judge", "RUN", "--judge", "ecg-correctness", "--model", "baseline/lexical-judge", "--resume", "--json")
    done = ecg_bench(*form, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert metrics(run) == before
    assert json.loads(done.stdout)["judge"] == "ecg-correctness"


@pytest.mark.parametrize("judge", ["ecg-binary", "key-points", "safety", "docs/examples/brevity.yaml"])
def test_the_lexical_judge_plays_every_judge_of_single_answers(run: Path, judge: str, folder: Path) -> None:
    path = ROOT / judge if judge.endswith(".yaml") else judge
    (one,) = judge_runs([run], str(path), "baseline/lexical-judge", limit=20, quiet=True, cache=False)
    assert one.judgement.header.outcomes["ok"] == 40
    ((_, record),) = one.scorings.items()
    assert record.tasks["ecg/open-factual"].n == 20


def test_the_reference_itself_is_correct_and_another_one_is_not(folder: Path) -> None:
    from ecg_bench import evaluate, find_tasks

    (task,) = find_tasks(["ecg/open-factual"])
    samples = list(task.dataset)
    runs = []
    for name, shift in (("right", 0), ("wrong", 60)):
        path = folder / f"{name}.jsonl"
        rows = [
            {"id": one.id, "answer": samples[(n + shift) % len(samples)].reference} for n, one in enumerate(samples)
        ]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        out = folder / name
        runs.append(evaluate(f"replay/{path}", "ecg/open-factual", out=out, quiet=True).path)
    judge_runs(runs, "ecg-correctness", "baseline/lexical-judge", quiet=True, cache=False)
    right, wrong = (metrics(path)["ecg-correctness@baseline-lexical-judge"]["value"] for path in runs)
    assert right > 0.95
    assert wrong < 0.1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("judge", "RUN", "--judge", "ecg-correctnes", "--model", "baseline/lexical-judge"), "did you mean"),
        (("judge", "RUN", "--judge", "safety", "--model", "baseline/bm25"), "gives answers and judges none"),
        (("judge", "NOTHING", "--judge", "safety", "--model", "baseline/lexical-judge"), "is no run directory"),
        ((*EVAL, "--judge", "safety"), "needs --judge-model: there is no default"),
        ((*EVAL, "--judge-model", "baseline/lexical-judge"), "name the judge with --judge"),
        (
            ("eval", "--model", "baseline/lexical-judge", "--tasks", "ecg/open-factual"),
            "judges answers and gives none",
        ),
        (("judge", "RUN", "--judge", "ecg-listwise", "--model", "baseline/lexical-judge"), "give at least two runs"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(run: Path, folder: Path, arguments: tuple[str, ...], said: str) -> None:
    before = sorted(path.name for path in folder.iterdir())
    done = ecg_bench(*arguments, cwd=folder)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_probe_is_one_command(folder: Path) -> None:
    form = ("judge-probe", "--judge", "ecg-correctness", "--model", "baseline/lexical-judge", "--questions", "5")
    done = ecg_bench(*form, "--out", "PROBE", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rates"]["order"]["value"] == 1
    assert (folder / "PROBE" / "probe.json").exists()
