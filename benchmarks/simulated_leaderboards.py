"""How far a leaderboard can be trusted: simulated ones, of which the truth is known.

    python benchmarks/simulated_leaderboards.py [--replicates 400] [--jobs 1] [--quick] [--markdown | --json]

Systems answer the same questions; how hard a question is they share (correlation 0.4). Questions stand alone, or one to
five of them stem from one passage. Measured are the family-wise error (any two equal systems told apart, or two others
in the wrong order), how often intervals of differences and of single systems hold the truth, and how often the range of
ranks holds a system's true rank. --markdown prints the tables of ``docs/leaderboard-coverage.md``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from itertools import product

import numpy as np
import numpy.typing as npt
from _populations import GRADED, Graded, asked

from ecg_bench.statistics import clustered_mean, rank_layers, rank_sets

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

SEED = 1
DRAWS = 1_000
WITHIN = (0.93, 0.97)
TWO_LEVELS = (0.275, 0.0, 0.0, 0.725)  # the same mean as the first graded population, of right and wrong answers only


@dataclass(frozen=True)
class Setting:
    """A leaderboard that is simulated again and again.

    Attributes
    ----------
    kind : str
        "right or wrong", or "graded" on four levels.
    truth : str
        A key of `LEVELS`.
    passages : bool
        Whether questions come in clusters.
    systems, questions : int
    """

    kind: str
    truth: str
    passages: bool
    systems: int
    questions: int

    @property
    def levels(self) -> Floats:
        """The share of each level, shape (systems, 4)."""
        ladder = LEVELS[self.kind, self.truth]
        return np.array([ladder[system * len(ladder) // self.systems] for system in range(self.systems)])

    def draw(self, rng: np.random.Generator) -> tuple[Floats, Codes]:
        """Return the scores of one leaderboard, shape (questions, systems), and each question's cluster."""
        places, clusters = asked(self.questions, self.systems, rng, passages=self.passages)
        ends = self.levels.cumsum(axis=1)[:, :-1]
        return Graded.values[(places[:, :, None] >= ends).sum(axis=-1)], clusters


@dataclass(frozen=True)
class Cell:
    """What was measured of one setting; shares of leaderboards, of pairs and of systems."""

    setting: Setting
    replicates: int
    interval: str
    family_wise: float
    differences: float
    singles: float
    ranks: float
    all_ranks: float
    told_apart: float


def _binary(*shares: float) -> tuple[tuple[float, ...], ...]:
    return tuple((1 - share, 0.0, 0.0, share) for share in shares)


LEVELS = {
    ("right or wrong", "equal"): _binary(0.75),
    ("right or wrong", "equal and good"): _binary(0.95),
    ("right or wrong", "different"): _binary(0.85, 0.75, 0.65, 0.55),
    ("graded", "equal"): (GRADED[0].levels,),
    ("graded", "equal means"): (GRADED[0].levels, TWO_LEVELS),
    ("graded", "different"): (GRADED[1].levels, GRADED[1].lower_levels, GRADED[0].levels, GRADED[0].lower_levels),
}


def settings(systems: Sequence[int], questions: Sequence[int]) -> list[Setting]:
    """Return all settings."""
    return [
        Setting(kind, truth, passages, s, n)
        for (kind, truth), passages, s, n in product(LEVELS, (False, True), systems, questions)
    ]


def measure(place: int, setting: Setting, replicates: int) -> Cell:
    """Simulate one setting; `place` makes its random numbers its own."""
    rng = np.random.default_rng([SEED, place])
    truth = setting.levels @ Graded.values
    gaps = np.round(truth[:, None] - truth[None, :], 12)
    true_ranks = rank_sets(gaps, gaps != 0)
    pairs = np.triu_indices(setting.systems, 1)
    found = []
    for turn in range(replicates):
        scores, clusters = setting.draw(rng)
        (one,) = rank_layers([scores], clusters, draws=DRAWS, flips=2_000, seed=turn)
        wrong = one.rejected & (np.sign(one.differences.value) != np.sign(gaps))
        holds = (one.differences.low <= gaps + 1e-9) & (gaps - 1e-9 <= one.differences.high)
        single = [clustered_mean(column, clusters) for column in scores.T]
        inside = (one.ranks[:, 0] <= true_ranks[:, 0]) & (true_ranks[:, 1] <= one.ranks[:, 1])
        apart = one.rejected[pairs][gaps[pairs] != 0]
        found.append(
            (
                wrong.any(),
                holds[pairs].mean(),
                np.mean([s.low <= t + 1e-9 and t - 1e-9 <= s.high for s, t in zip(single, truth, strict=True)]),
                inside.mean(),
                inside.all(),
                apart.mean() if len(apart) else np.nan,
            )
        )
    shares = np.array(found, dtype=np.float64).mean(axis=0)
    return Cell(setting, replicates, one.interval.split(" over")[0], *map(float, shares))


