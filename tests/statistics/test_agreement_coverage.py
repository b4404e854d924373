"""The intervals of coefficients hold the truth as often as docs/agreement-coverage.md says, on a small study."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent.parent
DEFAULT = "default *"


@pytest.fixture(scope="module")
def cells() -> list[dict[str, Any]]:
    command = [sys.executable, str(ROOT / "benchmarks" / "coverage_agreement.py"), "--quick", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def by_coefficient(cells: list[dict[str, Any]], method: str) -> dict[str, list[float]]:
    """Return coverages where no level has nine tenths of all ratings."""
    found = defaultdict(list)
    for cell in cells:
        if cell["method"] == method and not cell["margin"].startswith("very"):
            found[cell["coefficient"]].append(cell["coverage"])
    return found


@pytest.mark.slow
def test_default_intervals_hold_the_truth_from_20_answers_on(cells: list[dict[str, Any]]) -> None:
    default = by_coefficient(cells, DEFAULT)
    assert len(default) == 13
    for coefficient, coverage in default.items():
        assert np.mean(coverage) > 0.93, coefficient
        assert min(coverage) > 0.86, coefficient  # of 100 samples: four standard errors below .95


@pytest.mark.slow
def test_they_hold_it_more_often_than_the_plain_jackknife(cells: list[dict[str, Any]]) -> None:
    default, plain = by_coefficient(cells, DEFAULT), by_coefficient(cells, "jackknife, plain")
    for coefficient, coverage in plain.items():
        assert np.mean(default[coefficient]) > np.mean(coverage), coefficient


@pytest.mark.slow
def test_clusters_taken_for_independent_units_make_intervals_too_short(cells: list[dict[str, Any]]) -> None:
    def coverage(method: str) -> float:
        return float(np.mean([one["coverage"] for one in cells if one["method"] == method and one["clustered"]]))

    assert coverage("Wald") < coverage(DEFAULT) - 0.02
