"""Corrected scores: which method for which system, and what it assumes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from ecg_bench.statistics import _poststratified
from ecg_bench.statistics._clustered import score_interval
from ecg_bench.statistics._corrected import (
    ANSWERS,
    CLUSTERED,
    QUESTIONS,
    UNKNOWN,
    WEIGHTED,
    WITHIN,
    Codes,
    Corrected,
    Design,
    Floats,
    Table,
)
from ecg_bench.statistics._intervals import wilson
from ecg_bench.statistics._linear import Linear, cells, linear, merged

FEW = 5  # ratings of a verdict, below which the human ratings alone are looked at too
DESIGNS: tuple[Design, ...] = ("random", "verdict_stratified", "unknown")
NOT_RATED = "no answer of this system is both judged and rated"
NO_SCATTER = "the ratings leave no scatter from which an error could be estimated: the human ratings alone are used"
NARROWER = "a verdict has fewer than 5 ratings, and the human ratings alone give the narrower interval"


@dataclass(frozen=True)
class Part:
    """What the comparison of scores takes, apart from their covariances; arrays of one shape.

    Attributes
    ----------
    centre, variance, degrees : array of float
        Of the interval of a difference; NaN where there is no score.
    scale : array of float
        Standard error that goes with the influences.
    robust : array of bool
        Whether the variance is estimated from residuals, and not from counts.
    """

    centre: Floats
    variance: Floats
    degrees: Floats
    scale: Floats
    robust: npt.NDArray[np.bool_]


@dataclass
class Fit:
    """Corrected scores, and what their comparison takes.

    Attributes
    ----------
    scores : list of Corrected
        One for each system.
    parts : array of float, shape (5, systems)
        The attributes of `Part`.
    influence : array of float, shape (clusters, systems)
        Of each question on each score.
    table : Table
        What is corrected.
    confidence : float
        Of the intervals.
    """

    scores: list[Corrected]
    parts: Floats
    influence: Floats
    table: Table
    confidence: float

    def part(self, systems: Codes) -> Part:
        """Return what the comparison of some systems takes, in the shape of their numbers."""
        centre, variance, degrees, scale, robust = self.parts[:, systems]
        return Part(centre, variance, degrees, scale, robust > 0)

    def take(self, system: int, score: Corrected, centre: float, variance: float, of: Linear) -> None:
        """Set one system's score."""
        self.scores[system] = score
        scale = max(float(of.variance[system]), variance) ** 0.5
        robust = float(score.method in ("ppi++_t", "human_t"))
        self.parts[:, system] = centre, variance, of.degrees[system], scale, robust
        self.influence[:, system] = of.influence[:, system]

    def score(self, system: int, method: str, value: float, low: float, high: float, *said: str | None) -> Corrected:
        """Return a score with its counts; the last of `said` may be the reason, the others are assumptions."""
        *assumptions, reason = said
        value, low, high = (float(min(1.0, max(0.0, end))) for end in (value, low, high))
        clustered = (CLUSTERED,) if self.table.clusters is not None else ()
        texts = (QUESTIONS, *(text for text in assumptions if text), *clustered)
        judged, rated = int(self.table.judged[system]), int(self.table.rated[system])
        return Corrected(value, low, high, method, judged, rated, texts, reason)


def fit(
    table: Table,
    *,
    design: Design,
    graded: bool,
    confidence: float = 0.95,
    draws: int = _poststratified.DRAWS,
    seed: int,
) -> Fit:
    """Correct all systems by the rule of `corrected_scores`."""
    if design not in DESIGNS or not 0 < confidence < 1:
        raise ValueError(f"no design or confidence: {design!r}, {confidence}")
    if not graded and np.any((table.human != 0) & (table.human != 1) & ~np.isnan(table.human)):
        raise ValueError("ratings other than 0 and 1 are graded")
    n = table.systems
    alone = _linear(table, np.zeros(n, dtype=bool), tuned=False)
    found = _empty(table, confidence, alone)
    by_weight = table.weighted(across=False)
    by_verdict = np.full(n, design != "random") | table.weighted(across=True)
    sampling = [WEIGHTED if w else UNKNOWN if design == "unknown" else WITHIN for w in by_weight]
    if graded:
        _by_regression(found, ~np.isnan(alone.value), by_verdict, sampling)
        return found
    _by_regression(found, ~np.isnan(alone.value) & by_weight, by_verdict, sampling)
    coarse = _coarse(table, ~by_verdict)
    _by_verdict(found, coarse, ~np.isnan(alone.value) & ~by_weight, by_verdict, sampling, draws, seed)
    if not by_verdict.all():
        _if_narrower(found, coarse, ~by_verdict & ~by_weight, alone)
    return found


def _coarse(table: Table, which: npt.NDArray[np.bool_]) -> Table:
    """Take verdicts with few ratings together, but for two; right only where the rated answers are a random sample."""
    together = merged(table.verdict, ~np.isnan(table.human), at_least=FEW, keep=2)
    return replace(table, verdict=np.where(which, together, table.verdict))


def _empty(table: Table, confidence: float, like: Linear) -> Fit:
    none = [Corrected(None, None, None, "none", int(judged), 0, (), NOT_RATED) for judged in table.judged]
    return Fit(none, np.full((5, table.systems), np.nan), np.zeros_like(like.influence), table, confidence)


