"""What judging costs the harness itself: stored answers, and a judge that answers at once.

    python benchmarks/judging.py [--answers 10000] [--json]

Makes a run of so many stored answers, and lets ``ecg-correctness`` judge them by a backend that returns the right
verdict without thinking. Counted is the whole call: reading the run, prompts, journal, reading the verdicts, scores
with intervals. No peer judges stored answers under a store of its own, so there is no ratio.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import _common as common

from ecg_bench import evaluate
from ecg_bench.backends import Backend, ModelCard
from ecg_bench.judgements import judge_runs
from ecg_bench.judging import JudgePrompt
from ecg_bench.samples import Request, Response


class Instant(Backend):
    """Returns the verdict "correct" at once."""

    summary: ClassVar[str] = "a benchmark's own"
    batch_size = 256

    def card(self) -> ModelCard:
        return ModelCard("bench", "instant")

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        return [Response(self._verdict(request), finish_reason="stop") for request in requests]

    def _verdict(self, request: Request) -> str:
        prompt = request.judged
        if not isinstance(prompt, JudgePrompt):
            raise TypeError(prompt)
        return json.dumps({"case": prompt.case, "explanation": "It agrees.", "correctness": "correct"})


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=3, help="the least time of so many counts")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a line")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pack = common.write_open_pack(folder / "bench", given.answers)
        answers = folder / "answers.jsonl"
        rows = ({"id": f"q{n}", "answer": f"The interval of case {n} is {n} ms."} for n in range(given.answers))
        answers.write_text("".join(json.dumps(row) + "\n" for row in rows))
        run = evaluate(f"replay/{answers}", "bench/free", include=[pack], out=folder / "run", quiet=True)
        times = []
        for n in range(given.repeat):
            start = time.perf_counter()
            judge_runs([run.path], "ecg-correctness", Instant(), include=[pack], out=folder / f"judged{n}", quiet=True)
            times.append(time.perf_counter() - start)
    each = min(times) / given.answers * 1e6
    if given.json:
        print(json.dumps({"answers": given.answers, "seconds": min(times), "us_per_answer": each}))
    else:
        print(f"{given.answers:,} answers judged in {min(times):.2f} s: {each:.0f} us each (least of {given.repeat})")


if __name__ == "__main__":
    main()
