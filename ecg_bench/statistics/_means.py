"""Differences of mean scores between systems asked the same questions, for few questions too."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.statistics._bootstrap import Differences, cluster_sums
from ecg_bench.statistics._paired import agresti_min

Floats = npt.NDArray[np.float64]


def paired_means(
    scores: Floats, clusters: npt.NDArray[np.integer[Any]] | None = None, *, confidence: float = 0.95
) -> Differences:
    """Compare the mean scores of all pairs of systems question by question, without resampling.

    Parameters
    ----------
    scores : array of float, shape (rows, systems)
        The score of each system on each row.
    clusters : array of int, shape (rows,), optional
        The question or passage of each row, from 0 without gaps; without it each row stands for itself.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Differences
        With no draws. Scores of 0 and 1 without clusters are compared by the interval of Agresti and Min, whose p-value
        is that of the same normal test; all others by a t test of the differences, with G - 1 degrees of freedom for G
        clusters. Where the differences of a pair don't vary between clusters, scores of 0 and 1 have Agresti and Min's
        interval on clusters, and others none (nan).

    Raises
    ------
    ValueError
        If there are fewer than two clusters.

    Notes
    -----
    The percentile bootstrap of `paired_differences` is too short for fewer than 100 questions; these intervals hold
    their coverage from 20 on (``docs/correction-coverage.md``).

    References
    ----------
    A. Agresti and Y. Min, Stat. Med. 24 (2005) 729-740; E. Miller, Adding Error Bars to Evals (2024), arXiv 2411.00640,
    sections 2.2 and 4.
    """
    from scipy.special import ndtri, stdtr, stdtrit

    rows = len(scores)
    groups = rows if clusters is None else int(clusters.max(initial=-1)) + 1
    if groups < 2:
        raise ValueError(f"differences of {groups} questions have no interval: two or more are needed")
    means = scores.mean(axis=0)
    value = means[:, None] - means[None, :]
    if groups == rows and np.isin(scores, (0, 1)).all():
        # Half a question more in each of the four cells: one more square of a difference, two more questions.
        squares = 1 + _squares(scores)
        centre = value * rows / (rows + 2)
        error = np.sqrt(np.maximum(squares / (rows + 2) - centre**2, 0) / (rows + 2))
        degrees, quantile = np.inf, float(ndtri(0.5 + confidence / 2))
    else:
        centre = value
        error = difference_errors(scores, clusters)
        degrees, quantile = groups - 1.0, float(stdtrit(groups - 1, 0.5 + confidence / 2))
    half = quantile * error
    equal = np.abs(centre) <= 1e-12
    ratio = np.divide(np.abs(centre), error, out=np.where(equal, 0.0, np.inf), where=error > 1e-12)
    p = np.where(equal, 1.0, 2 * stdtr(degrees, -ratio))
    # Where all scores lie between 0 and 1, no difference is beyond 1; of other scales the ends are not known.
    most = 1.0 if scores.min() >= 0 and scores.max() <= 1 else np.inf
    low, high = np.maximum(centre - half, -most), np.minimum(centre + half, most)
    if degrees != np.inf:  # Agresti and Min's intervals have a width in any case
        low, high = where_no_spread(scores, clusters, low, high, confidence)
    for table, diagonal in ((low, 0.0), (high, 0.0), (p, 1.0)):
        np.fill_diagonal(table, diagonal)
    return Differences(value, low, high, p, 0, rows, groups)


def where_no_spread(
    scores: Floats,
    clusters: npt.NDArray[np.integer[Any]] | None,
    low: Floats,
    high: Floats,
    confidence: float = 0.95,
) -> tuple[Floats, Floats]:
    """Return the ends of intervals with those of pairs replaced whose differences don't vary from cluster to cluster.

    No spread is seen there, which does not mean that there is none: an interval without width would be a claim. Scores
    of 0 and 1 have the interval of Agresti and Min, which counts each cluster as one question; others have none (nan).
    """
    groups = len(scores) if clusters is None else int(clusters.max()) + 1
    low, high = low.copy(), high.copy()
    errors = difference_errors(scores, clusters)
    for a, b in zip(*np.nonzero(np.triu(errors <= 1e-12, 1)), strict=True):
        ends = (np.nan, np.nan)
        if np.isin(scores[:, [a, b]], (0, 1)).all():
            difference = scores[:, a] - scores[:, b]
            ends = agresti_min(
                round(groups * float((difference > 0).mean())),
                round(groups * float((difference < 0).mean())),
                groups,
                confidence,
            )
        low[a, b], high[a, b] = ends
        low[b, a], high[b, a] = -high[a, b], -low[a, b]
    return low, high


def difference_errors(scores: Floats, clusters: npt.NDArray[np.integer[Any]] | None) -> Floats:
    """Return the standard errors of all pairs' differences of means over clusters, shape (systems, systems)."""
    off = scores - scores.mean(axis=0)
    if clusters is not None:
        off = cluster_sums(off, clusters)
    groups = len(off)
    errors: Floats = np.sqrt(_squares(off) * groups / (groups - 1)) / len(scores)
    return errors


def _squares(values: Floats) -> Floats:
    """Return the sums of squared differences of all pairs of columns."""
    products = values.T @ values
    own = np.diag(products)
    sums: Floats = np.maximum(own[:, None] + own[None, :] - 2 * products, 0)
    return sums
