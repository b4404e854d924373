"""Whether the process that writes a run still lives."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def is_held(lock: Path) -> bool | None:
    """Return whether some process holds a run's lock; None where that can't be told.

    The operating system gives a lock back when its process ends, however that ends. To ask is to try: a lock that is
    held is left as it is, and a free one is taken for some microseconds, shared, so that two who look don't see each
    other. No file is made or written.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        handle = os.open(lock, os.O_RDONLY)
    except FileNotFoundError:
        return False
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks
        return None
    else:
        return False
    finally:
        os.close(handle)
