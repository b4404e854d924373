"""Two raters beside each other: table, coefficients, and error rates at each threshold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ecg_bench.agreement._panel import Codes, Column, Floats, Panel
from ecg_bench.agreement._records import PairRecord, StatRecord, TableRecord, ThresholdRecord
from ecg_bench.statistics import (
    Coefficient,
    Estimate,
    adjacent_agreement,
    association,
    brennan_prediger,
    cohen_kappa,
    estimate,
    exact_agreement,
    false_omission,
    fleiss_kappa,
    gwet_ac,
    krippendorff,
    macro_f1,
    negative_agreement,
    npv,
    positive_agreement,
    ppv,
    sensitivity,
    spearman,
    specificity,
    tau_b,
    youden,
)

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Side:
    """One of two raters: its name, its places on the panel's scale, and its scores on its own."""

    name: str
    levels: Floats
    scores: Floats

    @classmethod
    def of(cls, column: Column) -> Side:
        """Return that of a rater."""
        return cls(column.name, column.levels, column.scores)

    def where(self, mask: Mask) -> Side:
        """Return what it said of some answers."""
        return Side(self.name, self.levels[mask], self.scores[mask])


def stat(name: str, one: Estimate, raters: int = 2) -> StatRecord:
    """Return an estimate as it is recorded."""
    return StatRecord(
        name=name,
        value=one.value,
        low=one.low,
        high=one.high,
        method=one.method,
        n=one.n,
        clusters=one.clusters,
        raters=raters,
        reason=one.reason,
    )


def coefficients(q: int) -> list[Coefficient]:
    """Return all coefficients of agreement between two raters on a scale of q levels, the foremost first."""
    return [
        exact_agreement(),
        adjacent_agreement(),
        cohen_kappa(q, "linear"),
        krippendorff(q, "ordinal"),
        gwet_ac(q, "linear"),
        cohen_kappa(q, "nominal"),
        cohen_kappa(q, "quadratic"),
        krippendorff(q, "nominal"),
        krippendorff(q, "interval"),
        gwet_ac(q, "nominal"),
        gwet_ac(q, "quadratic"),
        fleiss_kappa(q),
        brennan_prediger(q, "nominal"),
        tau_b(q),
        spearman(q),
    ]


def foremost(q: int) -> list[Coefficient]:
    """Return the coefficients that parts of the answers are described by."""
    return coefficients(q)[:5]


BINARY: tuple[Coefficient, ...] = (
    sensitivity(),
    specificity(),
    ppv(),
    false_omission(),
    npv(),
    youden(),
    positive_agreement(),
    negative_agreement(),
    macro_f1(),
)


def error_rates(full: bool) -> Sequence[Coefficient]:
    """Return what is said of two raters' yes and no."""
    agreement = (exact_agreement(), cohen_kappa(2, "nominal"), gwet_ac(2, "nominal"))
    return (*agreement, *BINARY) if full else (*agreement[:2], *BINARY[:4])


def compare(
    judge: Side,
    human: Side,
    panel: Panel,
    *,
    mask: Mask | None = None,
    weights: Floats | None = None,
    full: bool = True,
) -> PairRecord:
    """Compare a judge, or a rater, with a human.

    Parameters
    ----------
    judge, human : Side
        What they said of each answer of the panel.
    panel : Panel
        The answers.
    mask : array of bool, shape (answers,), optional
        Which answers to look at; by default all.
    weights : array of float, shape (answers,), optional
        The inverse of each answer's probability of being rated.
    full : bool
        Whether every coefficient is computed, or only the foremost.
    """
    there = ~np.isnan(judge.scores) & ~np.isnan(human.levels)
    if mask is not None:
        there &= mask
    first, second = judge.where(there), human.where(there)
    clusters = panel.clusters[there]
    weighing = None if weights is None else weights[there]
    same = not np.isnan(first.levels).any()
    q = len(panel.scale)
    table, stats = None, []
    if same:
        table = _table(first, second, panel, weighing)
        pair = np.column_stack([first.levels, second.levels])
        chosen = coefficients(q) if full else foremost(q)
        stats = [stat(one.name, estimate(one, pair, clusters, weights=weighing)) for one in chosen]
    elif full:
        stats = [stat(kind, association(first.scores, second.levels, clusters, kind)) for kind in ("tau_b", "spearman")]
    thresholds = [_threshold(first, second, panel, level, clusters, weighing, full=full) for level in range(1, q)]
    return PairRecord(first=judge.name, second=human.name, table=table, stats=stats, thresholds=thresholds)


def passes(judge: Side, panel: Panel, level: int) -> Floats:
    """Return 1 where a judge's score is that of a level or more, 0 where it is less, NaN where there is none."""
    return np.where(np.isnan(judge.scores), np.nan, judge.scores >= panel.values[level] - 1e-9)


def _threshold(
    judge: Side, human: Side, panel: Panel, level: int, clusters: Codes, weights: Floats | None, *, full: bool
) -> ThresholdRecord:
    pair = np.column_stack([human.levels >= level, passes(judge, panel, level)]).astype(np.float64)
    counts = np.zeros((2, 2), dtype=np.intp)
    np.add.at(counts, (pair[:, 1].astype(np.intp), pair[:, 0].astype(np.intp)), 1)
    stats = [stat(one.name, estimate(one, pair, clusters, weights=weights)) for one in error_rates(full)]
    return ThresholdRecord(level=panel.scale.levels[level], table=counts.tolist(), stats=stats)


def _table(judge: Side, human: Side, panel: Panel, weights: Floats | None) -> TableRecord:
    q = len(panel.scale)
    place = (judge.levels.astype(np.intp), human.levels.astype(np.intp))
    counts = np.zeros((q, q), dtype=np.intp)
    np.add.at(counts, place, 1)
    weighted = None
    if weights is not None and len(weights):
        shares = np.zeros((q, q))
        np.add.at(shares, place, weights / weights.sum())
        weighted = shares.round(6).tolist()
    names = list(panel.scale.levels)
    return TableRecord(
        rows=judge.name,
        columns=human.name,
        row_levels=names,
        column_levels=names,
        counts=counts.tolist(),
        weighted=weighted,
    )


def find(stats: Iterable[StatRecord], name: str) -> StatRecord:
    """Return the statistic of a name."""
    return next(one for one in stats if one.name == name)
