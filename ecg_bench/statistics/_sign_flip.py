"""The sign-flip permutation test of paired differences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

ENUMERATED = 26  # non-zero sums up to which all 2^k signs are tried
LATTICE = 1 << 20  # places of the distribution of whole-numbered sums
WORK = 1 << 19  # places times different sizes, beyond which the distribution of whole-numbered sums takes too long
CHUNK = 1 << 22  # random signs held at a time
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
        Exact where all sums of clusters are multiples of a common part of 1, such as 1/4, or at most 26 are not 0.

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
    sums: Floats = values if clusters is None else np.bincount(clusters, values).astype(np.float64)
    exact = exact_sign_flip(sums)
    if exact is not None:
        return exact
    observed = _observed(sums)
    above = sum(np.count_nonzero(np.abs(flipped) >= observed) for flipped in flipped_sums(sums, draws, seed))
    return SignFlip((1 + above) / (1 + draws), False, draws, 1 / (1 + draws))


def exact_sign_flip(sums: Floats) -> SignFlip | None:
    """Return the exact test of sums of clusters, shape (clusters,), or None where it is out of reach."""
    sizes = np.abs(sums)[np.abs(sums) > 1e-12]
    if not len(sizes):
        return SignFlip(1.0, True, 0, 1.0)
    observed = _observed(sums)
    if len(sizes) <= ENUMERATED:
        return SignFlip(_share_above(sizes, observed), True, 0, 2.0 ** (1 - len(sizes)))
    lattice = _lattice(sizes)
    if lattice is None:
        return None
    unit, whole = lattice
    places, probabilities = _distribution(whole)
    floor = max(PRECISION, 2.0 ** (1 - len(sizes)))
    p = float(probabilities[np.abs(places) >= observed * unit].sum())
    return SignFlip(min(1.0, max(p, floor)), True, 0, floor)


def flipped_sums(sums: Floats, draws: int, seed: int) -> Iterator[Floats]:
    """Yield blocks, `draws` rows in all, of column sums under random signs: the same signs for all columns.

    `sums` has shape (clusters,) or (clusters, columns).
    """
    rng = np.random.default_rng(seed)
    n = len(sums)
    width, total = -(-n // 8), sums.sum(axis=0)
    block = max(1, CHUNK // n)
    for start in range(0, draws, block):
        rows = min(block, draws - start)
        bits = np.unpackbits(np.frombuffer(rng.bytes(rows * width), dtype=np.uint8).reshape(rows, width), axis=1)
        yield 2 * (bits[:, :n].astype(np.float64) @ sums) - total


def _observed(sums: Floats) -> float:
    """Return the absolute sum, lowered a little: equal sums must not differ by rounding."""
    return abs(float(sums.sum())) - 1e-9 * float(np.abs(sums).sum())


def _share_above(sizes: Floats, observed: float) -> float:
    """Return the share of all signs under which the absolute sum is as large as observed.

    Each sum of one half of the clusters is paired with all sums of the other half at once, by their order.
    """
    half = len(sizes) // 2
    one, other = _all_sums(sizes[half:]), _all_sums(sizes[:half])
    two = np.sort(np.concatenate([other, -other])) if half else np.zeros(1)
    above = len(two) * len(one) - int(np.searchsorted(two, observed - one, side="left").sum())
    below = int(np.searchsorted(two, -observed - one, side="right").sum())
    return min(1.0, (above + below) / (len(one) * len(two)))


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
        if np.abs(sizes * unit - whole).max() < 1e-9:
            within = whole.sum() < LATTICE / 2 and whole.sum() * len(np.unique(whole)) < WORK
            return (unit, whole.astype(np.int64)) if within else None
    return None


def _distribution(sizes: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return all sums of whole numbers under random signs, and their probabilities, by the characteristic function."""
    total = int(sizes.sum())
    length = 2 * total + 1
    places = np.arange(length)
    cosines = np.cos(2 * np.pi / length * places)  # never 0, as the length is odd
    logs, negative = np.log(np.abs(cosines)), cosines < 0
    half = places[: total + 1]
    powers, sign = np.zeros(total + 1), np.zeros(total + 1, dtype=np.bool_)
    for size, count in zip(*np.unique(sizes, return_counts=True), strict=True):
        at = size * half % length
        powers += count * logs[at]
        if count % 2:
            sign ^= negative[at]
    probabilities = np.maximum(np.fft.irfft(np.where(sign, -1.0, 1.0) * np.exp(powers), length), 0)
    return np.where(places > total, places - length, places), probabilities
