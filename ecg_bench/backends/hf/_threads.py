"""How many threads torch computes with on a CPU."""

from __future__ import annotations

import os

import torch

VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")


def set_threads() -> None:
    """Use as many threads as there are idle cores, unless the user's environment says how many.

    Threads of OpenMP wait for each other by spinning, so that one more of them than cores are free makes everything
    several times slower; a core left idle costs much less.
    """
    if any(os.environ.get(name) for name in VARIABLES):
        return
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    torch.set_num_threads(max(1, min(torch.get_num_threads(), cores, round(cores - busy))))
