"""What looking for test questions in a system's documents costs: seconds and peak memory.

    python benchmarks/contamination.py [--megabytes 100] [--questions 10000]

Writes prose of made-up words, as common and as rare as those of English, with one question in a hundred in it, and
looks for all of them.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from ecg_bench.contamination import Question, TaskQuestions, seen_by

VOCABULARY = 50_000


def words(rng: np.random.Generator, n: int) -> list[str]:
    """Return `n` words, each as often as its rank is low: the first makes 6 in 100."""
    return [f"w{rank}" for rank in (VOCABULARY ** rng.random(n)).astype(int).tolist()]


def write_prose(path: Path, megabytes: int, planted: list[str], rng: np.random.Generator) -> None:
    """Write lines of 12 words up to a size, with the planted texts among them."""
    with path.open("w") as file:
        while file.tell() < megabytes * 1e6:
            some = words(rng, 120_000)
            file.writelines(f"{' '.join(some[n : n + 12])}\n" for n in range(0, len(some), 12))
            if planted:
                file.write(planted.pop() + "\n")
        file.writelines(f"{text}\n" for text in planted)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--megabytes", type=int, default=100)
    options.add_argument("--questions", type=int, default=10_000)
    given = options.parse_args()
    rng = np.random.default_rng(0)
    questions = tuple(
        Question(n, f"{' '.join(words(rng, 30))} q{n} q{n}?", " ".join(words(rng, 6))) for n in range(given.questions)
    )
    planted = [one.question for one in questions[::100]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prose.txt"
        write_prose(path, given.megabytes, list(planted), rng)
        size, before = path.stat().st_size / 1e6, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begin = time.perf_counter()
        seen = seen_by([path], [TaskQuestions("bench/prose", questions, {})])
        took = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = int(seen.tasks["bench/prose"].overlapping.sum())
    unit = 1e6 if sys.platform == "darwin" else 1e3
    print(f"{size:.0f} MB of prose, {given.questions} questions, of which {len(planted)} are in it: {found} found")
    print(
        f"{took:.1f} s, {size / took:.1f} MB/s; peak {peak / unit:.0f} MB, {(peak - before) / unit:.0f} MB of them here"
    )


if __name__ == "__main__":
    main()
