"""The sign-flip permutation test of paired differences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

ENUMERATED = 20  # non-zero sums up to which all 2^k signs are tried
LATTICE = 1 << 20  # places of the distribution of whole-numbered sums
CHUNK = 1 << 24  # random bits held at a time
PRECISION = 1e-12  # below it the distribution found by Fourier transform is rounding error
UNITS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 16, 20, 24, 30, 32, 40, 60, 64, 100, 120)


@dataclass(frozen=True)
class SignFlip:
    """What a sign-flip test found.

    Attributes
    ----------
    p : float
        Two-sided, never 0.
    exact : bool
        Whether every assignment of signs is counted, and not a random sample of them.
    draws : int
        Number of random assignments; 0 where the test is exact.
    floor : float
        The smallest p-value that it could have given.
    """

    p: float
    exact: bool
    draws: int
    floor: float


def sign_flip(
    differences: npt.ArrayLike,
    clusters: npt.NDArray[np.integer[Any]] | None = None,
    *,
    draws: int = 100_000,
    seed: int,
) -> SignFlip:
    """Test whether paired differences are as often positive as negative, by flipping their signs.

    Parameters
    ----------
    differences : array-like of float, shape (rows,)
        The first system's score less the second's.
    clusters : array of int, shape (rows,), optional
        From 0. All differences of a cluster keep their signs to each other; without it each row is a cluster.
    draws : int
        Random assignments where an exact test is out of reach.
    seed : int
        Of the random assignments.

    Returns
    -------
    SignFlip
        Exact where all sums of clusters are multiples of a common part of 1, such as 1/4, or at most 20 are not 0.

    Notes
    -----
    The statistic is the absolute sum. The random test counts the observed assignment as one more draw (Phipson and
    Smyth 2010), so that p is at least 1 / (draws + 1).

    References
    ----------
    R. A. Fisher, The Design of Experiments (1935), section 21; B. Phipson and G. K. Smyth, Stat. Appl. Genet. Mol.
    Biol. 9 (2010) article 39.

    Examples
    --------
    >>> maize = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
    >>> round(sign_flip(maize, seed=1).p, 5)
    0.05267
    """
    values = np.asarray(differences, dtype=np.float64)
    sums = values if clusters is None else np.bincount(clusters, weights=values)
    sizes = np.abs(sums)[np.abs(sums) > 1e-12]
    if not len(sizes):
        return SignFlip(1.0, True, 0, 1.0)
    observed = abs(float(sums.sum())) - 1e-9 * float(sizes.sum())  # equal sums must not differ by rounding
    if len(sizes) <= ENUMERATED:
        p = float((np.abs(_all_sums(sizes)) >= observed).mean())
        return SignFlip(p, True, 0, 2.0 ** (1 - len(sizes)))
    lattice = _lattice(sizes)
    if lattice is not None:
        unit, whole = lattice
        places, probabilities = _distribution(whole)
        floor = max(PRECISION, 2.0 ** (1 - len(sizes)))
        p = float(probabilities[np.abs(places) >= observed * unit].sum())
        return SignFlip(min(1.0, max(p, floor)), True, 0, floor)
    above = _random_above(sizes, observed, draws, seed)
    return SignFlip((1 + above) / (1 + draws), False, draws, 1 / (1 + draws))


def _all_sums(sizes: Floats) -> Floats:
    """Return the sums under all signs but that of the first, which by symmetry changes nothing."""
    sums = sizes[:1]
    for size in sizes[1:]:
        sums = np.concatenate([sums + size, sums - size])
    return sums


def _lattice(sizes: Floats) -> tuple[int, npt.NDArray[np.int64]] | None:
    """Return the unit of which all sizes are whole multiples, and the multiples."""
    for unit in UNITS:
        whole = np.rint(sizes * unit)
        if whole.sum() < LATTICE / 2 and np.abs(sizes * unit - whole).max() < 1e-9:
            return unit, whole.astype(np.int64)
    return None


def _distribution(sizes: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return all sums of whole numbers under random signs, and their probabilities, by the characteristic function."""
    total = int(sizes.sum())
    length = 2 * total + 1
    angles = 2 * np.pi * np.arange(total + 1) / length
    characteristic = np.ones(total + 1)
    for size, count in zip(*np.unique(sizes, return_counts=True), strict=True):
        characteristic *= np.cos(size * angles) ** int(count)
    probabilities = np.maximum(np.fft.irfft(characteristic, length), 0)
    places = np.arange(length)
    return np.where(places > total, places - length, places), probabilities


def _random_above(sizes: Floats, observed: float, draws: int, seed: int) -> int:
    rng = np.random.default_rng(seed)
    width = -(-len(sizes) // 8)
    rows, above = max(1, CHUNK // (8 * width)), 0
    for start in range(0, draws, rows):
        n = min(rows, draws - start)
        bits = np.unpackbits(np.frombuffer(rng.bytes(n * width), dtype=np.uint8).reshape(n, width), axis=1)
        sums = 2 * (bits[:, : len(sizes)] @ sizes) - sizes.sum()
        above += int((np.abs(sums) >= observed).sum())
    return above
