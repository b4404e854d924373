"""The golden run: a fixed pack, model and seed. ``python -m tests.golden`` writes anew what is committed."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from ecg_bench import Run, evaluate
from tests.packs import make_pack

GOLDEN = Path(__file__).parent / "data" / "golden"
GOLDEN_FILES = ("run.json", "samples.jsonl", "results.json", "scores.csv")

# Times, and what depends on the machine.
_TIMES = re.compile(r'"(latency_s|started|finished)": ?("[^"]*"|[0-9.e-]+)')
_MACHINE = re.compile(r'"(environment|identity)": \{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}')
_NUMPY = re.compile(r"\|numpy:[0-9.]+")
_FINGERPRINT = re.compile(r'"fingerprint": "[0-9a-f]{64}"')


def golden_run(out: Path) -> Run:
    """Run the retrieval baseline on a toy pack under two orders of the options."""
    with TemporaryDirectory() as folder:
        pack = make_pack(Path(folder) / "toy", n=6, n_open=2)
        return evaluate("baseline/bm25", "toy/*", include=[pack], out=out, seed=11, permutations=2, quiet=True)


def timeless(text: str) -> str:
    """Return a file of the run without its times and what depends on the machine."""
    text = _MACHINE.sub(r'"\1": "*"', _TIMES.sub(r'"\1": "*"', text))
    return _FINGERPRINT.sub('"fingerprint": "*"', _NUMPY.sub("|numpy:*", text))


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as made:
        run = golden_run(Path(made) / "run")
        for name in GOLDEN_FILES:
            (GOLDEN / name).write_text(timeless((run.path / name).read_text()))
