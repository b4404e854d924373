"""The real vLLM on the CPU, in an environment of its own: ``make test-vllm``."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# Read by the libraries when they are imported, and by the processes that the tests start.
os.environ.update(
    HF_HUB_OFFLINE="1",
    HF_DATASETS_OFFLINE="1",
    OMP_NUM_THREADS="1",
    DO_NOT_TRACK="1",
    VLLM_CPU_KVCACHE_SPACE="1",
    VLLM_NO_USAGE_STATS="1",
    VLLM_ENABLE_V1_MULTIPROCESSING="0",
)

from ecg_bench.backends import Backend, open_model
from ecg_bench.domains import find_domains
from ecg_bench.samples import Request, Response
from ecg_bench.settings import Settings
from tests.packs import make_pack, rows
from tests.servers.running import free_port
from tests.small_llama import save_adapter, save_small_llama

ENGINE = {"dtype": "float32", "enforce_eager": True, "max_model_len": 1024}


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    os.environ["ECG_BENCH_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def texts() -> list[str]:
    corpus = find_domains()["ecg"].corpus
    assert corpus is not None
    return [passage.text for document in corpus for passage in document.passages]


@pytest.fixture(scope="session")
def chat_llama(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> Path:
    return save_small_llama(tmp_path_factory.mktemp("models") / "chat", texts, chat=True, hidden=128)


@pytest.fixture(scope="session")
def plain_llama(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> Path:
    return save_small_llama(tmp_path_factory.mktemp("models") / "plain", texts, chat=False, hidden=128)


@pytest.fixture(scope="session")
def adapter(tmp_path_factory: pytest.TempPathFactory, plain_llama: Path) -> Path:
    return save_adapter(plain_llama, tmp_path_factory.mktemp("adapter"), ["q_proj", "v_proj"])


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a pack with options of several tokens, and one question that is too long for the model."""
    data = rows(16)
    for row in data:
        row["options"] = [f"{option} {'and more ' * k}".strip() for k, option in enumerate(row["options"])]
    data[5]["question"] += " word" * 600
    return make_pack(tmp_path_factory.mktemp("packs") / "toy", data=data)


@dataclass(frozen=True)
class Opened:
    """A backend that is ready, and a way to ask it."""

    backend: Backend

    def ask(self, *requests: Request) -> list[Response]:
        async def ask() -> list[Response]:
            async with self.backend.session():
                answered: Sequence[Sequence[Response]] = await asyncio.gather(
                    *(self.backend.answer([request]) for request in requests)
                )
                return [one for (one,) in answered]

        return asyncio.run(ask())


def open_backend(model: str, **arguments: Any) -> Opened:
    backend = open_model(model, arguments)
    backend.prepare([], Settings())
    return Opened(backend)


@pytest.fixture(scope="session")
def plain(plain_llama: Path) -> Iterator[Opened]:
    """Return an engine for several tests, after those that open one of their own: a process holds one at a time."""
    opened = open_backend(f"vllm/{plain_llama}", **ENGINE)
    yield opened
    opened.backend.close()


@pytest.fixture(scope="session", autouse=True)
def _server(chat_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Start vLLM's own server, which takes half a minute, beside the first tests; returns what waits for it."""
    port, log = free_port(), tmp_path_factory.mktemp("server") / "log.txt"
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(chat_llama)]
    command += ["--served-model-name", "small", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--dtype", "float32", "--enforce-eager", "--max-model-len", "1024"]

    def ready() -> str:
        deadline = time.monotonic() + 240
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2):
                    return f"http://127.0.0.1:{port}/v1"
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"the server did not start:\n{log.read_text()[-4000:]}")
                time.sleep(0.2)

    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            yield ready
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # its end by itself takes a minute where it hasn't begun yet
            process.wait()


@pytest.fixture
def server(_server: Callable[[], str]) -> str:
    """Return the address of vLLM's own server."""
    return _server()
