"""Write the table of a recipe's own fields into the documentation: ``python -m ecg_bench.adapters.signal``."""

from __future__ import annotations

from pathlib import Path

from ecg_bench.adapters.finetune import describe_fields
from ecg_bench.adapters.signal import SignalConfig
from ecg_bench.files import read_text, write_whole

BEGIN, END = "<!-- fields: begin -->\n", "<!-- fields: end -->\n"
OWN = ("encoder", "presentation", "alignment")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "signal-adapters.md"

if __name__ == "__main__":
    before, _, rest = read_text(PAGE).partition(BEGIN)
    table = describe_fields(SignalConfig, OWN)
    write_whole(PAGE, f"{before}{BEGIN}{table}{END}{rest.partition(END)[2]}")
