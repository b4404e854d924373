"""Keys never reach a log, a run file or a traceback: every text that leaves the process passes through here."""

from __future__ import annotations

import re

HIDDEN = "(hidden)"
_SHORTEST = 8  # a shorter text is no key, and hiding it would eat into ordinary words

_secrets: set[str] = set()
_NAMES = re.compile(r"(key|secret|password|credentials?|(^|[.]|auth_|access_|api_|hf_|bearer_)token)$", re.IGNORECASE)
_USERINFO = re.compile(r"(?<=://)[^/@\s]+(?=@)")


def hide(secret: str | None) -> None:
    """Remember a key, so that no text passes with it from now on."""
    if secret and len(secret.strip()) >= _SHORTEST:
        _secrets.add(secret.strip())


def names_secret(name: str) -> bool:
    """Whether an argument is called as keys are; the name of a variable that holds one is no secret."""
    return _NAMES.search(name) is not None


def redact(text: str) -> str:
    """Return a text without the keys that `hide` was told."""
    for secret in _secrets:
        if secret in text:
            text = text.replace(secret, HIDDEN)
    return text


def redact_bytes(data: bytes) -> bytes:
    """Return UTF-8 bytes without the keys that `hide` was told."""
    for secret in _secrets:
        key = secret.encode()
        if key in data:
            data = data.replace(key, HIDDEN.encode())
    return data


def redact_url(url: str) -> str:
    """Return an address without the user name and password in it."""
    return redact(_USERINFO.sub(HIDDEN, url))
