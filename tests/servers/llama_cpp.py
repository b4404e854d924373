"""llama.cpp's own server, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.running import free_port

MODEL = "tiny"
CONTEXT = 512  # tokens of a request
SLOTS = 4  # requests at a time


@contextmanager
def serving_gguf(file: Path) -> Iterator[str]:
    """Serve a GGUF file while the block lasts, and give the base address."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.hostnames = ["127.0.0.1"]
    params.port = free_port()
    params.model_alias = {MODEL}
    params.n_ctx = CONTEXT * SLOTS
    params.n_parallel = SLOTS
    params.cpuparams.n_threads = 1
    server = xllamacpp.Server(params)
    try:
        yield f"http://127.0.0.1:{params.port}/v1"
    finally:
        del server  # its end stops it
