"""How often intervals hold the truth: scores, differences and corrected scores, at the nominal 95 %.

    python benchmarks/coverage.py [--quick] [--repetitions 2000]

Prints Markdown tables of coverage and mean width; `*` marks what ecg-bench does by default. One standard error of a
coverage from 2,000 repetitions is 0.005, from the 500 of methods that resample 0.01. ``docs/correction-coverage.md``
shows the whole study, which takes about a quarter of an hour on one core; --quick takes half a minute.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from _populations import BINARY, GRADED, PASSES, Graded, Pair, binary_pairs, epochs, graded_pairs, rated

from ecg_bench import statistics
from ecg_bench.statistics import Design
from ecg_bench.statistics._corrected import Table
from ecg_bench.statistics._correction import compare
from ecg_bench.statistics._fit import Fit, fit

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ends = tuple[Floats, Floats, Floats]  # value, low and high of each repetition
Place = tuple[str, str, str]  # part, setting, sampling

SIZES = (20, 30, 50, 100, 200, 400)
WITHIN = (0.93, 0.97)
RESAMPLES = 1_000
JUDGED_QUESTIONS = 200


@dataclass(frozen=True)
class Cell:
    """What was measured of one method at one place."""

    place: Place
    method: str
    n: int
    coverage: float
    width: float
    bias: float

    @property
    def default(self) -> bool:
        """Whether ecg-bench uses the method there."""
        return self.method.endswith("*")


@dataclass(frozen=True)
class Study:
    """How thoroughly to measure."""

    repetitions: int = 2_000
    sizes: tuple[int, ...] = SIZES
    draws: int = 1_000

    @property
    def few(self) -> int:
        """Repetitions of methods that resample."""
        return max(100, self.repetitions // 4)

    def cells(self) -> Iterator[Cell]:
        """Measure everything."""
        for part in (scores, differences, corrected, corrected_levels, corrected_clusters, corrected_pairs):
            yield from part(self)

    def fitted(
        self, seen: Floats, verdict: Any, judge: Floats, design: Design, *, graded: bool, clusters: Any = None
    ) -> Fit:
        """Correct each repetition, as if each was a system."""
        table = Table.of(seen, verdict, judge, clusters)
        return fit(table, design=design, graded=graded, draws=self.draws, seed=1)


QUICK = Study(200, (30, 100), 300)


def measured(place: Place, method: str, n: int, truth: float, ends: Ends) -> Cell:
    """Compare intervals with the truth; one that is missing does not hold it."""
    value, low, high = ends
    there = ~np.isnan(low)
    holds = there & (low <= truth + 1e-9) & (truth - 1e-9 <= high)
    width = float((high - low)[there].mean())
    return Cell(place, method, n, float(holds.mean()), width, float(np.nanmean(value)) - truth)


def each(function: Callable[..., tuple[float, ...]], repetitions: int, *columns: Floats) -> Ends:
    """Call a function for each repetition, with its column of each table."""
    found = np.array([function(*(table[..., r] for table in columns)) for r in range(repetitions)])
    return found[:, 0], found[:, 1], found[:, 2]


def t_interval(x: Floats) -> Ends:
    """Return the t intervals of the columns' means."""
    from scipy.stats import t

    mean, half = x.mean(axis=0), t.ppf(0.975, len(x) - 1) * x.std(axis=0, ddof=1) / len(x) ** 0.5
    return mean, mean - half, mean + half


def ends_of(found: list[statistics.Corrected]) -> Ends:
    """Return the ends of corrected scores."""
    value, low, high = np.array([(one.value, one.low, one.high) for one in found], dtype=np.float64).T
    return value, low, high


# Scores and differences without a judge


def share(right: float, *, interval: Callable[[float, float], tuple[float, float]], n: int) -> tuple[float, ...]:
    """Return a share and its interval."""
    return right / n, *interval(float(right), n)


