"""How fast answers come."""

from __future__ import annotations

from collections import deque

WINDOW_S = 30.0  # the pace is that of the last half minute,
ANSWERS = 20  # or of so many answers, where they come slowly,
LONGEST_S = 900.0  # but of no longer ago


class Pace:
    """Requests a second, lately."""

    def __init__(self) -> None:
        self._points: deque[tuple[float, int]] = deque()

    def note(self, time: float, done: int) -> None:
        """Note how much is done at a time, in seconds of any clock."""
        points = self._points
        if points and done < points[-1][1]:
            points.clear()  # errors are asked again
        if points and time - points[-1][0] < 0.9:
            return
        points.append((time, done))
        while len(points) > 2 and (
            time - points[0][0] > LONGEST_S or (time - points[1][0] >= WINDOW_S and done - points[1][1] >= ANSWERS)
        ):
            points.popleft()

    def forget(self) -> None:
        """Begin anew: the run stood still."""
        self._points.clear()

    @property
    def rate(self) -> float | None:
        """Requests a second; None as long as it can't be told."""
        if len(self._points) < 2:
            return None
        (start, before), (end, after) = self._points[0], self._points[-1]
        return (after - before) / (end - start)