def measured(all_settings: Sequence[Setting], replicates: int, jobs: int) -> Iterator[Cell]:
    """Simulate some settings."""
    work = partial(measure, replicates=replicates)
    if jobs == 1:
        yield from map(work, range(len(all_settings)), all_settings)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(work, range(len(all_settings)), all_settings)


# What is printed


def summary(cells: Sequence[Cell]) -> Iterator[str]:
    """Yield lines of Markdown: the range over all settings with so many questions."""
    yield "| scores | questions | n | settings | family-wise error | differences | single systems | true ranks |"
    yield "|---|---|---|---|---|---|---|---|"
    for key in dict.fromkeys((c.setting.kind, c.setting.passages, c.setting.questions) for c in cells):
        here = [c for c in cells if (c.setting.kind, c.setting.passages, c.setting.questions) == key]
        ranges = [
            _range([getattr(c, name) for c in here]) for name in ("family_wise", "differences", "singles", "all_ranks")
        ]
        yield f"| {key[0]} | {_passages(key[1])} | {key[2]} | {len(here)} | {' | '.join(ranges)} |"


def table(cells: Sequence[Cell]) -> Iterator[str]:
    """Yield lines of Markdown: everything that was measured."""
    yield (
        "| scores | questions | truth | systems | n | interval | family-wise error | differences | single systems "
        "| a true rank | all true ranks | told apart |"
    )
    yield "|" + 12 * "---|"
    for c in cells:
        s = c.setting
        names = [s.kind, _passages(s.passages), s.truth, str(s.systems), str(s.questions), c.interval]
        shares = [_share(x) for x in (c.family_wise, c.differences, c.singles, c.ranks, c.all_ranks)]
        yield f"| {' | '.join([*names, *shares, '' if np.isnan(c.told_apart) else _share(c.told_apart)])} |"


def outside(cells: Sequence[Cell]) -> Iterator[str]:
    """Yield lines on what is not within bounds, as far as so many replicates can tell."""
    error = (0.05 * 0.95 / cells[0].replicates) ** 0.5
    yield f"{len(cells)} settings; one standard error of a share of .05 is at most {error:.4f}.\n"
    high = [c for c in cells if c.family_wise > 0.05 + 2 * error]
    worst = _share(max(c.family_wise for c in cells))
    yield f"- Family-wise error: {len(high)} above .05 by more than two standard errors; the highest is {worst}."
    for name, title in (("differences", "Intervals of differences"), ("singles", "Intervals of single systems")):
        shares = [round(getattr(c, name), 3) for c in cells]
        below, above = sum(x < WITHIN[0] for x in shares), sum(x > WITHIN[1] for x in shares)
        lowest, mean, highest = (_share(float(x)) for x in (min(shares), np.mean(shares), max(shares)))
        yield (
            f"- {title}: {len(shares) - below - above} within .93 and .97, {below} below (lowest {lowest}), "
            f"{above} above (highest {highest}); mean {mean}."
        )


def _passages(passages: bool) -> str:
    return "of passages" if passages else "alone"


def _range(shares: Sequence[float]) -> str:
    return f"{_share(min(shares))}-{_share(max(shares))}"


def _share(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--replicates", type=int, default=400)
    options.add_argument("--jobs", type=int, default=1, help="processes; the figures are the same")
    options.add_argument("--quick", action="store_true", help="7 systems, 30 and 120 questions, 100 replicates")
    options.add_argument("--markdown", action="store_true", help="print the tables of the documentation only")
    options.add_argument("--json", action="store_true", help="print JSON instead of tables")
    given = options.parse_args()
    if given.quick:
        all_settings, replicates = settings((7,), (30, 120)), 100
    else:
        all_settings, replicates = settings((2, 7, 13), (30, 100, 500)), given.replicates
    start, cells = time.monotonic(), []
    for cell in measured(all_settings, replicates, given.jobs):
        cells.append(cell)
        if sys.stderr.isatty():
            print(f"\r{len(cells)} of {len(all_settings)}", end="", file=sys.stderr, flush=True)
    if given.json:
        print(json.dumps([asdict(cell) for cell in cells], indent=2))
        return
    print("\n".join([*outside(cells), "", *summary(cells), "", *table(cells)]))
    if not given.markdown:
        print(f"\nseed {SEED}, {replicates} replicates, {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