def resampled(x: Floats, *, clusters: Any) -> tuple[float, ...]:
    """Return the percentile bootstrap of a mean."""
    return x.mean(), *statistics.bootstrap_ratio(x, np.ones(len(x)), clusters, draws=RESAMPLES, seed=1)


def scores(study: Study) -> Iterator[Cell]:
    """Measure scores without a judge."""
    rng = np.random.default_rng(1)
    for truth in (0.5, 0.75, 0.9, 0.97):
        place = ("scores", f"right or wrong, {truth:g} right", "")
        for n in study.sizes:
            right = rng.binomial(n, truth, study.repetitions).astype(np.float64)
            for name, interval in (
                ("Wilson *", statistics.wilson),
                ("Jeffreys", statistics.jeffreys),
                ("Clopper-Pearson", statistics.clopper_pearson),
            ):
                ends = each(partial(share, interval=interval, n=n), study.repetitions, right)
                yield measured(place, name, n, truth, ends)
            x = (np.arange(n)[:, None] < right) * 1.0
            ends = each(partial(resampled, clusters=np.arange(n)), study.few, x)
            yield measured(place, "bootstrap", n, truth, ends)
    for population in GRADED:
        place = ("scores", population.name, "")
        for n in study.sizes:
            x = population.draw(rng, n, study.repetitions)[0]
            yield measured(place, "Wilson's form with t *", n, population.mean, ends_of(human(x)))
            yield measured(place, "t", n, population.mean, t_interval(x))
            ends = each(partial(resampled, clusters=np.arange(n)), study.few, x)
            yield measured(place, "bootstrap", n, population.mean, ends)
    for n in study.sizes:
        place = ("scores", "n questions, three answers to each, 0.75 right", "")
        x, clusters = epochs(binary_pairs(BINARY[1], n, study.repetitions, rng)[0], 3, BINARY[1].first.share, rng)
        yield measured(place, "Wilson's form with t over questions *", n, 0.75, ends_of(human(x, clusters)))
        ends = each(partial(resampled, clusters=clusters), study.few, x)
        yield measured(place, "bootstrap over questions", n, 0.75, ends)


def human(x: Floats, clusters: Any = None, *, graded: bool = True) -> list[statistics.Corrected]:
    """Return the scores of human ratings alone."""
    return statistics.human_scores(x, graded=graded, clusters=clusters)


def paired(a: Floats, b: Floats) -> tuple[float, ...]:
    """Return what `paired_means` says."""
    found = statistics.paired_means(np.column_stack([a, b]))
    return found.value[0, 1], found.low[0, 1], found.high[0, 1]


def paired_bootstrap(a: Floats, b: Floats) -> tuple[float, ...]:
    """Return what `paired_differences` says."""
    found = statistics.paired_differences(np.column_stack([a, b]), np.arange(len(a)), draws=RESAMPLES, seed=1)
    return found.value[0, 1], found.low[0, 1], found.high[0, 1]


def newcombe(a: Floats, b: Floats) -> tuple[float, ...]:
    """Return Newcombe's interval."""
    counts = [int(((a == x) & (b == y)).sum()) for x, y in ((1, 1), (1, 0), (0, 1), (0, 0))]
    return a.mean() - b.mean(), *statistics.newcombe_paired(*counts)


def flipped(a: Floats, b: Floats, *, truth: float) -> tuple[float, ...]:
    """Return an interval without a width that holds the truth if the sign-flip test does not reject it."""
    p = statistics.sign_flip(a - b - truth, draws=2_000, seed=1).p
    end = truth if p > 0.05 else np.inf
    return truth, end, end


