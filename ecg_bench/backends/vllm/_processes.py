"""vLLM's own processes, which must not outlive this one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess


@contextmanager
def ending_with_us(processes: Sequence[BaseProcess]) -> Iterator[None]:
    """Make sure that some processes end when this one does, however it does.

    vLLM's engine notices the end of the process that started it only where that leaves in order. Killed, or left at
    once, it would leave the engine behind with the GPU's memory. (The engine's own workers do notice its end.)
    """
    numbers = [str(process.pid) for process in processes]
    if not numbers:
        yield
        return
    # It reads to the end of a pipe that we hold the other end of, and that comes with our end.
    guard = subprocess.Popen(  # noqa: S603  # numbers of processes, nothing that anybody wrote
        ["/bin/sh", "-c", 'read -r _; kill -9 "$@"', "guard", *numbers],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        guard.kill()
        guard.communicate()
