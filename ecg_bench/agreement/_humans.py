"""Humans among themselves: agreement, ceiling, repeats, and whether a judge could stand in for one of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from ecg_bench.agreement._compare import Side, compare, stat
from ecg_bench.agreement._gold import majority
from ecg_bench.agreement._panel import Column, Floats, Panel
from ecg_bench.agreement._records import AltTestRecord, CeilingRecord, HumansRecord, StatRecord
from ecg_bench.statistics import (
    alternative_annotator_test,
    brennan_prediger,
    cohen_kappa,
    estimate,
    exact_agreement,
    fleiss_kappa,
    gwet_ac,
    krippendorff,
)


def humans_of(panel: Panel) -> HumansRecord:
    """Return how far the humans agree."""
    names = [column.name for column in panel.humans]
    sides = [Side.of(column) for column in panel.humans]
    several = len(names) > 1
    return HumansRecord(
        raters=names,
        stats=_together(panel) if several else [],
        pairs=[compare(a, b, panel) for a, b in combinations(sides, 2)],
        ceiling=list(_ceiling(panel, sides)) if several else [],
        repeats=[*_repeats(panel)],
    )


def _together(panel: Panel) -> list[StatRecord]:
    q, n = len(panel.scale), len(panel.humans)
    several = (~np.isnan(panel.ratings)).sum(axis=1) > 1
    ratings, clusters = panel.ratings[several], panel.clusters[several]
    chosen = [
        exact_agreement(),
        krippendorff(q, "ordinal"),
        krippendorff(q, "nominal"),
        krippendorff(q, "interval"),
        gwet_ac(q, "nominal"),
        gwet_ac(q, "linear"),
        gwet_ac(q, "quadratic"),
        fleiss_kappa(q),
        brennan_prediger(q, "nominal"),
    ]
    return [stat(one.name, estimate(one, ratings, clusters), n) for one in chosen]


def _ceiling(panel: Panel, sides: list[Side]) -> Iterator[CeilingRecord]:
    for n, side in enumerate(sides):
        levels, _ = majority(np.delete(panel.ratings, n, axis=1), len(panel.scale))
        rest = Side(f"the others than {side.name}", levels, panel.scores_of(levels))
        rated = ~np.isnan(side.levels)
        judges = {
            judge.name: compare(Side.of(judge), rest, panel, mask=rated, full=False).stats for judge in panel.judges
        }
        yield CeilingRecord(left_out=side.name, human=compare(side, rest, panel, full=False).stats, judges=judges)


def _repeats(panel: Panel) -> Iterator[StatRecord]:
    """Yield how far each rater, human or judge, gives an answer the same level again: the first two times count."""
    q = len(panel.scale)
    for name, marks in sorted(panel.repeats.items()):
        pairs: Floats = np.array([levels[:2] for levels in marks])
        clusters = np.arange(len(pairs))
        for one in (exact_agreement(), cohen_kappa(q, "linear"), krippendorff(q, "ordinal")):
            yield stat(f"{name}: {one.name}", estimate(one, pairs, clusters), 1)


def alt_tests(panel: Panel, epsilon: float) -> list[AltTestRecord]:
    """Return the alternative-annotator test of each judge that rates on the humans' scale."""
    found = []
    for judge in panel.judges:
        if len(panel.humans) < 2:
            reason = "needs at least two humans who rated the same answers"
            found.append(_untested(judge, epsilon, reason))
        elif np.isnan(judge.levels).all():
            found.append(_untested(judge, epsilon, "the judge has other levels than the humans"))
        else:
            one = alternative_annotator_test(panel.ratings, judge.levels, epsilon)
            found.append(
                AltTestRecord(
                    judge=judge.name,
                    epsilon=epsilon,
                    omega=one.omega,
                    rho=one.rho,
                    passed=None if one.omega is None else one.omega >= 0.5,
                    raters=[
                        {
                            "rater": panel.humans[row.rater].name,
                            "n": row.n,
                            "advantage": row.rho,
                            "p": row.p,
                            "rejected": row.rejected,
                        }
                        for row in one.raters
                    ],
                    reason=one.reason,
                )
            )
    return found


def _untested(judge: Column, epsilon: float, reason: str) -> AltTestRecord:
    return AltTestRecord(judge=judge.name, epsilon=epsilon, omega=None, rho=None, passed=None, raters=[], reason=reason)