def differences(study: Study) -> Iterator[Cell]:
    """Measure differences without a judge."""
    rng = np.random.default_rng(2)
    for case in (*BINARY[1:], *GRADED):
        binary = isinstance(case, Pair)
        place = ("differences", case.name, "")
        for n in study.sizes:
            a, b, *_ = draw(case, n, study.repetitions, rng)
            name = "Agresti-Min *" if binary else "paired t *"
            yield measured(place, name, n, case.difference, each(paired, study.repetitions, a, b))
            if binary:
                yield measured(place, "Newcombe 10", n, case.difference, each(newcombe, study.few, a, b))
                yield measured(place, "paired t", n, case.difference, t_interval(a - b))
            yield measured(place, "bootstrap", n, case.difference, each(paired_bootstrap, study.few, a, b))
            with np.errstate(invalid="ignore"):
                ends = each(partial(flipped, truth=case.difference), study.few, a, b)
                yield measured(place, "sign flips, inverted", n, case.difference, ends)


def draw(case: Pair | Graded, n: int, repetitions: int, rng: np.random.Generator) -> tuple[Any, Any, Any, Any]:
    """Return two systems' ratings by the human and verdicts of the judge."""
    return (binary_pairs if isinstance(case, Pair) else graded_pairs)(case, n, repetitions, rng)


# Corrected scores and their differences


def corrected(study: Study) -> Iterator[Cell]:
    """Measure corrected scores."""
    rng = np.random.default_rng(3)
    for case in (*BINARY, *GRADED):
        binary = isinstance(case, Pair)
        name, truth = (str(case.first), case.first.share) if binary else (case.name, case.mean)
        for n in study.sizes:
            ratings, _, verdict, _ = draw(case, case.judged, study.repetitions, rng)
            judge = verdict * 1.0 if binary else case.values[verdict]
            for design in ("random", "verdict_stratified", "unknown"):
                if binary and design == "unknown":  # the same as by verdict
                    continue
                way = "random" if design == "unknown" else design
                seen = np.where(rated(verdict, n, way, rng), ratings, np.nan)
                place = ("corrected scores", name, "random, but that is not known" if way != design else design)
                ends = ends_of(study.fitted(seen, verdict, judge, design, graded=not binary).scores)
                yield measured(place, "by the rule *", n, truth, ends)
                if way == design:
                    yield from others(place, n, truth, seen, judge, study, binary=binary)


def corrected_levels(study: Study) -> Iterator[Cell]:
    """Measure corrected pass rates where the judge's verdicts have four levels."""
    rng = np.random.default_rng(6)
    for case in GRADED:
        for n in study.sizes:
            ratings, _, verdict, judge = case.draw(rng, case.judged, study.repetitions)
            for design in ("random", "verdict_stratified"):
                seen = np.where(rated(verdict, n, design, rng), (ratings > PASSES) * 1.0, np.nan)
                place = ("corrected scores", f"{case.share:g} right, judged on four levels", design)
                ends = ends_of(study.fitted(seen, verdict, judge, design, graded=False).scores)
                yield measured(place, "by the rule *", n, case.share, ends)


def others(
    place: Place, n: int, truth: float, seen: Floats, judge: Floats, study: Study, *, binary: bool
) -> Iterator[Cell]:
    """Measure what is not taken for corrected scores."""
    yield measured(place, "the judge's score", n, truth, t_interval(judge))
    yield measured(place, "human ratings alone", n, truth, ends_of(human(seen, graded=not binary)))
    for name, weight in (("PPI as published", 1.0), ("PPI++ as published", None)):
        ends = each(partial(powered, weight=weight), study.repetitions, seen, judge)
        yield measured(place, name, n, truth, ends)
    if binary:
        yield measured(place, "Rogan-Gladen, Lee", n, truth, each(lee, study.repetitions, seen, judge))


def powered(seen: Floats, judge: Floats, *, weight: float | None) -> tuple[float, ...]:
    """Return PPI or PPI++ as published."""
    at = ~np.isnan(seen)
    if at.all():
        weight, judge = 0.0, np.append(judge, 0.0)
        at = np.append(at, False)
        seen = np.append(seen, np.nan)
    return statistics.prediction_powered(seen[at], judge[at], judge[~at], weight)[:3]


