"""Families of models: a judge is known to prefer the answers of its own."""

from __future__ import annotations

import re

FAMILIES = (
    *("gpt", "claude", "gemini", "gemma", "llama", "mistral", "mixtral", "qwen", "deepseek", "phi", "grok", "command"),
    *("yi", "falcon", "olmo", "nemotron", "glm", "kimi", "minimax", "granite", "medgemma", "meditron"),
)


def families_of(name: str) -> frozenset[str]:
    """Return the families of models that a name speaks of."""
    words = set(re.findall(r"[a-z]+", name.lower()))
    return frozenset(one for one in FAMILIES if one in words)
