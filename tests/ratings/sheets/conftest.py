"""Runs of three systems that were judged, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ratings.sheets.making import graded, make_run

SYSTEMS = ("Aurora-7B", "Borealis-13B", "Cirrus-70B")


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("studio")


@pytest.fixture(scope="session")
def three_runs(studio: Path) -> list[Path]:
    return [make_run(studio, system, graded(shift), n=60) for shift, system in enumerate(SYSTEMS)]
