"""Ordinal alpha with a resampled interval, against the krippendorff package: the same ratings in one run.

    python benchmarks/agreement.py [--units 500] [--draws 2000] [--peer-draws 2000] [--repeat 9] [--json]

Three raters give 500 units one of four levels, a tenth of the ratings missing. The package has no bootstrap: it
computes alpha anew of each resample of units. Ours counts how often each unit is drawn and computes alpha of all
resamples at once. Times are of the processor, so that others at work don't matter. With fewer --peer-draws the
package's time is scaled up, and the table says so.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import krippendorff as peer
import numpy as np
import numpy.typing as npt

from ecg_bench.statistics import bootstrap_coefficient, estimate, krippendorff

Floats = npt.NDArray[np.float64]
Q = 4


@dataclass(frozen=True)
class Race:
    """Both on the same ratings; seconds of the processor, of ours the median."""

    ours_s: float
    estimate_s: float
    peer_s: float
    ratio: float
    ours: tuple[float, float]
    peer: tuple[float, float]


def make_ratings(units: int) -> Floats:
    """Return ratings by three raters who agree on most units, shape (units, 3)."""
    rng = np.random.default_rng(0)
    truth = rng.choice(Q, (units, 1), p=(0.1, 0.15, 0.25, 0.5))
    ratings = np.where(rng.random((units, 3)) < 0.75, truth, rng.integers(0, Q, (units, 3))).astype(np.float64)
    ratings[rng.random(ratings.shape) < 0.1] = np.nan
    return ratings


def of_package(ratings: Floats, draws: int) -> tuple[float, float]:
    """Return the percentile interval of the package's alpha over resampled units."""
    rng = np.random.default_rng(1)
    values = [
        peer.alpha(ratings[rng.integers(0, len(ratings), len(ratings))].T, level_of_measurement="ordinal")
        for _ in range(draws)
    ]
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def timed(function: Callable[[], object], repeat: int) -> float:
    """Return the median seconds of some calls."""
    times = []
    for _ in range(repeat):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return statistics.median(times)


def race(units: int, draws: int, peer_draws: int, repeat: int) -> Race:
    """Let both resample the same ratings."""
    ratings, places, alpha = make_ratings(units), np.arange(units), krippendorff(Q, "ordinal")
    ours = bootstrap_coefficient(alpha, ratings, places, draws=draws, seed=1)
    estimate(alpha, ratings, places)  # imports
    assert ours is not None
    our_time = timed(lambda: bootstrap_coefficient(alpha, ratings, places, draws=draws, seed=1), repeat)
    estimate_time = timed(lambda: estimate(alpha, ratings, places), repeat)
    start = time.process_time()
    theirs = of_package(ratings, peer_draws)
    peer_time = (time.process_time() - start) * draws / peer_draws
    return Race(our_time, estimate_time, peer_time, peer_time / our_time, tuple(ours), theirs)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--units", type=int, default=500)
    options.add_argument("--draws", type=int, default=2_000)
    options.add_argument("--peer-draws", type=int, default=2_000, help="resamples that the package computes")
    options.add_argument("--repeat", type=int, default=9, help="turns of ours; the median counts")
    options.add_argument("--json", action="store_true", help="print JSON instead of a table")
    given = options.parse_args()
    found = race(given.units, given.draws, given.peer_draws, given.repeat)
    if given.json:
        print(json.dumps(asdict(found), indent=2))
        return
    scaled = "" if given.peer_draws == given.draws else f", scaled up from {given.peer_draws}"
    print(f"ordinal alpha of {given.units} units and 3 raters, {given.draws} resamples\n")
    row = "{:36}{:>10}{:>20}"
    print(row.format("", "s", "interval"))
    print(row.format("ours", f"{found.ours_s:.4f}", "{:.3f} to {:.3f}".format(*found.ours)))
    print(row.format(f"krippendorff{scaled}", f"{found.peer_s:.4f}", "{:.3f} to {:.3f}".format(*found.peer)))
    print(row.format("ratio", f"{found.ratio:.0f}", ""))
    print(row.format("ours, jackknife (the default)", f"{found.estimate_s:.4f}", ""))


if __name__ == "__main__":
    main()
