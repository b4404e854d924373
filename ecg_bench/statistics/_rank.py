"""Rank correlations of two raters on a scale, from their table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecg_bench.statistics._coefficient import Coefficient, Floats, pair_cells, ratio


@dataclass(frozen=True)
class _OfTable(Coefficient):
    def statistics(self, ratings: Floats) -> Floats:
        return pair_cells(ratings, self.q)

    def _parts(self, sums: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        table = sums.reshape(*sums.shape[:-1], self.q, self.q)
        return table, table.sum(axis=-1), table.sum(axis=-2), sums.sum(axis=-1)


@dataclass(frozen=True)
class _TauB(_OfTable):
    def value(self, sums: Floats) -> Floats:
        table, rows, columns, n = self._parts(sums)
        places = np.arange(self.q)
        order = np.sign(places[None, :] - places[:, None]).astype(np.float64)
        concordance = (table * (order @ table @ order.T)).sum(axis=(-1, -2))
        untied = [n**2 - (margin**2).sum(axis=-1) for margin in (rows, columns)]
        return ratio(concordance, np.sqrt(np.maximum(untied[0], 0) * np.maximum(untied[1], 0)))


@dataclass(frozen=True)
class _Spearman(_OfTable):
    def value(self, sums: Floats) -> Floats:
        table, rows, columns, n = self._parts(sums)
        ranks = [margin.cumsum(axis=-1) - margin / 2 - n[..., None] / 2 for margin in (rows, columns)]
        together = ((table @ ranks[1][..., None])[..., 0] * ranks[0]).sum(axis=-1)
        spreads = [(margin * rank**2).sum(axis=-1) for margin, rank in zip((rows, columns), ranks, strict=True)]
        return ratio(together, np.sqrt(np.maximum(spreads[0] * spreads[1], 0)))


def tau_b(q: int) -> Coefficient:
    """Return Kendall's tau-b of two raters: whether they put units in the same order.

    It says nothing of whether one is stricter: a judge that is a level too harsh throughout has tau-b 1. Undefined
    where a rater gave all units the same level.

    References
    ----------
    M. G. Kendall, Biometrika 33 (1945) 239-251.
    """
    return _TauB("tau_b", q)


def spearman(q: int) -> Coefficient:
    """Return Spearman's rank correlation of two raters, with mean ranks for ties; undefined as `tau_b` is.

    References
    ----------
    C. Spearman, Am. J. Psychol. 15 (1904) 72-101.
    """
    return _Spearman("spearman", q)
