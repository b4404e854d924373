"""Baselines that look at nothing but the options."""

from __future__ import annotations

import random

from ecg_bench.samples import LETTERS, Request


def first(_: Request) -> str:
    """Return the letter of the first option shown: what a liking for a place would earn."""
    return LETTERS[0]


def at_random(request: Request) -> str:
    """Return a letter drawn at random; the same one whenever the same request is made under the same seed."""
    name = f"{request.params.seed} {request.task} {request.id} {request.permutation}"
    return LETTERS[random.Random(name).randrange(len(request.options))]


def longest(request: Request) -> str:
    """Return the letter of the option with the most characters, the first shown where several have as many."""
    lengths = [len(option) for option in request.options]
    return LETTERS[lengths.index(max(lengths))]
