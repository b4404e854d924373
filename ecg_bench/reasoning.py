"""Telling a model's reasoning from its answer."""

from __future__ import annotations

import re

_TAG = re.compile(
    r"<(?P<closing>/?)(?:think|thinking|thought|reasoning|reflection|scratchpad|analysis)\b[^<>]*>", re.IGNORECASE
)


def without_reasoning(output: str) -> str:
    """Return what follows the reasoning in a model's output.

    Handles a block in tags, several blocks, a block whose opening tag was part of the prompt (so that only the closing
    one is in the output), and a block that was never closed: nothing of that is an answer.
    """
    if "<" not in output:
        return output.strip()
    kept: list[str] = []
    inside = False
    position = 0
    for tag in _TAG.finditer(output):
        if not tag["closing"]:
            if not inside:
                kept.append(output[position : tag.start()])
            inside = True
        elif inside:
            inside = False
        else:  # opened in the prompt: all that came before was reasoning
            kept.clear()
        position = tag.end()
    if not inside:
        kept.append(output[position:])
    return "".join(kept).strip()
