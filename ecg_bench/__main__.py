"""``python -m ecg_bench``."""

from ecg_bench.cli import main

main()
