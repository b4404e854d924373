"""Write the table of a recipe's fields into the documentation: ``python -m ecg_bench.adapters.finetune``."""

from __future__ import annotations

from pathlib import Path

from ecg_bench.adapters.finetune import describe_fields
from ecg_bench.files import read_text, write_whole

BEGIN, END = "<!-- fields: begin -->\n", "<!-- fields: end -->\n"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "finetune.md"

if __name__ == "__main__":
    before, _, rest = read_text(PAGE).partition(BEGIN)
    write_whole(PAGE, f"{before}{BEGIN}{describe_fields()}{END}{rest.partition(END)[2]}")
