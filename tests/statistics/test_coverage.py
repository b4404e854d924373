"""A small version of the study of coverage: what is printed in the docs by hand holds here too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_defaults_hold_their_coverage_and_the_naive_score_does_not() -> None:
    program = (
        "from coverage import QUICK\n"
        "for cell in QUICK.cells():\n"
        "    print(cell.place[0], cell.method, cell.default, cell.coverage, sep='|')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT / "benchmarks", capture_output=True, text=True, check=True
    )
    found: dict[tuple[str, str], list[float]] = {}
    for line in done.stdout.splitlines():
        part, method, default, coverage = line.split("|")
        found.setdefault((part, "default" if default == "True" else method), []).append(float(coverage))
    for part in ("scores", "differences", "corrected scores", "corrected differences"):
        # 200 repetitions are good to 0.015, and the places of a part are averaged.
        assert 0.935 <= sum(found[part, "default"]) / len(found[part, "default"]) <= 0.975
        assert min(found[part, "default"]) > 0.88
    assert max(found["corrected scores", "the judge's score"]) < 0.3
