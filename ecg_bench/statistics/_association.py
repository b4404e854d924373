"""How far a continuous score orders units as ordered levels do."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ecg_bench.statistics._jackknife import Estimate, effective_clusters, jackknife_estimate

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer[Any]]
Kind = Literal["tau_b", "spearman", "auc"]


def association(
    scores: Floats,
    levels: Floats,
    clusters: Codes,
    kind: Kind,
    *,
    threshold: float | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Return how far scores order units as levels do.

    Parameters
    ----------
    scores : array of float, shape (units,)
        Of a metric, higher for better; NaN where there is none.
    levels : array of float, shape (units,)
        Of a human, higher for better; NaN where there is none.
    clusters : array of int, shape (units,)
        The cluster of each unit, in any numbering.
    kind : {"tau_b", "spearman", "auc"}
        Kendall's tau-b, Spearman's rank correlation, or the area under the receiver operating characteristic: the
        probability that a unit at or above the threshold has a higher score than one below it, ties counting half.
    threshold : float, optional
        The lowest level that counts as positive; needed for ``auc``.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        With the interval of `jackknife_interval`, exact for clusters of any size, with the number of clusters that
        `effective_clusters` gives of the levels that occur.

    Raises
    ------
    ValueError
        If an area has no threshold.

    References
    ----------
    M. G. Kendall, Biometrika 33 (1945) 239-251; E. R. DeLong et al., Biometrics 44 (1988) 837-845, whose variance of
    the area the jackknife gives too.
    """
    both = ~(np.isnan(scores) | np.isnan(levels))
    x, y = scores[both], levels[both]
    if kind == "auc":
        if threshold is None:
            raise ValueError("an area needs a threshold")
        y = (y >= threshold).astype(np.float64)
    if not len(x):
        return Estimate(None, None, None, "none", 0, 0, "no_overlap")
    groups = _groups(clusters[both])
    if np.ptp(y) == 0 or (np.ptp(x) == 0 and kind != "auc"):
        return Estimate(None, None, None, "none", len(x), len(groups), "one_class")
    whole, parts = _spearman(x, y, groups) if kind == "spearman" else _concordance(x, y, groups, kind)
    return jackknife_estimate(
        whole,
        parts,
        n=len(x),
        confidence=confidence,
        lowest=0.0 if kind == "auc" else -1.0,
        effective=effective_clusters(y, len(np.unique(y)), len(groups)),
    )


def _groups(clusters: Codes) -> Sequence[npt.NDArray[np.intp]]:
    """Return the rows of each cluster."""
    order = np.argsort(clusters, kind="stable")
    ends = np.flatnonzero(np.diff(clusters[order])) + 1
    return np.split(order, ends)


def _concordance(x: Floats, y: Floats, groups: Sequence[npt.NDArray[np.intp]], kind: Kind) -> tuple[float, Floats]:
    """Return tau-b, or the area, of all pairs and of those without each cluster.

    Both are made of three sums over pairs: of concordance, and of pairs that differ in x and in y. Leaving a cluster
    out takes away the pairs in which its units stand, those within it once.
    """
    taken = np.zeros((len(groups), 3))
    total = np.zeros(3)
    for place, rows in enumerate(groups):
        a, b = (np.sign(one[None, :] - one[rows, None]) for one in (x, y))
        pairs = np.array([np.vdot(a, b), np.vdot(a, a), np.vdot(b, b)])
        total += pairs / 2
        if len(rows) > 1:
            a, b = a[:, rows], b[:, rows]
            pairs -= np.array([(a * b).sum(), (a * a).sum(), (b * b).sum()]) / 2
        taken[place] = pairs
    whole, parts = _of_pairs(total, kind), _of_pairs(total - taken, kind)
    return float(whole), parts


def _of_pairs(sums: Floats, kind: Kind) -> Floats:
    concordance, differ_x, differ_y = sums[..., 0], sums[..., 1], sums[..., 2]
    below = differ_y if kind == "auc" else np.sqrt(np.maximum(differ_x * differ_y, 0))
    found: Floats = np.divide(concordance, below, out=np.full(below.shape, np.nan), where=below > 0)
    return (found + 1) / 2 if kind == "auc" else found


def _spearman(x: Floats, y: Floats, groups: Sequence[npt.NDArray[np.intp]]) -> tuple[float, Floats]:
    """Return Spearman's correlation of all units, and of those without each cluster, whose ranks are others."""
    ranks = [_centred_ranks(one) for one in (x, y)]
    parts = np.full(len(groups), np.nan)
    for place, rows in enumerate(groups):
        a, b = (
            rank - np.sign(one[None, :] - one[rows, None]).sum(axis=0) for rank, one in zip(ranks, (x, y), strict=True)
        )
        a[rows] = b[rows] = 0
        below = sqrt(float(a @ a) * float(b @ b))
        if below > 0:
            parts[place] = a @ b / below
    a, b = ranks
    return float(a @ b / sqrt(float(a @ a) * float(b @ b))), parts


def _centred_ranks(values: Floats) -> Floats:
    """Return how many values are below each, less how many are above it: twice its mean rank, with mean 0."""
    ordered = np.sort(values)
    found: Floats = (
        np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right") - len(values)
    ).astype(np.float64)
    return found
