"""The judge's scores, the humans', and what is left of the judge's once its errors are taken out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ecg_bench.agreement._compare import Side, passes, stat
from ecg_bench.agreement._design import SKEWED_P, skew
from ecg_bench.agreement._gold import Gold
from ecg_bench.agreement._panel import Codes, Column, Floats, Panel
from ecg_bench.agreement._records import CorrectedRecord, CorrectionRecord, DifferenceRecord, Sampling, StatRecord
from ecg_bench.statistics import (
    Corrected,
    CorrectedDifferences,
    Design,
    ErrorRates,
    borrowed_score,
    clustered_mean,
    corrected_differences,
    corrected_scores,
    error_rate_test,
    holm,
    letters,
    rank_sets,
)

ALPHA = 0.05
DESIGNS: dict[Sampling, Design] = {
    "census": "random",
    "random": "random",
    "stratified": "verdict_stratified",
    "unknown": "unknown",
}
HOW: dict[Sampling, str] = {
    "random": "since the rated answers are a random sample of the judged ones",
    "stratified": "since the rated answers are like the others within each of the judge's verdicts only",
    "unknown": "since nobody knows how the rated answers were chosen, and it allows for a choice by the verdict",
}
BY_VERDICT = "Post-stratified by the judge's verdict, with intervals from Jeffreys' priors"
MEAN = "PPI++ with Student's t, which leans on the judge as far as it goes with the humans"


@dataclass(frozen=True)
class _Tables:
    """What is known of every system's answers, shape (rows, systems); a row is a question, in one repetition.

    Attributes
    ----------
    human, judge, inclusion : array of float
        Scores from 0 to 1, and probabilities of being rated; NaN where there is none.
    verdict : array of int
        The level of the judge, -1 where not judged.
    clusters : array of int, shape (rows,)
        What is independent evidence.
    """

    human: Floats
    verdict: Codes
    judge: Floats
    inclusion: Floats | None
    clusters: Codes


def corrections(
    panel: Panel, gold: Gold, column: Column, sampling: Sampling, *, borrow: bool, seed: int
) -> Iterator[CorrectionRecord]:
    """Yield the corrected leaderboards of a judge: by the mean score, and by the share of answers at each level."""
    if not (~np.isnan(column.scores) & ~np.isnan(gold.levels)).any():
        return
    found = skew(panel, gold, column)
    if sampling == "random" and (column.absent.any() or (found is not None and found.p < SKEWED_P)):
        sampling = "stratified"  # only within each verdict are the rated answers like the others
    scores = panel.scores_of(gold.levels)
    if len(panel.scale) > 2:
        yield _correction(panel, column, "mean score", scores, column.scores, sampling, seed=seed)
    for level in range(len(panel.scale) - 1, 0, -1):
        name = panel.scale.levels[level]
        target = f"share '{name}'" if level == len(panel.scale) - 1 else f"share at least '{name}'"
        human = np.where(np.isnan(gold.levels), np.nan, gold.levels >= level)
        judge = passes(Side.of(column), panel, level)
        yield _correction(panel, column, target, human, judge, sampling, seed=seed, graded=False, borrow=borrow)


def _correction(
    panel: Panel,
    column: Column,
    target: str,
    human: Floats,
    judge: Floats,
    sampling: Sampling,
    *,
    seed: int,
    graded: bool = True,
    borrow: bool = False,
) -> CorrectionRecord:
    tables = _tables(panel, column, human, judge)
    how = {
        "design": DESIGNS[sampling],
        "graded": graded,
        "clusters": tables.clusters,
        "inclusion": tables.inclusion,
        "seed": seed,
    }
    given = (tables.human, tables.verdict, tables.judge)
    corrected = corrected_scores(*given, **how)  # type: ignore[arg-type]
    differences = corrected_differences(*given, **how)  # type: ignore[arg-type]
    if not graded:
        corrected = _borrowed(panel, corrected, human, judge, declared=borrow, seed=seed)
    ranked = [n for n, one in enumerate(corrected) if one.value is not None and one.rated]
    ranked.sort(key=lambda n: (-(corrected[n].value or 0.0), panel.systems[n]))
    comparisons, ranks, shared = _ranks(panel, ranked, differences, graded=graded)
    order = [*ranked, *(n for n in range(len(corrected)) if n not in ranked)]
    systems = [
        CorrectedRecord(
            system=panel.systems[n],
            judge=_mean(panel, n, judge, None),
            human=_mean(panel, n, np.where(np.isnan(judge), np.nan, human), panel.inclusion),
            corrected=_stat(corrected[n], panel),
            judged=corrected[n].judged,
            rated=corrected[n].rated - int((column.absent & (panel.system_codes == n)).sum()) * (n in ranked),
            rank_low=ranks[n][0] if n in ranks else None,
            rank_high=ranks[n][1] if n in ranks else None,
            letters=shared.get(n, ""),
            assumptions=[*corrected[n].assumptions],
        )
        for n in order
    ]
    said = dict.fromkeys(said for one in corrected for said in one.assumptions)
    if sampling == "census":
        why = "Every judged answer was rated, so the corrected score is the humans' own."
        said = dict.fromkeys(one for one in said if "rated" not in one)
    else:
        why = f"{MEAN if graded else BY_VERDICT}, {HOW[sampling]}."
    return CorrectionRecord(
        judge=column.name,
        target=target,
        sampling=sampling,
        why=f"{why} Assumed: {' '.join(said)}" if said else why,
        systems=systems,
        comparisons=comparisons,
    )


def _tables(panel: Panel, column: Column, human: Floats, judge: Floats) -> _Tables:
    rows, systems = panel.question_codes, panel.system_codes
    shape = (int(rows.max()) + 1, len(panel.systems))

    def spread(values: Floats) -> Floats:
        table = np.full(shape, np.nan)
        table[rows, systems] = values
        return table

    # Answers that weren't there are a stratum of their own, of which everything is known: nobody rates them, and what
    # humans accept of the judge's lowest level must not be taken to hold for them.
    by_humans = np.bincount(systems, ~np.isnan(human), shape[1]) > 0
    human = np.where(column.absent & by_humans[systems], judge, human)
    verdict = spread(np.where(column.absent, len(column.scale), column.places))
    judged = ~np.isnan(verdict)
    clusters = np.zeros(shape[0], dtype=np.intp)
    clusters[rows] = panel.clusters
    return _Tables(
        human=np.where(judged, spread(human), np.nan),
        verdict=np.where(judged, verdict, -1).astype(np.intp),
        judge=np.where(judged, spread(judge), 0.0),
        inclusion=None if np.isnan(panel.inclusion).all() else spread(np.where(column.absent, 1.0, panel.inclusion)),
        clusters=clusters,
    )


def _borrowed(
    panel: Panel, corrected: Sequence[Corrected], human: Floats, judge: Floats, *, declared: bool, seed: int
) -> list[Corrected]:
    """Return the scores, those of systems without ratings by the errors found on others, if that is declared."""
    if all(one.rated for one in corrected):
        return list(corrected)
    rates = _error_rates(panel, human, judge, seed)
    found = []
    for n, one in enumerate(corrected):
        own = judge[(panel.system_codes == n) & ~np.isnan(judge)]
        found.append(one if one.rated or not len(own) else borrowed_score(own, rates, declared=declared))
    return found


def _error_rates(panel: Panel, human: Floats, judge: Floats, seed: int) -> ErrorRates:
    both = ~np.isnan(human) & ~np.isnan(judge)
    return error_rate_test(human[both], judge[both], panel.system_codes[both], seed=seed)


def _ranks(
    panel: Panel, ranked: Sequence[int], differences: CorrectedDifferences, *, graded: bool
) -> tuple[list[DifferenceRecord], dict[int, tuple[int, int]], dict[int, str]]:
    """Return the differences, the ranks that they leave open, and the letters, of the systems that have ratings."""
    size = len(ranked)
    chosen = np.ix_(ranked, ranked)
    value, p = differences.value[chosen], differences.p[chosen]
    upper = np.triu_indices(size, 1)
    adjusted = np.ones((size, size))
    adjusted[upper] = holm(np.nan_to_num(p[upper], nan=1.0))
    adjusted = np.minimum(adjusted, adjusted.T)
    rejected = adjusted < ALPHA
    sets, names = rank_sets(value, rejected), letters(rejected, range(size))
    records = [
        DifferenceRecord(
            first=panel.systems[ranked[a]],
            second=panel.systems[ranked[b]],
            value=float(value[a, b]),
            low=float(differences.low[chosen][a, b]),
            high=float(differences.high[chosen][a, b]),
            p=float(p[a, b]),
            p_holm=float(adjusted[a, b]),
            method="influence of each question, t" if graded else "influence of each question, posterior variances, t",
        )
        for a, b in combinations(range(size), 2)
    ]
    ranks = {n: (int(sets[place, 0]), int(sets[place, 1])) for place, n in enumerate(ranked)}
    return records, ranks, {n: "".join(names[place]) for place, n in enumerate(ranked)}


def _mean(panel: Panel, system: int, values: Floats, inclusion: Floats | None) -> StatRecord:
    """Return the mean of what is there of one system, weighted by inverse inclusion where that is known."""
    own = (panel.system_codes == system) & ~np.isnan(values)
    weights = None
    if inclusion is not None and own.any() and not np.isnan(inclusion[own]).any() and np.ptp(inclusion[own]) > 0:
        weights = 1 / inclusion[own]
    return stat("mean", clustered_mean(values[own], panel.clusters[own], weights=weights), 1)


def _stat(one: Corrected, panel: Panel) -> StatRecord:
    return StatRecord(
        name="corrected",
        value=one.value,
        low=one.low,
        high=one.high,
        method=one.method,
        n=one.judged,
        clusters=len(np.unique(panel.clusters)),
        raters=len(panel.humans),
        reason=one.reason if one.value is None else None,
    )
