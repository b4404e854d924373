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
    return split_reasoning(output)[1]


def split_reasoning(output: str) -> tuple[str, str]:
    """Return the reasoning in a model's output, without its tags, and what follows it; see `without_reasoning`."""
    if "<" not in output:
        return "", output.strip()
    kept: list[str] = []
    thought: list[str] = []
    inside = False
    position = 0
    for tag in _TAG.finditer(output):
        part = output[position : tag.start()]
        if not tag["closing"]:
            (thought if inside else kept).append(part)
            inside = True
        elif inside:
            thought.append(part)
            inside = False
        else:  # opened in the prompt: all that came before was reasoning
            thought += [*kept, part]
            kept.clear()
        position = tag.end()
    (thought if inside else kept).append(output[position:])
    return "".join(thought).strip(), "".join(kept).strip()
