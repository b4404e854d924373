"""What is searched for."""

from __future__ import annotations

from ecg_bench.samples import LETTERS, Request


def query_of(request: Request) -> str:
    """Return what is searched for: the question, and its options in the order of the data.

    The rendered prompt is not looked at: its instructions are no part of the question, and a text can't be cut back to
    its question by looking for something like an option's letter ("hypokalemia. A wide QRS ...").
    """
    options = [text for _, text in sorted(zip(request.order or LETTERS, request.options, strict=False))]
    return "\n".join([request.question, *options])
