"""How often the intervals of coefficients of agreement hold the truth, at the nominal 95 %.

    python benchmarks/coverage_agreement.py [--quick] [--repetitions 400] [--json]

A human and a judge rate answers on four levels. The truth is the coefficient of the population, of which samples are
drawn: of single answers, or of questions with four answers each, three tenths of which are harder (more is wrong, and
agreed on less). Prints Markdown tables of coverage and mean width, averaged over true linear kappas of .45, .65 and
.85, with the worst of them; `*` marks what ecg-bench does. One standard error of an average of 3 x 400 repetitions is
.006, of the worst one .011, and of methods that resample (a quarter of the repetitions) twice that.
``docs/agreement-coverage.md`` shows the whole study, which takes about ten minutes on one core; --quick takes half a
minute.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from ecg_bench.statistics import (
    Coefficient,
    association,
    bootstrap_coefficient,
    cohen_kappa,
    estimate,
    exact_agreement,
    gwet_ac,
    kappa_errors,
    krippendorff,
    negative_agreement,
    spearman,
    tau_b,
    wilson,
    youden,
)
from ecg_bench.statistics._jackknife import jackknife_interval, t_quantile

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Ends = tuple[float, float] | None

Q = 4
SIZES = (20, 40, 80, 200, 400)
KAPPAS = (0.45, 0.65, 0.85)
MARGINS = {
    "even": (0.25, 0.25, 0.25, 0.25),
    "skewed (70 % of the best level)": (0.05, 0.1, 0.15, 0.7),
    "very skewed (90 %)": (0.02, 0.03, 0.05, 0.9),
}
PAIRS = np.array([(human, judge) for human in range(Q) for judge in range(Q)], dtype=np.float64)
IN_A_QUESTION = 4
HARD = 0.3
PASSES = 3  # the lowest level that counts as 1 for what needs two classes
Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Population:
    """Sorts of questions, each with the shares of its pairs of levels; of one sort, if answers stand alone."""

    shares: tuple[float, ...]
    cells: Floats  # (sorts, 16)
    size: int

    @classmethod
    def of(cls, margin: tuple[float, ...], kappa: float, *, clustered: bool) -> Population:
        """Make the one in which linear kappa is `kappa`, or nearly that with harder questions among the others."""
        if not clustered:
            return cls((1.0,), joint(margin, kappa)[None], 1)
        hard = tuple(0.5 * share + 0.125 for share in margin)
        cells = np.stack([joint(margin, min(0.97, kappa + 0.06)), joint(hard, kappa - 0.15)])
        return cls((1 - HARD, HARD), cells, IN_A_QUESTION)

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Floats, Codes]:
        """Draw `n` answers, and return ratings and the question of each."""
        questions = n // self.size
        sorts = rng.choice(len(self.shares), questions, p=self.shares)
        cells = np.concatenate([rng.choice(Q * Q, self.size, p=self.cells[sort]) for sort in sorts])
        return PAIRS[cells], np.arange(n // self.size * self.size) // self.size

    def truth(self, coefficient: Coefficient, binary: bool) -> float:
        """Return the coefficient of the population, as if it was very large."""
        shares = np.array(self.shares) @ self.cells
        return float(coefficient.value(1e9 * shares @ coefficient.statistics(seen(PAIRS, binary))))


def joint(margin: tuple[float, ...], kappa: float) -> Floats:
    """Return shares of (human, judge): the judge agrees, or is off by luck, mostly by little; linear kappa as given."""
    human = np.array(margin)
    near = human[None, :] * 0.25 ** np.abs(np.subtract.outer(np.arange(Q), np.arange(Q)))
    near /= near.sum(axis=1, keepdims=True)
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        cells = (human[:, None] * ((1 - middle) * near + middle * np.eye(Q))).reshape(-1)
        low, high = (middle, high) if cohen_kappa(Q, "linear").value(cells) < kappa else (low, middle)
    return cells


def seen(ratings: Floats, binary: bool) -> Floats:
    """Return ratings as the coefficient needs them."""
    return (ratings >= PASSES).astype(np.float64) if binary else ratings


Method = Callable[[Coefficient, Floats, Codes], Ends]


def default(coefficient: Coefficient, ratings: Floats, clusters: Codes) -> Ends:
    """Return the interval of `estimate`."""
    found = estimate(coefficient, ratings, clusters)
    return None if found.low is None or found.high is None else (found.low, found.high)


def plain_z(coefficient: Coefficient, ratings: Floats, clusters: Codes) -> Ends:
    """Return the jackknife's on Fisher's z scale, with nothing added."""
    found = _left_out(coefficient, ratings, clusters)
    if found is None:
        return None
    return jackknife_interval(*found, lowest=coefficient.lowest, by_chance=0)


def plain(coefficient: Coefficient, ratings: Floats, clusters: Codes) -> Ends:
    """Return the jackknife's on the scale of the coefficient."""
    found = _left_out(coefficient, ratings, clusters)
    if found is None:
        return None
    value, without = found
    half = t_quantile(len(without) - 1, 0.95) * np.sqrt((len(without) - 1) * np.nan_to_num(without).var())
    return value - half, value + half