def _linear(table: Table, by_verdict: npt.NDArray[np.bool_], *, tuned: bool, at_least: int = 1) -> Linear:
    judged = table.verdict >= 0
    strata: Codes = np.where(judged, np.where(by_verdict, table.verdict, 0), -1)
    weights = table.weighted(across=True)
    inclusion = None if table.inclusion is None or not weights.any() else np.where(weights, table.inclusion, 1.0)
    flat = cells(table.human, strata, table.judge, table.clusters, inclusion, at_least=at_least)
    return linear(flat, tuned=tuned)


def _by_regression(
    found: Fit, which: npt.NDArray[np.bool_], by_verdict: npt.NDArray[np.bool_], sampling: list[str]
) -> None:
    """Correct graded scores, and those whose answers were rated with unequal probabilities."""
    from scipy.special import stdtrit

    if not which.any():
        return
    model = _linear(found.table, by_verdict, tuned=True, at_least=2)
    quantile = stdtrit(model.degrees, 0.5 + found.confidence / 2)
    for system in np.flatnonzero(which).tolist():
        value, variance = float(model.value[system]), float(model.variance[system])
        said = sampling[system] if by_verdict[system] else ANSWERS
        if not model.scatter[system]:
            _take_human(found, system, value, model, said, NO_SCATTER)
            continue
        low, high = score_interval(value, variance, float(quantile[system]))
        score = found.score(system, "ppi++_t", value, low, high, said, None)
        found.take(system, score, value, variance, model)


def _by_verdict(
    found: Fit,
    table: Table,
    which: npt.NDArray[np.bool_],
    by_verdict: npt.NDArray[np.bool_],
    sampling: list[str],
    draws: int,
    seed: int,
) -> None:
    """Correct pass rates by verdict; answers to the same question count as the fewer that they are worth."""
    systems = np.flatnonzero(which).tolist()
    if not systems:
        return
    model = _linear(table, np.ones_like(by_verdict), tuned=False)
    counts = [count[systems] for count in table.counts()]
    several = counts[0].shape[1] > 2
    values = _poststratified.plug_in(*counts)
    worth = [count / model.design_effect[systems, None] for count in counts]
    low, high = _poststratified.interval(*worth, confidence=found.confidence, draws=draws, seed=seed)
    centre, variance = _poststratified.moments(*worth)
    unrated = ((counts[0] > 0) & (counts[1] == 0)).any(axis=1)
    for n, system in enumerate(systems):
        said = sampling[system] if by_verdict[system] else ANSWERS if several else WITHIN
        reason = "no answer of some verdict is rated: of these nothing is assumed" if unrated[n] else None
        score = found.score(
            system, "poststrat_jeffreys", values[n], min(low[n], values[n]), max(high[n], values[n]), said, reason
        )
        found.take(system, score, centre[n], variance[n], model)


def _if_narrower(found: Fit, table: Table, which: npt.NDArray[np.bool_], alone: Linear) -> None:
    """Take the human ratings alone where few of a verdict are rated and they tell more."""
    judged, rated, _ = table.counts()
    few = ((judged > 0) & (rated < FEW)).any(axis=1)
    for system in np.flatnonzero(which & few).tolist():
        now = found.scores[system]
        if now.low is not None and now.high is not None:
            low, high = _wilson(found, system, alone.value[system], alone)
            if high - low < now.high - now.low:
                _take_human(found, system, float(alone.value[system]), alone, ANSWERS, NARROWER)


def _take_human(found: Fit, system: int, value: float, of: Linear, said: str, reason: str | None) -> None:
    low, high = _wilson(found, system, value, of)
    score = found.score(system, "human_wilson", value, low, high, said, reason)
    z = NormalDist().inv_cdf(0.5 + found.confidence / 2)
    found.take(system, score, (low + high) / 2, ((high - low) / (2 * z)) ** 2, of)


def _wilson(found: Fit, system: int, value: float, of: Linear) -> tuple[float, float]:
    """Return Wilson's interval; for graded ratings, which vary less than those of 0 and 1, it is rather too wide."""
    n = found.table.rated[system] / of.design_effect[system]
    return wilson(min(n, max(0.0, value * n)), n, found.confidence)


def human_only(table: Table, *, graded: bool, confidence: float = 0.95) -> Fit:
    """Score all systems by their human ratings alone, as if the judge had not been."""
    from scipy.special import stdtrit

    model = _linear(table, np.zeros(table.systems, dtype=bool), tuned=False)
    found = _empty(table, confidence, model)
    quantile = stdtrit(model.degrees, 0.5 + confidence / 2)
    for system in np.flatnonzero(~np.isnan(model.value)).tolist():
        value, variance = float(model.value[system]), float(model.variance[system])
        if graded and model.scatter[system]:
            low, high = score_interval(value, variance, float(quantile[system]))
            score = found.score(system, "human_t", value, low, high, ANSWERS, None)
            found.take(system, score, value, variance, model)
        else:
            _take_human(found, system, value, model, ANSWERS, NO_SCATTER if graded else None)
    return found
