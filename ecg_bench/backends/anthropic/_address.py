"""Where the API is, known before any client is imported."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

OFFICIAL = "https://api.anthropic.com"


def address(base_url: str | None) -> str:
    """Return the address without ``/v1``: the one given, else that of the environment, else Anthropic's own."""
    given = base_url or os.environ.get("ANTHROPIC_BASE_URL") or OFFICIAL
    return given.strip().rstrip("/").removesuffix("/v1")


def is_official(url: str) -> bool:
    """Whether an address is Anthropic's own."""
    return urlsplit(url).hostname == urlsplit(OFFICIAL).hostname


def is_local(url: str) -> bool:
    """Whether an address is on this machine."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")
