"""The documented command builds both adapters and shows that they look at the ECG."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
TASKS = ("ecg/signal-detection", "ecg/signal-qa", "ecg/signal-report")
SYSTEMS = {"ecg-lm", "meit", "resnet", "rule-reader", "ecg-lm without ECG", "meit without ECG"}


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("signals")
    environment = {**os.environ, "PYTHON": sys.executable, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    environment["ECG_BENCH_CACHE"] = str(folder / "cache")
    command = ["sh", str(ROOT / "docs" / "examples" / "signals" / "run.sh"), str(folder / "work")]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"
    return folder / "work"


@pytest.mark.example
class TestTheExample:
    def test_all_systems_and_controls_stand_on_one_board(self, work: Path) -> None:
        layers = {one["id"]: one for one in read(work / "board" / "leaderboard.json")["layers"]}
        for task, metric in zip(TASKS, ("f1_samples", "acc", "statement_f"), strict=True):
            assert {cell["system"] for cell in layers[f"{task}:{metric}"]["cells"]} == SYSTEMS

    @pytest.mark.parametrize("system", ["ecg-lm", "meit"])
    @pytest.mark.parametrize("task", TASKS)
    def test_a_trained_system_beats_itself_without_the_ecg(self, work: Path, system: str, task: str) -> None:
        compared = read(work / f"{system}-against-blind" / "comparison.json")
        (found,) = [one for one in compared["tasks"] if one["task"] == task]
        (main,) = [one for one in found["metrics"] if one["main"]]
        assert main["verdict"] == "better"
        assert main["difference"]["p_holm"] < 0.05

    def test_the_curve_has_a_point_for_each_noise(self, work: Path) -> None:
        assert (work / "robustness" / "robustness.json").is_file()
        assert list((work / "robustness").glob("*.svg"))
