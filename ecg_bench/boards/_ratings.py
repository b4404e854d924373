"""A leaderboard from human ratings alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ecg_bench.agreement import Gold, Panel, assemble, gold_of, weights_of
from ecg_bench.boards._old_records import RatedDifferenceRecord, RatedEntryRecord, RatingBoardRecord
from ecg_bench.ratings import Rating
from ecg_bench.ratings.intake import load_ratings
from ecg_bench.runs import EstimateRecord
from ecg_bench.statistics import Estimate, clustered_mean, difference_of_means, holm, letters, rank_sets, sign_flip

ALPHA = 0.05
FEW_CLUSTERS = 30
MOSTLY = 0.8  # of the answers of the system with fewer, above which a comparison rests on the questions that both have

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class _Rated:
    """The rated answers of one system."""

    name: str
    levels: Floats
    scores: Floats
    questions: Codes
    clusters: Codes
    weights: Floats | None

    @property
    def mean(self) -> float:
        """The mean score."""
        return float(np.average(self.scores, weights=self.weights))

    def only(self, questions: Codes) -> _Rated:
        """Return the answers to some questions, in the order of the questions."""
        order = np.argsort(self.questions, kind="stable")
        order = order[np.isin(self.questions[order], questions)]
        weights = None if self.weights is None else self.weights[order]
        return _Rated(
            self.name, self.levels[order], self.scores[order], self.questions[order], self.clusters[order], weights
        )


def rating_board(
    ratings: Sequence[str | Path | Rating], *, criterion: str | None = None, seed: int = 0
) -> RatingBoardRecord:
    """Rank systems by human ratings.

    Two systems are compared on the questions for which both have a rating, by the exact sign-flip test over independent
    groups of questions; where they share too few, or answers were drawn with different probabilities, by the
    difference of their means with an error that allows for both. p-values are adjusted by Holm's method.

    Parameters
    ----------
    ratings : sequence of path or Rating
        Tables of ratings, or sheets that can be imported without a mapping.
    criterion : str, optional
        What to rank by; needed where humans rated several criteria.
    seed : int
        Of what is drawn, where a test can't be exact.

    Raises
    ------
    UserError
        If something can't be read, or there are no human ratings.
    """
    rows: list[Rating] = []
    for source in ratings:
        rows += [source] if isinstance(source, Rating) else load_ratings(source)
    panel = assemble([one for one in rows if one.source == "human"], [], {}, criterion=criterion)
    gold = gold_of(panel)
    systems = _systems(panel, gold)
    differences = _differences(systems, seed)
    size = len(systems)
    value, p_holm = np.zeros((size, size)), np.ones((size, size))
    for (a, b), one in zip(combinations(range(size), 2), differences, strict=True):
        value[a, b], value[b, a] = one.value, -one.value
        p_holm[a, b] = p_holm[b, a] = 1.0 if one.p_holm is None else one.p_holm
    rejected = p_holm < ALPHA
    ranks, groups = rank_sets(value, rejected), letters(rejected, range(size))
    return RatingBoardRecord(
        criterion=panel.criterion,
        scale=str(panel.scale),
        gold=gold.name,
        raters=[column.name for column in panel.humans],
        questions=len({unit.question for unit in panel.units}),
        entries=[
            _entry(
                panel, one, (int(ranks[n, 0]), int(ranks[n, 1])), "".join(groups[n]), tied=n > 0 and not rejected[0, n]
            )
            for n, one in enumerate(systems)
        ],
        differences=differences,
        notes=[*_notes(panel, gold, systems), *_resolution(differences)],
    )


def _systems(panel: Panel, gold: Gold) -> list[_Rated]:
    """Return the systems with their rated answers, the highest mean score first."""
    weights, found = weights_of(panel, gold), []
    for n, name in enumerate(panel.systems):
        own = (panel.system_codes == n) & ~np.isnan(gold.levels)
        if own.any():
            levels = gold.levels[own]
            found.append(
                _Rated(
                    name=name,
                    levels=levels,
                    scores=panel.scores_of(levels),
                    questions=panel.question_codes[own],
                    clusters=panel.clusters[own],
                    weights=None if weights is None else weights[own],
                )
            )
    return sorted(found, key=lambda one: (-one.mean, one.name))


def _entry(panel: Panel, one: _Rated, ranks: tuple[int, int], shared: str, *, tied: bool) -> RatedEntryRecord:
    counts = Counter(int(level) for level in one.levels)
    top = len(panel.scale) - 1
    shown = panel.system_codes == panel.systems.index(one.name)
    return RatedEntryRecord(
        system=one.name,
        rank_low=ranks[0],
        rank_high=ranks[1],
        letters=shared,
        tied_with_best=tied,
        rated=len(one.levels),
        without_level=int(shown.sum()) - len(one.levels),
        levels={name: counts.get(place, 0) for place, name in enumerate(panel.scale.levels)},
        top=_estimate(
            f"share:{panel.scale.levels[top]}",
            clustered_mean((one.levels == top).astype(np.float64), one.clusters, weights=one.weights),
            panel,
        ),
        score=_estimate("score", clustered_mean(one.scores, one.clusters, weights=one.weights), panel),
    )


def _estimate(name: str, one: Estimate, panel: Panel) -> EstimateRecord:
    value = one.value or 0.0
    # With a single question there is no spread to be seen: nothing is known but that the mean lies between 0 and 1.
    low, high = (0.0, 1.0) if one.low is None or one.high is None else (one.low, one.high)
    return EstimateRecord(
        value=value,
        low=low,
        high=high,
        method=one.method or "one cluster: no interval",
        confidence=0.95,
        n=one.n,
        signature=f"human {name}|criterion:{panel.criterion}|scale:{panel.scale}|{one.method}",
    )


def _differences(systems: Sequence[_Rated], seed: int) -> list[RatedDifferenceRecord]:
    """Return every pair, the better mean first, with p-values adjusted over all that could be tested."""
    found = [_difference(a, b, seed) for a, b in combinations(systems, 2)]
    tested = [n for n, one in enumerate(found) if one.p is not None]
    adjusted = holm([found[n].p or 0.0 for n in tested])
    for n, p in zip(tested, adjusted, strict=True):
        found[n] = found[n].model_copy(update={"p_holm": float(p)})
    return found


def _difference(a: _Rated, b: _Rated, seed: int) -> RatedDifferenceRecord:
    common = np.intersect1d(a.questions, b.questions)
    paired = a.weights is None and len(common) >= MOSTLY * min(len(a.questions), len(b.questions))
    if paired:
        first, second = a.only(common), b.only(common)
        mean = difference_of_means((first.scores, second.scores), (first.clusters, second.clusters))
        places = np.unique(first.clusters, return_inverse=True)[1]
        test = sign_flip(first.scores - second.scores, places, seed=seed)
        p: float | None = test.p
        floor: float | None = test.floor
        method = f"sign-flip test, {'exact' if test.exact else f'{test.draws} draws'}"
    else:
        weights = None if a.weights is None or b.weights is None else (a.weights, b.weights)
        mean = difference_of_means((a.scores, b.scores), (a.clusters, b.clusters), weights=weights)
        p, floor, method = mean.p, None, "difference of means, t over clusters"
    return RatedDifferenceRecord(
        first=a.name,
        second=b.name,
        value=mean.value,
        low=mean.low,
        high=mean.high,
        p=p,
        p_holm=None,
        floor=floor,
        common=len(common),
        method=method,
    )


def _resolution(differences: Sequence[RatedDifferenceRecord]) -> list[str]:
    """Say whether tests are too coarse to tell any two systems apart, whatever the ratings are."""
    floors = [one.floor for one in differences if one.floor is not None and one.value]
    least = min(floors, default=0.0)
    if least * len(differences) < ALPHA:
        return []
    return [
        f"with so few questions a test can give no p below {least:.2g}, and Holm over {len(differences)} pairs needs "
        "less (MC_RESOLUTION): no two systems can be told apart, whatever the ratings are"
    ]


def _notes(panel: Panel, gold: Gold, systems: Sequence[_Rated]) -> list[str]:
    notes = []
    if len(panel.humans) == 1:
        notes.append(f"one rater, {panel.humans[0].name}: how far other experts would agree is not known")
    if missing := sum(column.unread for column in panel.humans):
        notes.append(f"{missing} answers were shown to a rater and have no single level: they are in no mean")
    if gold.undecided:
        notes.append(f"{gold.undecided} answers have no majority of raters: the lower median of their levels is used")
    if len({one.questions.tobytes() for one in systems}) > 1:
        shown = ", ".join(f"{one.name} {len(one.levels)}" for one in systems)
        notes.append(f"systems were rated on different questions ({shown}): means are not of the same questions")
    if any(one.weights is not None for one in systems):
        notes.append("answers were drawn with different probabilities: means are weighted by their inverse")
    clusters = len(np.unique(np.concatenate([one.clusters for one in systems])))
    if clusters < FEW_CLUSTERS:
        notes.append(f"{clusters} independent questions are few: intervals of mean scores may be too narrow")
    return notes
