"""Bare clients, for comparison: nothing but requests, as many at a time as there are connections.

    python benchmarks/_clients.py {aiohttp,openai,openai-aiohttp} URL REQUESTS CONNECTIONS

What they reach is what a transport makes possible; an evaluation has prompts to make and answers to score and store
besides.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

TURN = {"role": "user", "content": "Which lead shows the axis best? " * 16}
Ask = Callable[[], Awaitable[Any]]


@asynccontextmanager
async def with_aiohttp(url: str) -> AsyncIterator[Ask]:
    """Ask by aiohttp."""
    import aiohttp

    body = {"model": "stub", "messages": [TURN], "max_tokens": 16, "temperature": 0}
    headers = {"Content-Type": "application/json"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), headers=headers) as session:

        async def ask() -> Any:
            async with session.post(f"{url}/v1/chat/completions", data=json.dumps(body).encode()) as reply:
                return json.loads(await reply.read())

        yield ask


@asynccontextmanager
async def with_openai(url: str, *, over_aiohttp: bool) -> AsyncIterator[Ask]:
    """Ask by the official client, over its own transport or over aiohttp."""
    import openai

    transport = openai.DefaultAioHttpClient() if over_aiohttp else None
    async with openai.AsyncOpenAI(
        base_url=f"{url}/v1", api_key="none", max_retries=0, http_client=transport
    ) as client:

        async def ask() -> Any:
            return await client.chat.completions.create(
                model="stub", messages=[TURN], max_tokens=16, temperature=0  # type: ignore[list-item]
            )

        yield ask


CLIENTS = {
    "aiohttp": with_aiohttp,
    "openai": lambda url: with_openai(url, over_aiohttp=False),
    "openai-aiohttp": lambda url: with_openai(url, over_aiohttp=True),
}


async def main(client: str, url: str, requests: int, connections: int) -> None:
    """Ask all requests."""
    async with CLIENTS[client](url) as ask:
        left = iter(range(requests))

        async def worker() -> None:
            for _ in left:
                await ask()

        await asyncio.gather(*(worker() for _ in range(connections)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
