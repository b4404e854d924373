from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("peft")
pytest.importorskip("accelerate")

from tests.adapters.signal.made import small_base, write_conversations


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small Llama with a chat template, saved to disk."""
    return small_base(tmp_path_factory.mktemp("signal") / "base")


@pytest.fixture(scope="session")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of 32 conversations about ECGs, with 8 to select on."""
    folder = tmp_path_factory.mktemp("signal-rows")
    write_conversations(folder / "train.jsonl", 32)
    write_conversations(folder / "selection.jsonl", 8, first=100)
    return folder