def wald(coefficient: Coefficient, ratings: Floats, _: Codes) -> Ends:
    """Return what the asymptotic error of kappa gives, as packages print it; it knows no clusters."""
    weights = coefficient.name.removeprefix("kappa").removeprefix("_") or "nominal"
    sums = coefficient.statistics(ratings).sum(axis=0)
    value, error = float(coefficient.value(sums)), kappa_errors(sums.reshape(Q, Q), weights)[0]  # type: ignore[arg-type]
    return None if np.isnan(error) else (value - Z * error, value + Z * error)


def percentile(coefficient: Coefficient, ratings: Floats, clusters: Codes) -> Ends:
    """Return that of the percentile bootstrap over clusters."""
    return bootstrap_coefficient(coefficient, ratings, clusters, draws=500, seed=1)


def unclustered(coefficient: Coefficient, ratings: Floats, _: Codes) -> Ends:
    """Return Wilson's interval, as if all answers were independent."""
    share, n = coefficient.statistics(ratings).sum(axis=0)
    return wilson(share, n) if n else None


def _left_out(coefficient: Coefficient, ratings: Floats, clusters: Codes) -> tuple[float, Floats] | None:
    sums = np.zeros((int(clusters.max()) + 1, coefficient.statistics(ratings[:1]).shape[1]))
    np.add.at(sums, clusters, coefficient.statistics(ratings))
    value = float(coefficient.value(sums.sum(axis=0)))
    return None if np.isnan(value) else (value, coefficient.value(sums.sum(axis=0) - sums))


METHODS: dict[str, Method] = {
    "default *": default,
    "jackknife, z": plain_z,
    "jackknife, plain": plain,
    "bootstrap": percentile,
}
OF_KAPPA = METHODS | {"Wald": wald}
OF_SHARES: dict[str, Method] = {"default *": default, "Wilson, as if independent": unclustered}
COEFFICIENTS: tuple[tuple[Coefficient, dict[str, Method], bool], ...] = (
    (cohen_kappa(Q), OF_KAPPA, False),
    (cohen_kappa(Q, "linear"), OF_KAPPA, False),
    (cohen_kappa(Q, "quadratic"), OF_KAPPA, False),
    (krippendorff(Q, "nominal"), METHODS, False),
    (krippendorff(Q, "ordinal"), METHODS, False),
    (gwet_ac(Q), METHODS, False),
    (gwet_ac(Q, "quadratic"), METHODS, False),
    (tau_b(Q), METHODS, False),
    (spearman(Q), METHODS, False),
    (youden(), METHODS, True),
    (negative_agreement(), METHODS, True),
    (exact_agreement(), OF_SHARES, False),
)


@dataclass(frozen=True)
class Cell:
    """What was measured of one method in one population at one size.

    `none` is the share of samples in which the coefficient is defined and the method has no interval.
    """

    margin: str
    clustered: bool
    truth: float
    coefficient: str
    method: str
    n: int
    coverage: float
    width: float
    none: float