def lee(seen: Floats, judge: Floats) -> tuple[float, ...]:
    """Return Rogan and Gladen's estimate with Lee's interval."""
    right, wrong = seen == 1, seen == 0
    sensitivity = float(judge[right].mean()) if right.any() else 0.5
    specificity = float(1 - judge[wrong].mean()) if wrong.any() else 0.5
    passed = float(judge.mean())
    value = statistics.rogan_gladen(passed, sensitivity, specificity)
    ends = statistics.lee_interval(passed, len(judge), specificity, int(wrong.sum()), sensitivity, int(right.sum()))
    return np.nan if value is None else value, *(ends or (0.0, 1.0))


def corrected_pairs(study: Study) -> Iterator[Cell]:
    """Measure differences of corrected scores."""
    rng = np.random.default_rng(4)
    study = replace(study, draws=100)  # they only decide whether the human ratings alone are taken
    for case in (*BINARY, *GRADED):
        binary = isinstance(case, Pair)
        for n in study.sizes:
            a, b, va, vb = draw(case, case.judged, study.repetitions, rng)
            ja, jb = (va * 1.0, vb * 1.0) if binary else (case.values[va], case.values[vb])
            for design in ("random", "verdict_stratified"):
                for same in (True, False):
                    order = rng.random(a.shape)
                    ra = rated(va, n, design, rng, order)
                    rb = rated(vb, n, design, rng, order if same else None)
                    first = study.fitted(np.where(ra, a, np.nan), va, ja, design, graded=not binary)
                    second = study.fitted(np.where(rb, b, np.nan), vb, jb, design, graded=not binary)
                    place = ("corrected differences", case.name, f"{design}, {'same' if same else 'other'} answers")
                    yield measured(place, "by the rule *", n, case.difference, compared(first, second))
                    if same and design == "random":
                        yield from item_by_item(place, n, case.difference, a - b, ja - jb, ra, study)


def compared(first: Fit, second: Fit) -> Ends:
    """Compare each repetition of two systems as the rule does."""
    every = np.arange(len(first.scores))
    covariance = (first.influence * second.influence).sum(axis=0)
    low, high, _ = compare(first.part(every), second.part(every), covariance, 0.95)
    return ends_of(first.scores)[0] - ends_of(second.scores)[0], low, high


def item_by_item(
    place: Place, n: int, truth: float, ratings: Floats, judge: Floats, there: Bools, study: Study
) -> Iterator[Cell]:
    """Measure what is not taken for differences."""
    yield measured(place, "the judge's, paired t", n, truth, t_interval(judge))
    seen = ratings.T[there.T].reshape(there.shape[1], -1).T
    yield measured(place, "human ratings, paired t", n, truth, t_interval(seen))
    ends = each(partial(powered, weight=None), study.repetitions, np.where(there, ratings, np.nan), judge)
    yield measured(place, "PPI++ of differences, as published", n, truth, ends)


def corrected_clusters(study: Study) -> Iterator[Cell]:
    """Measure corrected scores of several answers to each question."""
    rng = np.random.default_rng(5)
    pair = BINARY[1]
    for n in study.sizes:
        first = binary_pairs(pair, JUDGED_QUESTIONS, study.repetitions, rng)[0]
        ratings, clusters = epochs(first, 3, pair.first.share, rng)
        verdict = pair.first.judge(ratings, rng)
        seen = np.where(rated(verdict, n, "random", rng), ratings, np.nan)
        for graded in (False, True):
            setting = f"three answers to each of {JUDGED_QUESTIONS} questions, {'as graded' if graded else 'as passed'}"
            place = ("corrected scores", setting, "random")
            for name, groups in (("by the rule *", clusters), ("as if all were of other questions", None)):
                found = study.fitted(seen, verdict, verdict * 1.0, "random", graded=graded, clusters=groups)
                yield measured(place, name, n, pair.first.share, ends_of(found.scores))


