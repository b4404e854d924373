from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("peft")
pytest.importorskip("accelerate")

from tests.adapters.finetune.made import make_base, make_rows


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small Llama with a chat template, saved to disk."""
    return make_base(tmp_path_factory.mktemp("finetune") / "base")


@pytest.fixture(scope="session")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a pack with 32 training rows and 8 to select on."""
    return make_rows(tmp_path_factory.mktemp("finetune") / "pack")