@dataclass(frozen=True)
class Study:
    """How thoroughly to measure."""

    repetitions: int = 400
    sizes: tuple[int, ...] = SIZES
    kappas: tuple[float, ...] = KAPPAS
    resample: bool = True

    def cells(self) -> Iterator[Cell]:
        """Measure everything."""
        for margin in MARGINS:
            for clustered in (False, True):
                for kappa in self.kappas:
                    population = Population.of(MARGINS[margin], kappa, clustered=clustered)
                    for n in self.sizes:
                        seed = [n, round(100 * kappa), round(100 * max(MARGINS[margin])), int(clustered)]
                        yield from self.of_tables(margin, population, n, np.random.default_rng(seed))
        yield from self.of_areas()

    def of_tables(self, margin: str, population: Population, n: int, rng: np.random.Generator) -> Iterator[Cell]:
        """Measure the coefficients of a table, all on the same samples."""
        drawn = [population.draw(n, rng) for _ in range(self.repetitions)]
        for coefficient, methods, binary in COEFFICIENTS:
            samples = [(seen(ratings, binary), clusters) for ratings, clusters in drawn]
            truth = population.truth(coefficient, binary)
            defined = [
                sample
                for sample in samples
                if not np.isnan(coefficient.value(coefficient.statistics(sample[0]).sum(axis=0)))
            ]
            for name, method in methods.items():
                if name == "bootstrap" and not self.resample:
                    continue
                used = defined[: max(1, len(defined) // 4)] if name == "bootstrap" else defined
                ends = [method(coefficient, *sample) for sample in used]
                yield Cell(
                    margin,
                    population.size > 1,
                    truth,
                    coefficient.name,
                    name,
                    n,
                    *held(ends, truth),
                )

    def of_areas(self) -> Iterator[Cell]:
        """Measure the area under the curve, and tau-b, of normal scores of two classes."""
        for share, margin in ((0.5, "even"), (0.2, "skewed (20 % positive)")):
            for area in (0.6, 0.8, 0.95):
                for n in self.sizes:
                    rng = np.random.default_rng([n, round(100 * area), round(100 * share)])
                    levels = [(rng.random(n) < share).astype(np.float64) for _ in range(self.repetitions)]
                    apart = NormalDist().inv_cdf(area) * np.sqrt(2)
                    ends: dict[str, list[Ends]] = {"default *": [], "DeLong": []}
                    for level in levels:
                        if 0 < level.sum() < n:
                            scores = level * apart + rng.normal(size=n)
                            found = association(scores, level, np.arange(n), "auc", threshold=1)
                            assert found.low is not None
                            assert found.high is not None
                            ends["default *"].append((found.low, found.high))
                            ends["DeLong"].append(delong(scores, level))
                    for name, some in ends.items():
                        yield Cell(margin, False, area, "auc", name, n, *held(some, area))


def delong(scores: Floats, level: Floats) -> Ends:
    """Return the interval of the area by DeLong's variance, on its own scale."""
    positive, negative = scores[level == 1], scores[level == 0]
    if min(len(positive), len(negative)) < 2:
        return None
    wins = np.sign(positive[:, None] - negative[None, :]) / 2 + 0.5
    spread = wins.mean(axis=1).var(ddof=1) / len(positive) + wins.mean(axis=0).var(ddof=1) / len(negative)
    return wins.mean() - Z * np.sqrt(spread), wins.mean() + Z * np.sqrt(spread)


def held(ends: list[Ends], truth: float) -> tuple[float, float, float]:
    """Return coverage, mean width, and the share without an interval."""
    known = np.array([one for one in ends if one is not None]).reshape(-1, 2)
    if not len(known):
        return float("nan"), float("nan"), 1.0
    inside = (known[:, 0] <= truth + 1e-12) & (truth - 1e-12 <= known[:, 1])
    return float(inside.mean()), float((known[:, 1] - known[:, 0]).mean()), 1 - len(known) / len(ends)


def tables(cells: list[Cell]) -> Iterator[str]:
    """Write Markdown tables: for each population a row for each coefficient and method, averaged over its truths."""
    places = dict.fromkeys((cell.clustered, cell.margin) for cell in cells)
    sizes = sorted({cell.n for cell in cells})
    for clustered, margin in places:
        here = [cell for cell in cells if (cell.clustered, cell.margin) == (clustered, margin)]
        yield f"\n{'Four answers to a question' if clustered else 'Single answers'}, {margin}\n"
        yield f"| coefficient | interval | {' | '.join(f'n = {n}' for n in sizes)} |"
        yield f"|---|---|{'---|' * len(sizes)}"
        for coefficient, method in dict.fromkeys((cell.coefficient, cell.method) for cell in here):
            row = [cell for cell in here if (cell.coefficient, cell.method) == (coefficient, method)]
            yield f"| {coefficient} | {method} | {' | '.join(map(partial(_shown, row), sizes))} |"


def summary(cells: list[Cell]) -> Iterator[str]:
    """Write a table of the methods, over all coefficients that have them all."""
    sizes = sorted({cell.n for cell in cells})
    compared = [
        cell for cell in cells if cell.method in OF_KAPPA and cell.coefficient not in ("auc", "exact_agreement")
    ]
    yield "\nAll coefficients together\n"
    yield f"| population | interval | {' | '.join(f'n = {n}' for n in sizes)} |"
    yield f"|---|---|{'---|' * len(sizes)}"
    for very in (False, True):
        for clustered in (False, True):
            place = f"{'very skewed' if very else 'even or skewed'}, {'questions of four' if clustered else 'single'}"
            here = [one for one in compared if (one.margin.startswith("very"), one.clustered) == (very, clustered)]
            for method in dict.fromkeys(one.method for one in here):
                row = [one for one in here if one.method == method]
                yield f"| {place} | {method} | {' | '.join(map(partial(_shown, row), sizes))} |"


def _shown(row: list[Cell], n: int) -> str:
    at = [cell for cell in row if cell.n == n and not np.isnan(cell.coverage)]
    coverage, width = (np.mean([getattr(cell, name) for cell in at]) for name in ("coverage", "width"))
    worst = min(cell.coverage for cell in at)
    return f"{_digits(coverage)} ({_digits(worst)}) / {width:.2f}"


def _digits(share: float) -> str:
    return f"{share:.3f}".removeprefix("0")


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help="fewer repetitions and sizes, and no resampling")
    options.add_argument("--repetitions", type=int, default=400)
    options.add_argument("--json", action="store_true", help="print JSON instead of tables")
    given = options.parse_args()
    study = Study(100, (20, 80), (0.45, 0.85), resample=False) if given.quick else Study(given.repetitions)
    start = time.perf_counter()
    cells = list(study.cells())
    if given.json:
        print(json.dumps([asdict(cell) for cell in cells]))
        return
    print("coverage (worst) / mean width")
    print("\n".join([*tables(cells), *summary(cells)]))
    print(f"\n{study.repetitions} repetitions, {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