# What is printed


def tables(cells: list[Cell], sizes: tuple[int, ...]) -> Iterator[str]:
    """Yield lines of Markdown: for each place a table of methods by n, coverage and mean width."""
    for place in dict.fromkeys(cell.place for cell in cells):
        here = [cell for cell in cells if cell.place == place]
        yield f"\n**{', '.join(text.replace('_', '-') for text in place if text)}**\n"
        yield f"| method | {' | '.join(map(str, sizes))} |"
        yield "|---|" + "---|" * len(sizes)
        for method in dict.fromkeys(cell.method for cell in here):
            row = {cell.n: _shown(cell) for cell in here if cell.method == method}
            yield f"| {method} | {' | '.join(row.get(n, '') for n in sizes)} |"


def summaries(cells: list[Cell], sizes: tuple[int, ...]) -> Iterator[str]:
    """Yield lines of Markdown: for each part and sampling a table of methods by n, the range over all settings."""
    for part, sampling in dict.fromkeys((cell.place[0], cell.place[2]) for cell in cells):
        here = [cell for cell in cells if (cell.place[0], cell.place[2]) == (part, sampling)]
        yield f"\n**{', '.join(text.replace('_', '-') for text in (part, sampling) if text)}**\n"
        yield f"| method | settings | {' | '.join(map(str, sizes))} |"
        yield "|---|---|" + "---|" * len(sizes)
        for method in dict.fromkeys(cell.method for cell in here):
            these = [cell for cell in here if cell.method == method]
            ranges = []
            for n in sizes:
                found = [cell.coverage for cell in these if cell.n == n]
                ranges.append(f"{min(found):.3f}-{max(found):.3f}".replace("0.", "."))
            yield f"| {method} | {len({cell.place for cell in these})} | {' | '.join(ranges)} |"


def _shown(cell: Cell) -> str:
    coverage = f"{cell.coverage:.3f}".lstrip("0")
    return coverage if np.isnan(cell.width) else f"{coverage} / {cell.width:.2f}"


def good(cell: Cell) -> bool:
    """Whether a coverage is within bounds."""
    return WITHIN[0] <= round(cell.coverage, 3) <= WITHIN[1]


def outside(cells: list[Cell]) -> Iterator[str]:
    """Yield lines on the defaults that are not within bounds."""
    defaults = [cell for cell in cells if cell.default]
    yield f"\n**Defaults outside {WITHIN[0]:.0%} to {WITHIN[1]:.0%}**\n"
    yield "| what | n | coverage / width |"
    yield "|---|---|---|"
    for cell in defaults:
        if not good(cell):
            yield f"| {', '.join(text.replace('_', '-') for text in cell.place if text)} | {cell.n} | {_shown(cell)} |"
    yield f"\n{sum(map(good, defaults))} of {len(defaults)} lie within."
    for part in dict.fromkeys(cell.place[0] for cell in defaults):
        these = [cell.coverage for cell in defaults if cell.place[0] == part]
        below = sum(coverage < WITHIN[0] for coverage in these)
        yield f"{part}: {len(these)} places, lowest {min(these):.3f}, mean {np.mean(these):.3f}, {below} below."


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions and sizes")
    parser.add_argument("--repetitions", type=int, default=Study.repetitions)
    given = parser.parse_args()
    study = QUICK if given.quick else Study(given.repetitions)
    start, found = time.monotonic(), []
    for cell in study.cells():
        found.append(cell)
        if sys.stderr.isatty():
            print(f"\r{len(found)} places, {time.monotonic() - start:.0f} s", end="", file=sys.stderr, flush=True)
    print("\n".join([*summaries(found, study.sizes), *tables(found, study.sizes), *outside(found)]))
    print(f"\n{study.repetitions} repetitions, {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
