"""How far a part of the samples differs from the rest."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# Of a part smaller than this the spread, and with it the error of its mean, is hardly known.
FEW_SAMPLES, FEW_CLUSTERS = 10, 5


def contrast(values: Floats, clusters: Codes, inside: Mask) -> tuple[float | None, float | None]:
    """Return the mean of a part less that of the rest, and the p-value of its being 0.

    Parameters
    ----------
    values : array of float, shape (n,)
        The differences of single samples.
    clusters : array of int, shape (n,)
        In any numbering; the part and the rest may share clusters.
    inside : array of bool, shape (n,)
        The part.

    Returns
    -------
    (float or None, float or None)
        Nothing at all where there is no rest. No p-value where either side has fewer than 10 samples or 5 clusters, or
        no spread is seen.

    Notes
    -----
    Student's t with the linearised variance of both means and their covariance, each corrected for its number of
    clusters, and one degree of freedom less than the side with fewer clusters has. With the degrees of freedom of all
    clusters, parts of 10 samples in 5 clusters are found to differ in 13 % of cases where they don't; so it is 3 %, and
    5 to 6 % for parts of 40 samples.

    References
    ----------
    W. G. Cochran, Sampling Techniques (1977), sections 6.3 and 9A.3; for the degrees of freedom A. C. Cameron and D. L.
    Miller, J. Hum. Resour. 50 (2015) 317-372, section VI.
    """
    if inside.all() or not inside.any():
        return None, None
    from scipy.special import stdtr

    codes = np.unique(clusters, return_inverse=True)[1]
    size = int(codes.max()) + 1
    means, sums, groups = [], [], []
    for side in (inside, ~inside):
        means.append(float(values[side].mean()))
        sums.append(np.bincount(codes[side], (values[side] - means[-1]) / side.sum(), size))
        groups.append(len(np.unique(codes[side])))
    value = means[0] - means[1]
    if min(groups) < FEW_CLUSTERS or min(int(inside.sum()), int((~inside).sum())) < FEW_SAMPLES:
        return value, None
    variance = sum(g / (g - 1) * float((s**2).sum()) for g, s in zip(groups, sums, strict=True))
    variance -= 2 * float((sums[0] * sums[1]).sum())
    if variance < 1e-18:
        return value, None
    return value, 2 * float(stdtr(min(groups) - 1, -abs(value) / variance**0.5))
