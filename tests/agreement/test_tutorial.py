"""The tutorial's commands run as they stand, one after the other."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from ecg_bench.ratings import read_ratings

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial-agreement.md"


def commands() -> list[list[str]]:
    blocks = re.findall(r"```console\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line.removeprefix("$ ")) for line in lines]


@pytest.mark.slow
def test_the_tutorial_leads_from_answers_to_a_corrected_leaderboard(tmp_path: Path) -> None:
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    said = {"python": [sys.executable], "ecg-bench": [sys.executable, "-m", "ecg_bench"]}
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "140"}
    for name, *arguments in commands():
        command = [*said[name], *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
    ratings = read_ratings(tmp_path / "ratings.csv")
    assert sum(one.repeat == 0 for one in ratings) >= 120
    assert any(one.repeat == 1 for one in ratings)
    report = json.loads((tmp_path / "AGREEMENT" / "agreement.json").read_text())
    assert report["design"] == report["design"] | {"sampling": "stratified", "inclusion_known": True}
    (score,) = [one for one in report["corrected"] if one["target"] == "mean score"]
    by_system = {one["system"]: one for one in score["systems"]}
    assert set(by_system) == {"thorough", "hasty", "careless"}
    assert [one["system"] for one in score["systems"]][2] == "careless"
    assert all(
        one["corrected"]["low"] < one["corrected"]["value"] < one["corrected"]["high"] for one in score["systems"]
    )
    assert "<script" not in (tmp_path / "AGREEMENT" / "agreement.html").read_text()
