"""A server on this machine for judges to be played on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.openai_server import KEY, OpenAIServer, serving


@pytest.fixture(scope="package")
def running() -> Iterator[OpenAIServer]:
    with serving() as one:
        yield one


@pytest.fixture
def server(running: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> OpenAIServer:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    running.reset()
    return running
