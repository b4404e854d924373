"""Simulated leaderboards, whose truth is known, hold what docs/leaderboard-coverage.md says: a small version of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
REPLICATES = 100  # of each of 24 settings


@pytest.fixture(scope="module")
def cells() -> list[dict[str, Any]]:
    command = [sys.executable, str(ROOT / "benchmarks" / "simulated_leaderboards.py"), "--quick", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    assert {cell["replicates"] for cell in found} == {REPLICATES}
    return found


def above(share: float, replicates: int, errors: float = 3) -> float:
    """Return what a share of so many replicates exceeds by chance once in a thousand times."""
    return share + errors * float(np.sqrt(share * (1 - share) / replicates))


@pytest.mark.slow
def test_equal_systems_are_told_apart_in_no_more_than_5_of_100_leaderboards(cells: list[dict[str, Any]]) -> None:
    errors = [cell["family_wise"] for cell in cells]
    assert np.mean(errors) <= 0.05
    assert max(errors) <= above(0.05, REPLICATES)
    for cell in cells:
        assert cell["all_ranks"] >= 1 - above(0.05, REPLICATES)
        assert cell["ranks"] >= cell["all_ranks"]


@pytest.mark.slow
@pytest.mark.parametrize("what", ["differences", "singles"])
def test_intervals_hold_the_truth(cells: list[dict[str, Any]], what: str) -> None:
    # All intervals of a leaderboard rest on the same questions: one replicate counts as one.
    missed = [1 - cell[what] for cell in cells]
    assert 0.03 <= np.mean(missed) <= above(0.05, REPLICATES * len(cells)) + 0.005
    assert max(missed) <= above(0.07, REPLICATES)


@pytest.mark.slow
def test_more_questions_tell_more_systems_apart(cells: list[dict[str, Any]]) -> None:
    apart = {
        (cell["setting"]["kind"], cell["setting"]["passages"], cell["setting"]["questions"]): cell["told_apart"]
        for cell in cells
        if cell["setting"]["truth"] == "different"
    }
    for kind in ("right or wrong", "graded"):
        for passages in (False, True):
            assert apart[kind, passages, 120] > apart[kind, passages, 30] + 0.2
            assert apart[kind, False, 120] > apart[kind, True, 120]  # questions of one passage are less evidence
