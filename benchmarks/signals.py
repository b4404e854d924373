"""What ECG signals cost, against the obvious peers: both in one run, on the same records.

    python benchmarks/signals.py [--records PTBXL/records100] [--repeat 5] [--section loading] [--peer PYTHON]

loading: WFDB records one after the other, by `read_many` and by ``wfdb.rdsamp``; medians, and whether all values are
equal. Without --records, 400 records of PTB-XL's shape (12 leads, 1,000 samples, 100 Hz, format 16) are made.
synthesis: 12-lead ECGs of 10 s at 500 Hz, by `simulate_many` (1,000 of all kinds) and by neurokit2's multilead
simulation (5, and the seconds of one times 1,000). The peer is run by the first Python that has it: this one, or the
one named.
page: one ECG of 10 s at 500 Hz as a PNG of 1,600 pixels across, each with a title of its own.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from _common import python_with

from ecg_bench.ecg import LEADS, Ecg
from ecg_bench.ecg.page import page_png
from ecg_bench.ecg.reading import read_many, write_wfdb
from ecg_bench.ecg.synthesis import Spec, draw_specs, simulate, simulate_many

RECORDS = 400
SYNTHETIC = 1000


def timed(action: Callable[[], Any], repeat: int) -> tuple[float, Any]:
    """Return the median of the seconds that something takes, and what it gave the last time."""
    seconds = []
    result = None
    for _ in range(repeat):
        start = time.perf_counter()
        result = action()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), result


def make_records(folder: Path) -> list[Path]:
    """Write random walks as records of PTB-XL's shape, and return their headers."""
    rng = np.random.default_rng(0)
    steps = rng.normal(0, 0.02, (RECORDS, 1000, 12))
    walks = (np.cumsum(steps, axis=1) % 2.0).astype(np.float32)
    return [write_wfdb(Ecg(walk, LEADS, 100.0), folder, f"{n:05}_lr") for n, walk in enumerate(walks)]


def loading(options: argparse.Namespace) -> str:
    """Read the same records by ours and by wfdb."""
    import wfdb

    records, repeat = options.records, options.repeat
    with tempfile.TemporaryDirectory() as folder:
        headers = sorted(records.glob("**/*.hea"))[:RECORDS] if records else make_records(Path(folder))
        names = [str(header.with_suffix("")) for header in headers]
        read_many(headers), [wfdb.rdsamp(name) for name in names]  # both from the same cache of the system
        ours_s, ours = timed(lambda: read_many(headers), repeat)
        peer_s, peer = timed(lambda: [wfdb.rdsamp(name)[0] for name in names], repeat)
    equal = all(
        np.array_equal(one.signal, other.astype(np.float32), equal_nan=True)
        for one, other in zip(ours, peer, strict=True)
    )
    return (
        f"| loading | {len(headers)} WFDB records | {ours_s:.3f} s | wfdb.rdsamp {peer_s:.3f} s "
        f"| {peer_s / ours_s:.1f} x | values equal: {equal} |"
    )


NEUROKIT = """\
import time, warnings
import neurokit2
warnings.simplefilter("ignore")
def made(seed):
    neurokit2.ecg_simulate(duration=10, sampling_rate=500, heart_rate=70, method="multileads", random_state=seed)
made(0)
start = time.perf_counter()
for seed in range(5):
    made(seed)
print((time.perf_counter() - start) / 5)
"""


def synthesis(options: argparse.Namespace) -> str:
    """Simulate by ours and by neurokit2."""
    specs = draw_specs(SYNTHETIC, 0)
    simulate_many(specs[:20])
    ours_s, _ = timed(lambda: simulate_many(specs), options.repeat)
    what = f"| synthesis | {SYNTHETIC} synthetic ECGs | {ours_s:.2f} s |"
    python = python_with(["neurokit2"], options.peer)
    if python is None:
        return f"{what} neurokit2 is nowhere: give --peer PYTHON | | |"
    done = subprocess.run([python, "-c", NEUROKIT], check=True, capture_output=True, text=True)
    peer_s = float(done.stdout) * SYNTHETIC
    return f"{what} neurokit2 {peer_s:.0f} s | {peer_s / ours_s:.0f} x | |"


def page(options: argparse.Namespace) -> str:
    """Draw a page."""
    ecg = simulate(Spec(noise_mv=0.02))
    start = time.perf_counter()
    page_png(ecg, title="first")
    first_s = time.perf_counter() - start
    titles = (f"page {number}" for number in count())
    usual_s, _ = timed(lambda: page_png(ecg, title=next(titles)), options.repeat * 4)
    return f"| page | one PNG, 1600 pixels across | {usual_s * 1000:.0f} ms | | | the first {first_s * 1000:.0f} ms |"


SECTIONS = {"loading": loading, "synthesis": synthesis, "page": page}


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=Path, metavar="DIR", help="a folder of WFDB records, such as PTB-XL's")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--section", choices=SECTIONS, action="append")
    parser.add_argument("--peer", action="append", default=[], metavar="PYTHON", help="one that has neurokit2")
    options = parser.parse_args()
    print("| section | what | ecg-bench | peer | ratio | |\n|---|---|---|---|---|---|")
    for name in options.section or SECTIONS:
        print(SECTIONS[name](options))


if __name__ == "__main__":
    main()
