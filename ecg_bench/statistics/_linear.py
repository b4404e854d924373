"""Corrected means of many systems at once, with the influence of every question on each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer[Any]]

ADDED = 1 / 3  # ratings that each stratum is thought to have besides, as far apart as can be: few may look all alike


@dataclass(frozen=True)
class Cells:
    """The judged answers of all systems, one after the other.

    Attributes
    ----------
    system, stratum, cluster : array of int, shape (answers,)
        Each from 0.
    human : array of float, shape (answers,)
        0 where not rated.
    judge : array of float, shape (answers,)
        The judge's score.
    weight : array of float, shape (answers,)
        0 where not rated, else 1 over the probability of being rated, or 1.
    systems, strata, clusters : int
        How many there are.
    """

    system: Codes
    stratum: Codes
    cluster: Codes
    human: Floats
    judge: Floats
    weight: Floats
    systems: int
    strata: int
    clusters: int

    def sum_by_cell(self, values: Floats | None = None) -> Floats:
        """Sum over each stratum of each system, or count: shape (systems, strata)."""
        code = self.system * self.strata + self.stratum
        return _sums(code, values, self.systems * self.strata).reshape(self.systems, self.strata)

    def sum_by_cluster(self, values: Floats) -> Floats:
        """Sum over each cluster of each system: shape (clusters, systems)."""
        code = self.cluster * self.systems + self.system
        return _sums(code, values, self.systems * self.clusters).reshape(self.clusters, self.systems)


@dataclass(frozen=True)
class Linear:
    """Corrected means.

    Attributes
    ----------
    value, variance, degrees : array of float, shape (systems,)
        NaN where nothing is rated.
    influence : array of float, shape (clusters, systems)
        Its products are the covariances between systems; its squares the variances, but for what is added to strata.
    design_effect : array of float, shape (systems,)
        The variance over that of as many answers without clusters, at least 1.
    scatter : array of bool, shape (systems,)
        Whether any rating departs from what its stratum and the judge's score say: without, no error can be estimated.
    """

    value: Floats
    variance: Floats
    degrees: Floats
    influence: Floats
    design_effect: Floats
    scatter: npt.NDArray[np.bool_]


def cells(
    human: Floats,
    stratum: Codes,
    judge: Floats,
    clusters: Codes | None,
    inclusion: Floats | None,
    *,
    at_least: int = 1,
) -> Cells:
    """Flatten tables of shape (rows, systems); `stratum` is -1 where an answer is not judged.

    Strata are `merged` until each has `at_least` ratings.
    """
    strata = int(stratum.max(initial=0)) + 1
    stratum = merged(stratum, ~np.isnan(human), at_least=at_least)
    row, system = np.nonzero(stratum >= 0)
    rated = ~np.isnan(human[row, system])
    weight = rated.astype(np.float64)
    if inclusion is not None:
        weight[rated] /= inclusion[row, system][rated]
    cluster = row if clusters is None else clusters[row]
    return Cells(
        system=system,
        stratum=stratum[row, system],
        cluster=cluster,
        human=np.where(rated, human[row, system], 0.0),
        judge=judge[row, system],
        weight=weight,
        systems=human.shape[1],
        strata=strata,
        clusters=len(human) if clusters is None else int(clusters.max(initial=-1)) + 1,
    )


def merged(stratum: Codes, rated: npt.NDArray[np.bool_], *, at_least: int, keep: int = 1) -> Codes:
    """Take neighbouring strata of each system together until each has `at_least` ratings, or there are but `keep`."""
    result, strata = stratum.copy(), int(stratum.max(initial=0)) + 1
    for system in range(stratum.shape[1]):
        judged = stratum[:, system] >= 0
        counts = np.bincount(stratum[judged & rated[:, system], system], minlength=strata)
        target = _nearest(counts, at_least, keep)
        result[:, system] = np.where(judged, target[stratum[:, system]], -1)
    return result


def _nearest(counts: Codes, at_least: int, keep: int) -> Codes:
    """Return the stratum that each goes to: the one with the fewest ratings joins its smaller neighbour, and so on."""
    groups = [[stratum] for stratum in range(len(counts))]
    held = [int(count) for count in counts]
    while len(groups) > keep and min(held) < at_least:
        least = held.index(min(held))
        other = min((n for n in (least - 1, least + 1) if 0 <= n < len(groups)), key=lambda n: held[n])
        low, high = sorted((least, other))
        groups[low] += groups.pop(high)
        held[low] += held.pop(high)
    target = np.zeros(len(counts), dtype=np.int64)
    for group in groups:
        target[group] = min(group)
    return target


def linear(flat: Cells, *, tuned: bool) -> Linear:
    """Return the corrected mean of each system: by strata, and with the judge's score as a regressor if `tuned`.

    Notes
    -----
    The estimate is ``sum_k p_k (mean of H + slope (mean of J over all judged - mean of J over the rated))`` over strata
    of the share p_k. The one slope is that which minimises its variance: with one stratum it is the least-squares
    slope, and the estimate is that of PPI++ with its lambda estimated. Residuals are scaled by their leverage (HC2, by
    cluster CR2), weighted as they enter the estimate, and a degree of freedom is given up for each stratum and for the
    slope. Each stratum's variance is averaged with the largest that its mean allows, at the weight of a third of a
    rating. Without all that, intervals from 20 to 50 ratings are too short (``docs/correction-coverage.md``).

    References
    ----------
    W. G. Cochran, Sampling Techniques, 3rd ed. (1977), chapters 7 and 12; A. N. Angelopoulos, J. C. Duchi and T.
    Zrnic, PPI++ (2023), arXiv 2311.01453; A. Fisch et al., Stratified Prediction-Powered Inference (2024), arXiv
    2406.04291; J. G. MacKinnon and H. White, J. Econom. 29 (1985) 305-325.
    """
    rated = flat.weight > 0
    code = flat.system * flat.strata + flat.stratum
    judged, weights = flat.sum_by_cell(), flat.sum_by_cell(flat.weight)
    ratings = flat.sum_by_cell(rated.astype(np.float64))
    total = judged.sum(axis=1, keepdims=True)
    share = judged / np.maximum(total, 1)
    human_mean = _over(flat.sum_by_cell(flat.weight * flat.human), weights)
    rated_mean = _over(flat.sum_by_cell(flat.weight * flat.judge), weights)
    judge_mean = _over(flat.sum_by_cell(flat.judge), judged)

    part = _over(flat.weight, weights.ravel()[code])  # of an answer in the mean of its stratum
    entering = share.ravel()[code] * part
    human_off = np.where(rated, flat.human - human_mean.ravel()[code], 0.0)
    judge_off = np.where(rated, flat.judge - rated_mean.ravel()[code], 0.0)
    slope, leverage = np.zeros(flat.systems), part
    if tuned:
        spread = _by_system(flat, entering**2 * judge_off**2)
        spread[spread < 1e-12 * _by_system(flat, entering**2)] = 0
        slope = _over(_by_system(flat, entering**2 * judge_off * human_off), spread)
        gap = (share * (judge_mean - rated_mean)).sum(axis=1)
        pull = _over(entering**2 * judge_off, spread[flat.system])
        leverage = part + pull * judge_off
        entering = entering + gap[flat.system] * pull
    cell_mean = human_mean + slope[:, None] * (judge_mean - rated_mean)
    value = (share * cell_mean).sum(axis=1)

    residual = human_off - slope[flat.system] * judge_off
    kept = np.maximum(1 - _shared(flat, code, part), 1e-3)
    residual *= np.sqrt(kept) / np.maximum(1 - _shared(flat, code, leverage), 1e-3)
    of_rating = entering * residual
    of_sampling = cell_mean.ravel()[code] - value[flat.system]
    of_sampling += slope[flat.system] * (flat.judge - judge_mean.ravel()[code])
    of_sampling /= total[flat.system, 0]

    extra = _added(flat, of_rating, entering, human_mean, ratings)
    influence = flat.sum_by_cluster(of_rating + of_sampling)
    variance = (influence**2).sum(axis=0) + extra
    alone = _by_system(flat, (of_rating + of_sampling) ** 2) + extra
    used = (ratings > 0).sum(axis=1) + (slope != 0)
    raters = (flat.sum_by_cluster(rated.astype(np.float64)) > 0).sum(axis=0)
    nothing = ratings.sum(axis=1) == 0
    return Linear(
        value=np.where(nothing, np.nan, value),
        variance=np.where(nothing, np.nan, variance),
        degrees=np.maximum(raters - used, 1).astype(np.float64),
        influence=influence,
        design_effect=np.maximum(_over(variance, alone), 1.0),
        scatter=_by_system(flat, rated * residual**2) > 1e-12,
    )


def _shared(flat: Cells, code: Codes, leverage: Floats) -> Floats:
    """Return the leverage that all answers of a cluster have together within their stratum."""
    if flat.clusters * flat.systems == len(code):
        return leverage
    _, together = np.unique(code * flat.clusters + flat.cluster, return_inverse=True)
    return _sums(together, leverage)[together]


def _added(flat: Cells, of_rating: Floats, entering: Floats, human_mean: Floats, ratings: Floats) -> Floats:
    """Return by how much the variance of each system grows when its strata have `ADDED` ratings of 0 and 1 besides."""
    free = np.maximum(ratings - 1, 0)
    own = flat.sum_by_cell(of_rating**2)
    mean = (human_mean * ratings + 0.5) / (ratings + 1)
    most = mean * (1 - mean) * flat.sum_by_cell(entering**2)
    grown: Floats = (_over(free * own + ADDED * most, free + ADDED) - own).sum(axis=1)
    return grown


def _by_system(flat: Cells, values: Floats) -> Floats:
    return _sums(flat.system, values, flat.systems)


def _sums(codes: Codes, values: Floats | None = None, at_least: int = 0) -> Floats:
    return np.bincount(codes, values, at_least).astype(np.float64)


def _over(above: Floats, below: Floats) -> Floats:
    """Divide, with 0 where nothing is divided by."""
    result: Floats = np.divide(above, below, out=np.zeros_like(above), where=below != 0)
    return result
