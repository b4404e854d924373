"""The whole lines of a file that others write to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


class Tail:
    """Reads on in a file from where it stopped.

    A last line without its end is left for the next time. The file is opened only while it is read.

    Parameters
    ----------
    path : Path
        The file; it need not exist yet.
    last : int, optional
        Begin no more than so many bytes before the end of the file.

    Attributes
    ----------
    offset : int
        How many bytes have been read.
    """

    def __init__(self, path: Path, *, last: int | None = None) -> None:
        self.path = path
        self.offset = 0
        self._last = last
        self._file: tuple[int, int] | None = None

    def replaced(self) -> bool:
        """Whether the file is no longer the one that was read, so that all that was read is void.

        At the end of a run its lines are put in order: another file, but of the same length and with the same lines,
        which need not be read again.
        """
        try:
            now = self.path.stat()
        except OSError:
            return False  # between two moments, or gone: what was read was true
        file = now.st_dev, now.st_ino
        before, self._file = self._file, file
        return now.st_size < self.offset or (before not in (None, file) and now.st_size != self.offset)

    def restart(self) -> None:
        """Begin anew with the next line."""
        self.offset = 0

    def lines(self) -> Iterator[bytes]:
        """Yield the lines that were added, each with its end."""
        try:
            file = self.path.open("rb")
        except OSError:
            return
        with file:
            if self._last is not None:
                self.offset = max(0, file.seek(0, 2) - self._last)
                file.seek(self.offset)
                if self.offset:
                    self.offset += len(file.readline())  # most likely half a line
                self._last = None
            file.seek(self.offset)
            for line in iter(file.readline, b""):
                if not line.endswith(b"\n"):
                    return  # it is being written, or was torn by a kill
                self.offset += len(line)
                yield line
