"""The harness's own cost: ``ecg-bench eval --model baseline/random`` on generated questions, as a whole process.

    python benchmarks/overhead.py [--samples 20000] [--memory] [--peer-python PATH]... [--json]

Prints microseconds for each sample (read, prompt, journal, parse, score, results; the start-up taken out) and peak
memory, and the same for lm-eval's ``dummy`` and inspect_ai's ``mockllm/model`` on the same questions in the same run,
where they are installed: in this interpreter, or in one that ``--peer-python`` names. inspect_ai takes milliseconds
for each sample, so it gets fewer of them. ``--memory`` measures peak memory at 100,000 and at 1,000,000 samples too,
which takes some minutes and 3 GB of disk.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import _common as common

FEW = 100  # what a run with so many samples takes is start-up
INSPECT_SAMPLES = 2_000
LARGE = (100_000, 1_000_000)

Command = Callable[[Path], list[str]]


@dataclass(frozen=True)
class Cost:
    """What one harness takes; times in seconds, memory in MB."""

    samples: int
    start_s: float
    process_s: float
    us_per_sample: float
    cpu_us_per_sample: float
    peak_mb: float


class Bench:
    """Runs harnesses on packs of generated questions."""

    def __init__(self, folder: Path, repeat: int) -> None:
        self._folder = folder
        self._repeat = repeat
        self._runs = 0

    def pack(self, n: int) -> Path:
        """Return a pack of `n` questions."""
        pack = self._folder / f"pack{n}"
        if not pack.exists():
            common.write_pack(pack, n)
        return pack

    def measure(self, command: Command, n: int, repeat: int) -> list[common.Measured]:
        """Run a harness several times on `n` questions."""
        return [common.measure(command(self.pack(n)), self._folder) for _ in range(repeat)]

    def cost(self, command: Command, n: int, *, repeat: int | None = None) -> Cost:
        """Measure a harness with few and with `n` questions; the difference is what samples cost."""
        repeat = repeat or self._repeat
        few, many = (self.measure(command, size, repeat) for size in (FEW, n))
        start, wall = (statistics.median(one.wall_s for one in found) for found in (few, many))
        start_cpu, cpu = (statistics.median(one.cpu_s for one in found) for found in (few, many))
        per_sample = 1e6 / (n - FEW)
        peak = max(one.peak_mb for one in many)
        return Cost(n, start, wall, (wall - start) * per_sample, (cpu - start_cpu) * per_sample, peak)

    def ours(self, pack: Path) -> list[str]:
        """Return our command, which writes a new run."""
        self._runs += 1
        return common.ecg_bench(pack, self._folder / f"run{self._runs}", "--model", "baseline/random")

    def lm_eval(self, python: str) -> Command:
        """Return the maker of lm-eval's command."""
        return lambda pack: common.lm_eval(python, self._folder / "lm-eval", pack / "choice.jsonl", "dummy")

    def inspect_ai(self, python: str) -> Command:
        """Return the maker of inspect_ai's command."""
        model = ("--model", "mockllm/model")
        return lambda pack: common.inspect_ai(python, self._folder / "inspect", pack / "choice.jsonl", *model)


def peers(bench: Bench, samples: int, pythons: Sequence[str]) -> dict[str, Cost]:
    """Measure the peers that are installed; once each, since they take long."""
    found = {}
    lm_eval, inspect_ai = (common.python_with((name,), pythons) for name in ("lm_eval", "inspect_ai"))
    if lm_eval is not None:
        found["lm-eval dummy"] = bench.cost(bench.lm_eval(lm_eval), samples, repeat=1)
    if inspect_ai is not None:
        few = min(samples, INSPECT_SAMPLES)
        found["inspect_ai mockllm"] = bench.cost(bench.inspect_ai(inspect_ai), few, repeat=1)
    for name, python in (("lm-eval", lm_eval), ("inspect_ai", inspect_ai)):
        if python is None:
            print(f"{name} is not installed here: no ratio (--peer-python PATH)", file=sys.stderr)
    return found


def show(costs: dict[str, Cost], peaks: dict[int, float]) -> None:
    """Print the figures and the ratios."""
    row = "{:20}{:>9}{:>9}{:>11}{:>15}{:>12}{:>10}"
    print(row.format("", "samples", "start s", "process s", "us per sample", "cpu alone", "peak MB"))
    for name, one in costs.items():
        seconds = [f"{value:.2f}" for value in (one.start_s, one.process_s)]
        rest = [f"{value:.0f}" for value in (one.us_per_sample, one.cpu_us_per_sample, one.peak_mb)]
        print(row.format(name, one.samples, *seconds, *rest))
    ours, *others = costs.items()
    for name, other in others:
        print(f"  {name} / {ours[0]}: {other.us_per_sample / ours[1].us_per_sample:.1f} per sample")
    for n, peak in peaks.items():
        print(f"peak memory at {n:>9,} samples: {peak:.0f} MB")


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--samples", type=int, default=20_000)
    options.add_argument("--repeat", type=int, default=3, help="runs of ecg-bench; the median counts")
    options.add_argument("--memory", action="store_true", help="also at 100,000 and at 1,000,000 samples")
    options.add_argument("--peer-python", action="append", default=[], metavar="PATH", help="has lm-eval or inspect_ai")
    options.add_argument("--json", action="store_true", help="print JSON instead of a table")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), given.repeat)
        bench.measure(bench.ours, FEW, 1)  # compiles the modules, and reads them from disk
        costs = {"ecg-bench random": bench.cost(bench.ours, given.samples)}
        costs |= peers(bench, given.samples, given.peer_python)
        sizes = LARGE if given.memory else ()
        peaks = {n: bench.measure(bench.ours, n, 1)[0].peak_mb for n in sizes}
    if given.json:
        print(json.dumps({"costs": {name: asdict(one) for name, one in costs.items()}, "peak_mb": peaks}, indent=2))
    else:
        show(costs, peaks)


if __name__ == "__main__":
    main()
