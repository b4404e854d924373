"""Fixtures that the whole suite shares."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", OMP_NUM_THREADS="1")

from tests.packs import make_pack  # after the variables that libraries read when imported

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the tests, and the processes they start, out of the user's response cache."""
    os.environ["ECG_BENCH_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def pack(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a small domain pack and returns its folder."""
    return lambda **options: make_pack(tmp_path / options.pop("name", "toy"), **options)


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Return the folder of public data, or skip."""
    folder = os.environ.get("ECG_BENCH_TEST_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("ECG_BENCH_TEST_DATA names no folder of public data")
    return Path(folder)


@pytest.fixture(scope="session")
def corpus_texts() -> list[str]:
    """Return the shipped corpus, to train tokenizers on."""
    from ecg_bench.domains import find_domains

    corpus = find_domains()["ecg"].corpus
    assert corpus is not None
    return [passage.text for document in corpus for passage in document.passages]


@pytest.fixture(scope="session")
def chat_llama(tmp_path_factory: pytest.TempPathFactory, corpus_texts: list[str]) -> Path:
    """Return a small Llama with a chat template, saved to disk."""
    from tests.small_llama import save_small_llama

    return save_small_llama(tmp_path_factory.mktemp("models") / "chat", corpus_texts, chat=True)


@pytest.fixture(scope="session")
def plain_llama(tmp_path_factory: pytest.TempPathFactory, corpus_texts: list[str]) -> Path:
    """Return a small Llama without a chat template, saved to disk."""
    from tests.small_llama import save_small_llama

    return save_small_llama(tmp_path_factory.mktemp("models") / "plain", corpus_texts, chat=False)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of scripts of an environment with nothing but the wheel and what it needs."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)]  # the wheel from the sdist
    subprocess.run(build, check=True, capture_output=True, text=True)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=True)
    scripts = folder / "env" / "bin"
    subprocess.run([scripts / "pip", "install", "--quiet", str(wheel)], check=True, capture_output=True, text=True)
    return scripts
