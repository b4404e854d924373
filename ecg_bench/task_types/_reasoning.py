"""Telling a model's reasoning from its answer."""

from __future__ import annotations

import re

_TAGS = r"think|thinking|thought|reasoning|reflection|scratchpad|analysis"
_CLOSED = re.compile(rf"<({_TAGS})\b[^>]*>.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_OPEN = re.compile(rf"<(?:{_TAGS})\b[^>]*>.*", re.DOTALL | re.IGNORECASE)
_CLOSING = re.compile(rf"</(?:{_TAGS})\s*>", re.IGNORECASE)


def without_reasoning(output: str) -> str:
    """Return what follows the reasoning in a model's output.

    Handles a block in tags, several blocks, a block whose opening tag was part of the prompt (so that only the closing
    one is in the output), and a block that was never closed: nothing of that is an answer.
    """
    if "<" not in output:
        return output.strip()
    text = _CLOSED.sub("", output)
    closings = list(_CLOSING.finditer(text))
    if closings:
        text = text[closings[-1].end() :]
    return _OPEN.sub("", text).strip()
