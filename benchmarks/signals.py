"""What ECG signals cost, against the obvious peers: both in one run, on the same records.

    python benchmarks/signals.py [--records PTBXL/records100] [--repeat 5] [--section loading]

loading: WFDB records one after the other, by `read_many` and by ``wfdb.rdsamp``; medians, and whether all values are
equal. Without --records, 400 records of PTB-XL's shape (12 leads, 1,000 samples, 100 Hz, format 16) are made.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ecg_bench.ecg import LEADS, Ecg
from ecg_bench.ecg.reading import read_many, write_wfdb

RECORDS = 400


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


def loading(records: Path | None, repeat: int) -> str:
    """Read the same records by ours and by wfdb."""
    import wfdb

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


SECTIONS = {"loading": loading}


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=Path, metavar="DIR", help="a folder of WFDB records, such as PTB-XL's")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--section", choices=SECTIONS, action="append")
    options = parser.parse_args()
    print("| section | what | ecg-bench | peer | ratio | |\n|---|---|---|---|---|---|")
    for name in options.section or SECTIONS:
        print(SECTIONS[name](options.records, options.repeat))


if __name__ == "__main__":
    main()
