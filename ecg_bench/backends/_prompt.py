"""Messages for models that know no turns."""

from __future__ import annotations

from collections.abc import Sequence

from ecg_bench.samples import Message


def plain_prompt(messages: Sequence[Message]) -> str:
    """Join messages into one text, the same for every backend, so that their results can be compared."""
    return "\n\n".join(message.content for message in messages) + "\n\n"
