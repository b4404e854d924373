"""Draw the pages of docs/ecg-record.md: four synthetic ECGs, and five of PTB-XL where the data is at hand."""

from __future__ import annotations

import os
from pathlib import Path

from ecg_bench.ecg.page import write_page
from ecg_bench.ecg.reading import read_ecg
from ecg_bench.ecg.synthesis import Spec, simulate

IMG = Path(__file__).parent / "img"
WIDTH = 1200
SYNTHETIC = {
    "normal": ("Synthetic: normal", Spec(seed=1)),
    "lbbb": ("Synthetic: left bundle branch block", Spec(block="lbbb", axis=-10, seed=2)),
    "afib": ("Synthetic: atrial fibrillation", Spec(rhythm="afib", rate=110, seed=1)),
    "stemi": ("Synthetic: inferior ST elevation", Spec(st_mv=(("inferior", 0.3),), rate=80, seed=4)),
}
REAL = {
    "1": ("records500/00000/00001_hr", "NORM, SR, low voltage"),
    "8": ("records500/00000/00008_hr", "inferior infarction (IMI)"),
    "180": ("records100/00000/00180_lr", "complete left bundle branch block (CLBBB)"),
    "307": ("records100/00000/00307_lr", "atrial fibrillation (AFIB), left ventricular hypertrophy (LVH)"),
    "143": ("records100/00000/00143_lr", "pacemaker (PACE)"),
}


def ecg_pages() -> None:
    """Write the pictures; those of real records only where ECG_BENCH_TEST_DATA names a folder with them."""
    for name, (title, spec) in SYNTHETIC.items():
        write_page(simulate(spec), IMG / f"ecg-{name}.png", title=title, width=WIDTH)
    data = os.environ.get("ECG_BENCH_TEST_DATA")
    if data:
        for name, (record, codes) in REAL.items():
            ecg = read_ecg(Path(data) / "ptbxl" / record)
            write_page(ecg, IMG / f"ecg-ptbxl-{name}.png", title=f"PTB-XL {name}: {codes}", width=WIDTH)


if __name__ == "__main__":
    ecg_pages()
