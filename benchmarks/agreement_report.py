"""What a full agreement report costs: many judged answers, some of them rated.

    python benchmarks/agreement_report.py [--answers 50000] [--rated 2000] [--systems 20] [--json]

Writes a table of verdicts and a table of ratings (drawn at random, two humans), and runs ``ecg-bench agreement`` on
them as a process of its own, with all its files written. No peer makes such a report, so there is no ratio.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import _common as common

from ecg_bench.ratings import Rating, Scale, write_ratings

SCALE = Scale.parse("incorrect=0 | partially incorrect=0.25 | correct but incomplete=0.75 | correct=1")


def write_tables(folder: Path, answers: int, rated: int, systems: int) -> None:
    """Write verdicts.csv and ratings.csv."""
    rng = random.Random(0)
    verdicts, ratings = [], []
    chosen = set(rng.sample(range(answers), rated))
    topics = [f"topic {n}" for n in range(10)]
    for n in range(answers):
        system, question = n % systems, n // systems
        truth = rng.choices(range(4), [2, 1, 2, 5 + system / 10])[0]
        one = Rating(
            task="bench/open",
            sample=f"q{question}",
            system=f"system {system:02}",
            question=f"Question {question}?",
            answer=" ".join(["word"] * rng.randint(5, 80)),
            group=f"passage {question // 3}",
            topic=topics[question % 10],
            rater="judge@model",
            source="judge",
            scale=SCALE,
            levels=(SCALE.levels[max(0, truth - (rng.random() < 0.3))],),
        )
        verdicts.append(one)
        if n in chosen:
            for rater in ("first", "second"):
                level = SCALE.levels[min(3, max(0, truth + rng.choice((0, 0, 0, 0, 1, -1))))]
                ratings.append(replace(one, rater=rater, source="human", levels=(level,), inclusion=rated / answers))
    write_ratings(folder / "verdicts.csv", verdicts)
    write_ratings(folder / "ratings.csv", ratings)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=50_000)
    parser.add_argument("--rated", type=int, default=2_000)
    parser.add_argument("--systems", type=int, default=20)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a line")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_tables(folder, given.answers, given.rated, given.systems)
        tables = ["--ratings", str(folder / "ratings.csv"), "--judgements", str(folder / "verdicts.csv")]
        command = [sys.executable, "-m", "ecg_bench", "agreement", *tables, "--out", str(folder / "out"), "--json"]
        measured = common.measure(command, folder)
    if given.json:
        print(json.dumps({"answers": given.answers, "seconds": measured.wall_s, "peak_mb": measured.peak_mb}))
    else:
        print(
            f"{given.answers:,} judged answers, {given.rated:,} rated, {given.systems} systems: "
            f"{measured.wall_s:.2f} s, {measured.peak_mb:.0f} MB"
        )


if __name__ == "__main__":
    main()
