"""A large leaderboard, against scipy.stats.bootstrap on the same pairs: the same scores in one run.

    python benchmarks/leaderboard.py [--systems 20] [--samples 10000] [--metrics 5] [--pairs 3] [--json]

Twenty systems have graded scores of five metrics on 10,000 samples. Ours compares all pairs of each metric: intervals
from 10,000 resamples, sign-flip tests with 100,000 signs, Holm's adjustment, letters and ranges of ranks. scipy
computes the percentile interval of single pairs and nothing else; a few pairs are timed and scaled up to all, which the
table says. It is given resamples in batches, as it would need 1.6 GB for a pair otherwise. Both may use all cores.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from ecg_bench.statistics import Ranking, rank_layers

Floats = npt.NDArray[np.float64]
DRAWS = 10_000
BATCH = 500


@dataclass(frozen=True)
class Race:
    """Both on the same scores; wall seconds, and the processor's where they are named so."""

    comparisons: int
    ours_s: float
    ours_processor_s: float
    peak_mb: float
    peer_timed: int
    peer_pair_s: float
    peer_s: float
    ratio: float
    furthest: float


def make_scores(systems: int, samples: int, metrics: int) -> list[Floats]:
    """Return scores from 0 to 1 that depend on the sample, the system and luck, each of shape (samples, systems)."""
    rng = np.random.default_rng(0)
    hard = rng.random((samples, 1))
    better = 0.05 * np.arange(systems) / systems
    return [
        np.clip(0.3 * hard + better + 0.65 * rng.random((samples, systems)), 0, 1).astype(np.float64)
        for _ in range(metrics)
    ]


def of_scipy(first: Floats, second: Floats) -> tuple[float, float]:
    """Return scipy's paired percentile interval."""
    found = stats.bootstrap(
        (first, second),
        lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=DRAWS,
        batch=BATCH,
        method="percentile",
        rng=np.random.default_rng(2),
    ).confidence_interval
    return float(found.low), float(found.high)


def race(systems: int, samples: int, metrics: int, pairs: int) -> tuple[Race, list[Ranking]]:
    """Let both compare the same systems."""
    scores = make_scores(systems, samples, metrics)
    rank_layers([layer[:150] for layer in scores], np.arange(150), draws=10, flips=10, seed=1)  # imports
    start, processor = time.perf_counter(), time.process_time()
    ours = rank_layers(scores, np.arange(samples), draws=DRAWS, seed=1)
    our_time, our_processor = time.perf_counter() - start, time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    gaps, start = [], time.perf_counter()
    for n in range(pairs):
        layer, a, b = n % metrics, n % systems, (n + 1) % systems
        low, high = of_scipy(scores[layer][:, a], scores[layer][:, b])
        found = ours[layer].differences
        gaps.append(max(abs(low - found.low[a, b]), abs(high - found.high[a, b])) / (high - low))
    pair_time = (time.perf_counter() - start) / pairs
    comparisons = metrics * systems * (systems - 1) // 2
    total = pair_time * comparisons
    return (
        Race(comparisons, our_time, our_processor, peak, pairs, pair_time, total, total / our_time, max(gaps)),
        ours,
    )


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--systems", type=int, default=20)
    options.add_argument("--samples", type=int, default=10_000)
    options.add_argument("--metrics", type=int, default=5)
    options.add_argument("--pairs", type=int, default=3, help="pairs that scipy compares")
    options.add_argument("--json", action="store_true", help="print JSON instead of a table")
    given = options.parse_args()
    found, rankings = race(given.systems, given.samples, given.metrics, given.pairs)
    if given.json:
        print(json.dumps(asdict(found), indent=2))
        return
    print(f"{given.systems} systems, {given.samples} samples, {given.metrics} metrics: {found.comparisons} comparisons")
    print(f"{rankings[0].test}; {rankings[0].interval}; Holm, letters, rank sets\n")
    row = "{:58}{:>12}"
    print(row.format("ours, everything, s", f"{found.ours_s:.1f}"))
    print(row.format("the same, s of the processor", f"{found.ours_processor_s:.1f}"))
    print(row.format("ours, peak memory of the process, MB", f"{found.peak_mb:.0f}"))
    print(row.format("scipy.stats.bootstrap, intervals only, s a pair", f"{found.peer_pair_s:.2f}"))
    scaled = f"scaled up from {found.peer_timed} to {found.comparisons} pairs"
    print(row.format(f"scipy.stats.bootstrap, s, {scaled}", f"{found.peer_s:.0f}"))
    print(row.format("ratio", f"{found.ratio:.0f}"))
    print(row.format("furthest ends of their intervals, in widths", f"{found.furthest:.3f}"))


if __name__ == "__main__":
    main()
