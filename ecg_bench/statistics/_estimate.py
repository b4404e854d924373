"""A statistic with its interval."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A value, its interval, and what it rests on.

    Attributes
    ----------
    value, low, high : float or None
        None where undefined.
    method : str
        Of the interval.
    n, clusters : int
        Units, and independent groups among them.
    reason : str or None
        Why the value or its interval is None.
    """

    value: float | None
    low: float | None
    high: float | None
    method: str
    n: int
    clusters: int
    reason: str | None = None
