"""Waves: what each lead sees of a bump of the heart's dipole, and the P wave.

The limb electrodes see a dipole in the frontal plane, the chest electrodes one in the horizontal plane; both go through
the same bumps in time. Only I, II and V1 to V6 are made: Einthoven gives the other limb leads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecg_bench.ecg.synthesis._spec import Spec

Floats = NDArray[np.float64]
MADE = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")

# What the chest leads see of a vector (left, front): the transform of Dower et al. (1980) without its vertical part.
_CHEST = np.array([[-0.515, 0.917], [0.044, 1.387], [0.882, 1.277], [1.213, 0.601], [1.125, 0.086], [0.831, -0.230]])


@dataclass(frozen=True)
class Waves:
    """Bumps, each a quarter of a squared sine up, a plateau and one down, and what each lead sees of them.

    Parameters
    ----------
    times : array, shape (bumps, 4)
        Seconds from the onset: begin, full height from, full height to, end.
    heights : array, shape (bumps, 8)
        Millivolts in the leads of `MADE`.
    """

    times: Floats
    heights: Floats

    def joined(self, *others: Waves) -> Waves:
        """Return these bumps and others."""
        every = (self, *others)
        return Waves(np.concatenate([one.times for one in every]), np.concatenate([one.heights for one in every]))

    def scaled(self, factor: float) -> Waves:
        """Return the same bumps with other heights."""
        return Waves(self.times, self.heights * factor)

    def areas(self) -> Floats:
        """Return what each lead's bumps sum up to, in mV s."""
        begin, risen, falling, end = self.times.T
        total: Floats = ((end - begin + falling - risen) / 2) @ self.heights
        return total


def seen(size: float, degrees: float, left: float, front: float) -> Floats:
    """Return what each lead sees of a frontal dipole (mV, degrees) and a horizontal one (mV to the left, front)."""
    angle = np.deg2rad(degrees)
    return np.array([size * np.cos(angle), size * np.cos(angle - np.pi / 3), *(_CHEST @ np.array([left, front]))])


def bumps(rows: list[tuple[float, float, float, Floats]]) -> Waves:
    """Return waves of single peaks: begin, peak, end and heights."""
    return Waves(np.array([(a, p, p, b) for a, p, b, _ in rows]), np.array([heights for *_, heights in rows]))


def p_wave(spec: Spec, *, longest: float = 0.1, ectopic: bool = False) -> Waves:
    """Return a P wave from its onset: the right atrium, then the left one.

    Parameters
    ----------
    longest : float
        Seconds it may take; it also ends 30 ms before the QRS.
    ectopic : bool
        Whether it begins elsewhere than in the sinus node, and so points elsewhere.
    """
    length = min(longest, max(0.06, spec.pr_ms / 1000 - 0.03))
    pad = 0.06 * length  # a bump's first part is too low to be seen
    right, left = (10.0, -30.0) if ectopic else (68.0, 40.0)
    return bumps(
        [
            (-pad, 0.38 * length, 0.75 * length, seen(0.09, right, 0.03, 0.055)),
            (0.25 * length, 0.62 * length, length + pad, seen(0.09, left, 0.05, -0.045)),
        ]
    )
